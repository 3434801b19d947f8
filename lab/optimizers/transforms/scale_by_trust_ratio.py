"""Layers that move in proportion to their size."""

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common.numbers import NonNegative, Number, like, promote
from lab.optimizers.common.parameter_checks import require_params
from lab.optimizers.common.transformation import gradient_transformation


def norm_at_least(x: jax.Array, low: Number) -> jax.Array:
    """The larger of ‖x‖₂ and `low`, whose gradient is 0 (not NaN) where that is `low`."""
    squares = jnp.sum(jnp.real(jnp.conj(x) * x))
    low = jnp.asarray(low, squares.dtype)
    above = squares > low * low
    return jnp.where(above, jnp.sqrt(jnp.where(above, squares, 1)), low)


@gradient_transformation
def scale_by_trust_ratio(
    min_norm: NonNegative = 0.0, trust_coefficient: NonNegative = 1.0, eps: NonNegative = 0.0
) -> optax.GradientTransformation:
    """Scale the update of every array to the norm of the array itself.

        u ← κ ‖w‖ / (‖u‖ + ε) · u,   and u unchanged where w or u is zero

    Per leaf of the tree, which is what papers call a layer.

    Args:
      min_norm: Both norms count at least that much.
      trust_coefficient: κ.
      eps: ε.

    Returns:
      The transformation; `update` needs the parameters.

    References:
      You, Gitman & Ginsburg, Large batch training of convolutional networks, 2017, equation 6.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.scale_by_trust_ratio()
      >>> params = jnp.array([3.0, 4.0])
      >>> updates, _ = rule.update(jnp.array([0.0, 2.0]), rule.init(params), params)
      >>> print(updates)
      [0. 5.]
    """

    def leaf(u, w):
        size, length = promote(norm_at_least(w, min_norm), norm_at_least(u, min_norm))
        moving = (size > 0) & (length > 0)
        wanted = like(trust_coefficient, size) * size
        ratio = wanted / (jnp.where(moving, length, 1) + like(eps, length))
        return u * jnp.where(moving, ratio, 1).astype(u.dtype)

    def update(updates, params):
        params = require_params(params, "a trust ratio")
        return jax.tree.map(leaf, updates, params)

    return optax.stateless(update)


PARTS = (scale_by_trust_ratio,)
