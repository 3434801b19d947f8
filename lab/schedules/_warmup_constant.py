"""A warm-up, and no decay."""

from typing import Any

import optax

from lab.catalog import ScheduleEntry
from lab.schedules._made import made
from lab.schedules._numbers import Number, check, floats
from lab.schedules._time import left, whole


@made
def warmup_constant_schedule(
    init_value: Number, peak_value: Number, warmup_steps: Number
) -> optax.Schedule:
    """A straight line up to the peak, which is held.

        η(t) = I + (P − I) min(t / W, 1)

    For comparisons in which the decay should not matter, and with averaged iterates, which need
    none. With I = 0 the first update does nothing.

    Args:
      init_value: I.
      peak_value: P.
      warmup_steps: W ≥ 0; none at 0 (optax warns and holds I for ever).

    Returns:
      The schedule.

    Raises:
      InputError: If a static W is negative (optax warns and holds I for ever).

    References:
      Goyal et al., Accurate, large minibatch SGD, 2017, section 2.2.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> print(schedules.warmup_constant_schedule(0.0, 1.0, 4)(jnp.arange(6)))
      [0.   0.25 0.5  0.75 1.   1.  ]
    """
    check("non-negative", warmup_steps=warmup_steps)

    def schedule(count):
        x, start, peak = floats(left(whole(count), 0, warmup_steps), init_value, peak_value)
        return peak + (start - peak) * x

    return schedule


def _over(peak: Any, steps: Any) -> optax.Schedule:
    # From a hundredth of the peak rather than 0, at which the first update would be wasted.
    return warmup_constant_schedule(0.01 * peak, peak, steps // 10)


ENTRIES = (
    ScheduleEntry(
        name="warmup_constant_schedule",
        by_hand=warmup_constant_schedule,
        via_optax=optax.warmup_constant_schedule,
        over=_over,
        reference="Goyal et al. 2017, section 2.2",
        examples=(
            {"init_value": 0.0, "peak_value": 1.0, "warmup_steps": 20},
            {"init_value": 0.1, "peak_value": 0.7, "warmup_steps": 33},
        ),
    ),
)
