"""The exponential moving average of updates."""

from typing import Any, NamedTuple

import jax
import optax

from lab.optimizers.common import counter
from lab.optimizers.common.moments import bias_corrected, moment_like, update_moment
from lab.optimizers.common.numbers import Decay, FloatDType, cast_like
from lab.optimizers.common.transformation import gradient_transformation


class EmaState(NamedTuple):
    """The average."""

    count: jax.Array  # int32 []: t, updates seen so far
    ema: Any  # m: the average of the updates


@gradient_transformation
def ema(
    decay: Decay, debias: bool = True, accumulator_dtype: FloatDType = None
) -> optax.GradientTransformation:
    """Replace updates by their exponential moving average.

        m ← (1 − β) u + β m,    u ← m / (1 − βᵗ), or m

    As first link of a chain it is momentum whose steps do not grow with β (`trace` sums instead);
    over parameters in place of updates it makes averaged weights.

    Args:
      decay: β.
      debias: Whether to divide by 1 − βᵗ, so that the average has the right size at once.
      accumulator_dtype: The dtype of m; None for the parameters', of 32 bits at least.

    Returns:
      The transformation. Memory: m.

    References:
      Kingma & Ba, Adam, 2015, section 3.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.ema(0.9)
      >>> updates, state = rule.update(jnp.array([2.0]), rule.init(jnp.zeros(1)))
      >>> print(updates.round(3), state.ema.round(3))
      [2.] [0.2]
    """

    def init(params):
        return EmaState(counter.zero(), moment_like(params, accumulator_dtype))

    def update(updates, state, params=None):
        del params
        t = counter.safe_increment(state.count)
        mean = update_moment(decay, updates, state.ema)
        averaged = bias_corrected(mean, decay, t) if debias else mean
        return averaged, cast_like(EmaState(t, mean), state)

    return optax.GradientTransformation(init, update)


PARTS = (ema,)
