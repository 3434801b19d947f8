"""Adaptive clipping: an upper bound on a gradient, relative to the weights it is to move."""

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common.numbers import NonNegative, like, promote
from lab.optimizers.common.parameter_checks import require_params
from lab.optimizers.common.transformation import gradient_transformation
from lab.validation.errors import InputError


@gradient_transformation
def adaptive_grad_clip(
    clipping: NonNegative, eps: NonNegative = 1e-3, axis: int | tuple[int, ...] | None = None
) -> optax.GradientTransformation:
    """Bound every unit's gradient by a fraction of the unit's weights.

        uᵢ ← uᵢ min(1, λ max(‖wᵢ‖, ε) / ‖uᵢ‖)    for every output unit i

    Rates far too large for plain gradients become stable; it made networks without
    normalization train at large batches.

    Args:
      clipping: λ > 0, such as 0.01.
      eps: ε, so that units at zero can leave it.
      axis: The axes that a unit extends over; None for all of scalars and vectors, the first
        of matrices and stacks of them (rank 3), and all but the last of convolutions (rank 4, 5).

    Returns:
      The transformation, without state; `update` needs the parameters.

    Raises:
      InputError: In `update`: without parameters, or if axis is None and an array's rank is
        above 5.

    References:
      Brock et al., High-performance large-scale image recognition without normalization, 2021,
      equation 3.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.adaptive_grad_clip(0.1)
      >>> params = jnp.array([[3.0, 3.0], [4.0, 4.0]])
      >>> gradient = jnp.array([[0.0, 0.3], [2.0, 0.4]])
      >>> print(rule.update(gradient, rule.init(params), params)[0])
      [[0.  0.3]
       [0.5 0.4]]
    """

    def leaf(u, w):
        length, bound = _unit_norm(u, axis), _unit_norm(w, axis)
        bound = like(clipping, bound) * jnp.maximum(bound, like(eps, bound))
        bound, length = promote(bound, length)
        long = length > bound  # never zero, which divides nothing
        return jnp.where(long, u / like(jnp.where(long, length, 1), u) * like(bound, u), u)

    def clipped(updates, params):
        return jax.tree.map(leaf, updates, require_params(params, "adaptive_grad_clip"))

    return optax.stateless(clipped)


def _unit_norm(x: jax.Array, axis: int | tuple[int, ...] | None) -> jax.Array:
    if axis is None:
        if jnp.squeeze(x).ndim <= 1:
            axis = tuple(range(x.ndim))
        elif x.ndim in (2, 3):
            axis = 0
        elif x.ndim in (4, 5):
            axis = tuple(range(x.ndim - 1))
        else:
            raise InputError(f"adaptive_grad_clip needs an axis for an array of shape {x.shape}.")
    size = jnp.abs(x)
    largest = jnp.max(size, axis=axis, keepdims=True, initial=0)
    ordinary = (largest > 0) & (largest < jnp.inf)
    _, power = jnp.frexp(jnp.where(ordinary, largest, 1))  # so that no square overflows
    total = jnp.sum(jnp.square(jnp.ldexp(size, -power)), axis=axis, keepdims=True)
    return jnp.where(ordinary, jnp.ldexp(jnp.sqrt(total), power), largest)


PARTS = (adaptive_grad_clip,)
