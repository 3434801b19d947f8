"""Decay in steps."""

from typing import Any

import optax

from lab.catalog import ScheduleEntry
from lab.schedules._made import made
from lab.schedules._numbers import Number, check, floats
from lab.schedules._time import periods, whole


@made
def step_decay(init_value: Number, step_size: Number, decay_rate: Number = 0.1) -> optax.Schedule:
    """Multiply by a factor every `step_size` updates, and hold in between.

        η(t) = I r^⌊t / k⌋

    The classic of image classification: the loss falls visibly at each drop. The drop is at the
    boundary itself: update number k, counted from 0, is the first with the smaller rate.

    Args:
      init_value: I.
      step_size: k > 0; need not be whole, so that a budget may be cut into thirds.
      decay_rate: r > 0.

    Returns:
      The schedule.

    Raises:
      InputError: If a static k or r is not positive.

    References:
      Krizhevsky et al., ImageNet classification with deep convolutional neural networks, 2012,
      section 5; He et al., Deep residual learning, 2016, section 3.4.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> print(schedules.step_decay(1.0, step_size=2, decay_rate=0.5)(jnp.arange(5)))
      [1.   1.   0.5  0.5  0.25]
    """
    check("positive", step_size=step_size, decay_rate=decay_rate)

    def schedule(count):
        drops, _ = periods(whole(count), step_size)
        x, start, rate = floats(drops, init_value, decay_rate)
        return start * rate**x

    return schedule


def _over(peak: Any, steps: Any) -> optax.Schedule:
    return step_decay(peak, steps / 3)


def _via_optax(init_value, step_size, decay_rate=0.1):
    return optax.exponential_decay(init_value, step_size, decay_rate, staircase=True)


ENTRIES = (
    ScheduleEntry(
        name="step_decay",
        by_hand=step_decay,
        via_optax=_via_optax,
        over=_over,
        reference="He et al. 2016, section 3.4",
        examples=(
            {"init_value": 1.0, "step_size": 16},
            {"init_value": 0.5, "step_size": 7, "decay_rate": 0.5},
        ),
    ),
)
