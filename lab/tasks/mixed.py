"""Mixed precision by hand: gradients in half precision of float32 weights, with a loss scale.

Small gradients underflow in float16, whose least number is 6e-8. Multiplied by a scale S before
the backward pass and divided by it afterwards, in float32, they do not (Micikevicius et al.,
arXiv:1710.03740, section 3.2). A dynamic scale falls when a gradient is not finite, whose update is
to be skipped (`lab.optimizers.apply_if_finite`), and rises after so many that are.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

Loss = Callable[[Any, Any], jax.Array]  # (params, batch) -> []


class LossScale(NamedTuple):
    """The scale, a power of two so that it changes no bit but by under- or overflow."""

    scale: jax.Array  # float32 []: S
    calm: jax.Array  # int32 []: finite gradients since the scale changed


def loss_scale(scale: ArrayLike) -> LossScale:
    """The state before the first update."""
    return LossScale(jnp.asarray(scale, jnp.float32), jnp.zeros((), jnp.int32))


def next_scale(
    state: LossScale,
    finite: jax.Array,
    *,
    period: int = 2000,
    low: float = 2.0**-24,
    high: float = 2.0**24,
) -> LossScale:
    """Half the scale after a gradient that is not finite, twice after `period` finite ones.

    Args:
      state: Scale and count that the gradient was taken with.
      finite: Whether the whole gradient was finite: bool [].
      period: Finite gradients in a row that a rise takes.
      low: Limit of the scale.
      high: The same.
    """
    calm = jnp.where(finite, state.calm + 1, 0)
    rises = calm >= period
    scale = jnp.where(finite, jnp.where(rises, 2 * state.scale, state.scale), state.scale / 2)
    return LossScale(jnp.clip(scale, low, high), jnp.where(rises, 0, calm).astype(jnp.int32))


def cast(tree: Any, dtype: Any) -> Any:
    """Floating-point leaves in `dtype`, others as they are."""

    def one(leaf):
        leaf = jnp.asarray(leaf)
        return leaf.astype(dtype) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf

    return jax.tree.map(one, tree)


def scaled_gradient(
    loss: Loss, params: Any, batch: Any, scale: ArrayLike, dtype: Any
) -> tuple[jax.Array, Any, jax.Array]:
    """Value and gradient of a loss computed in `dtype`, backwards from S times its value.

    Args:
      loss: `(params, batch) -> []`; it may go over to float32 where it must, as for logarithms.
      params: Weights, cast to `dtype` for the computation.
      batch: Cast alike.
      scale: S; the backward pass starts from it, in the dtype of the loss.
      dtype: Of the computation.

    Returns:
      The value (not scaled), the gradient over S in the dtype of each weight, and whether it is
      finite.
    """
    value, backward = jax.vjp(lambda w: loss(w, cast(batch, dtype)), cast(params, dtype))
    (gradient,) = backward(jnp.asarray(scale).astype(value.dtype))
    by = 1 / jnp.asarray(scale, jnp.float32)
    gradient = jax.tree.map(
        lambda g, w: (g.astype(jnp.float32) * by).astype(jnp.asarray(w).dtype), gradient, params
    )
    finite = jnp.all(jnp.stack([jnp.all(jnp.isfinite(g)) for g in jax.tree.leaves(gradient)]))
    return value.astype(jnp.float32), gradient, finite


@jax.custom_vjp
def with_gradient(value: jax.Array, gradient: Any, params: Any) -> jax.Array:
    """`value` [], whose derivative by `params` is `gradient`: one that was taken by hand."""
    del gradient, params
    return value


def _forward(value, gradient, params):
    del params
    return value, gradient


def _backward(gradient, cotangent):
    taken = jax.tree.map(lambda g: g * cotangent.astype(g.dtype), gradient)
    return None, None, taken


with_gradient.defvjp(_forward, _backward)
