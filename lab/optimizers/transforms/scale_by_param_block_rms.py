"""Relative steps: updates in units of what they are to change."""

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common.numbers import NonNegative
from lab.optimizers.common.parameter_checks import require_params
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.common.trees import mean_square


@gradient_transformation
def scale_by_param_block_rms(min_scale: NonNegative = 1e-3) -> optax.GradientTransformation:
    """Multiply the update of every array by the array's root mean square, at least `min_scale`.

        uₗ ← uₗ max(RMS(wₗ), s)

    So that a learning rate is a relative change. Part of Adafactor.

    Args:
      min_scale: s > 0, so that arrays at zero can leave it.

    Returns:
      The transformation, without state; `update` needs the parameters.

    References:
      Shazeer & Stern, Adafactor, 2018, section 8.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.scale_by_param_block_rms()
      >>> params = jnp.array([3.0, -3.0])
      >>> print(rule.update(jnp.array([1.0, 0.5]), rule.init(params), params)[0])
      [3.  1.5]
    """

    def leaf(u, w):
        mean = mean_square(w)
        low = jnp.asarray(min_scale, mean.dtype)
        above = jnp.sqrt(mean) > low
        rms = jnp.where(above, jnp.sqrt(jnp.where(above, mean, 1)), low)
        return u * rms.astype(u.dtype)

    def update(updates, params):
        return jax.tree.map(leaf, updates, require_params(params, "adafactor"))

    return optax.stateless(update)


PARTS = (scale_by_param_block_rms,)
