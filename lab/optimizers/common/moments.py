"""Running averages of gradients and of their squares, and the correction of their start at zero.

Written for trees; `t` counts updates from 1. All averages are kept in the dtype they start with.
"""

from typing import Any

import jax
import jax.numpy as jnp

from lab.optimizers.common.numbers import Number, like, promote, wide_dtype


def moment_like(params: Any, dtype: Any) -> Any:
    """Zeros of a mean whose dtype may be chosen; None takes 32 bits at least.

    In 16 bits sums of gradients overflow, and long means stand still.
    """
    return jax.tree.map(lambda p: jnp.zeros_like(p, dtype=dtype or wide_dtype(p)), params)


def short_moment_like(params: Any, dtype: Any) -> Any:
    """The same of Adam's and SGD's short means, for which None leaves bfloat16, as in optax."""

    def leaf(p):
        own = jnp.result_type(p)
        return jnp.zeros_like(p, dtype=dtype or (own if own == jnp.bfloat16 else wide_dtype(p)))

    return jax.tree.map(leaf, params)


def zeros_like(params: Any) -> Any:
    """Zeros shaped as the parameters, of 32 bits at least."""
    return jax.tree.map(lambda p: jnp.zeros_like(p, dtype=wide_dtype(p)), params)


def zeros_as(updates: Any, gradient: Any) -> Any:
    """Zeros in place of updates whose dtypes are known, sharded as the gradient is."""
    return jax.tree.map(lambda u, g: jnp.zeros_like(g, dtype=u.dtype), updates, gradient)


def squares_like(params: Any, fill: Number = 0.0) -> Any:
    """What holds |g|²: zeros or `fill`, of 32 bits at least, and real where they are complex."""

    def full(p):
        return jnp.full_like(p, fill, dtype=jnp.finfo(wide_dtype(p)).dtype)

    return jax.tree.map(full, params)


def squared(gradient: Any) -> Any:
    """|g|² of every entry; for complex entries the squared modulus, which is real."""
    return jax.tree.map(lambda g: jnp.real(jnp.conj(g) * g), gradient)


def update_moment(decay: Number, new: Any, old: Any) -> Any:
    """The exponential moving average (1 − decay)·new + decay·old."""

    def leaf(x, mean):
        x, mean = promote(like(1 - decay, x) * x, like(decay, mean) * mean)
        return x + mean

    return jax.tree.map(leaf, new, old)


def bias_correction_factor(decay: Number, t: jax.Array) -> jax.Array:
    """1 − decayᵗ: the sum of the weights of the first t updates in their average."""
    return 1 - jax.lax.pow(jnp.asarray(decay), t)


def bias_corrected(mean: Any, decay: Number, t: jax.Array) -> Any:
    """Divide by 1 − decayᵗ: an average begun at zero, over the weights it has seen.

    Kingma & Ba (2015), section 3. The power is taken before the cast to the dtype of the mean:
    in bfloat16 it would round to 1, and the quotient to infinity.
    """
    share = bias_correction_factor(decay, t)
    return jax.tree.map(lambda m: m / like(share, m), mean)
