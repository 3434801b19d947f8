"""A rate that does not change."""

from typing import Any

import jax.numpy as jnp
import optax

from lab.catalog import ScheduleEntry
from lab.schedules._made import made
from lab.schedules._numbers import Number, floats


@made
def constant_schedule(value: Number) -> optax.Schedule:
    """The same value for ever: η(t) = `value`.

    The schedule to compare others with, and right where the batch is the whole data set. Counts
    of any shape give values of that shape.

    Args:
      value: The value.

    Returns:
      The schedule.

    References:
      Robbins & Monro, A stochastic approximation method, 1951, on why noise needs a decay.

    Example:
      >>> from lab import schedules
      >>> print(schedules.constant_schedule(0.5)(1000))
      0.5
    """

    def schedule(count):
        (level,) = floats(value)
        return jnp.broadcast_to(level, jnp.shape(count))

    return schedule


def _over(peak: Any, steps: Any) -> optax.Schedule:
    del steps
    return constant_schedule(peak)


ENTRIES = (
    ScheduleEntry(
        name="constant_schedule",
        by_hand=constant_schedule,
        via_optax=optax.constant_schedule,
        over=_over,
        reference="Robbins & Monro 1951",
        examples=({"value": 0.3},),
    ),
)
