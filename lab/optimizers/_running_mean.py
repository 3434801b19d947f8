"""A running mean of updates, begun at zero and left so."""

from typing import Any, NamedTuple

import jax
import optax

from lab.optimizers import _counter as counter
from lab.optimizers._moments import average, zeros_like
from lab.optimizers._numbers import Number, cast_like


class RunningMeanState(NamedTuple):
    """The mean."""

    count: jax.Array  # int32 []: updates taken so far
    ema: Any  # m, shaped as the parameters


def running_mean(decay: Number, accumulator_dtype: Any = None) -> optax.GradientTransformation:
    """Replace updates by their mean m ← (1 − β) u + β m, whose start at zero is not corrected.

    Args:
      decay: β.
      accumulator_dtype: The dtype of m; None for that of the parameters.

    Returns:
      The transformation, with one parameter-sized array of state.
    """

    def init(params):
        return RunningMeanState(counter.zero(), zeros_like(params, accumulator_dtype))

    def update(updates, state, params=None):
        del params
        mean = average(decay, updates, state.ema)
        new = RunningMeanState(counter.one_more(state.count), mean)
        return mean, cast_like(new, state)

    return optax.GradientTransformation(init, update)
