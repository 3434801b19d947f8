"""Clipping by value: an upper bound on the entries of a gradient."""

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common.numbers import NonNegative, Number, like, promote
from lab.optimizers.common.parameter_checks import require_real
from lab.optimizers.common.transformation import gradient_transformation


@gradient_transformation
def clip(max_delta: NonNegative) -> optax.GradientTransformation:
    """Cut every entry off at ±δ: u ← min(max(u, −δ), δ).

    Changes the direction. An infinite entry becomes ±δ; one that is not a number stays it.

    Args:
      max_delta: δ ≥ 0.

    Returns:
      The transformation, without state. For real gradients.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.clip(1.0)
      >>> print(rule.update(jnp.array([0.5, -3.0]), rule.init(None))[0])
      [ 0.5 -1. ]
    """

    def leaf(u):
        require_real(u, "clip")
        bound = jnp.asarray(max_delta, u.dtype)
        return jnp.clip(u, -bound, bound)

    return optax.stateless(lambda updates, _: jax.tree.map(leaf, updates))


def clipped(x: jax.Array, bound: Number) -> jax.Array:
    """`x` cut off at ±`bound`; a complex number keeps its direction."""
    if jnp.iscomplexobj(x):
        size = jnp.abs(x)
        x, factor = promote(x, jnp.minimum(size, like(bound, size)) / jnp.where(size > 0, size, 1))
        return x * factor
    bound = jnp.asarray(like(bound, x))
    return jnp.clip(x, -bound, bound)


PARTS = (clip,)
