"""Polynomial interpolation between two rates; linear is the first power."""

from typing import Any

import optax

from lab.catalog import ScheduleEntry
from lab.schedules._made import made
from lab.schedules._numbers import Number, check, floats
from lab.schedules._time import left, whole


@made
def polynomial_schedule(
    init_value: Number,
    end_value: Number,
    power: Number,
    transition_steps: Number,
    transition_begin: Number = 0,
) -> optax.Schedule:
    """From one value to another along a power of the time that is left.

        η(t) = E + (I − E) (1 − x)ᵖ,    x = (t − B) / T cut off to [0, 1]

    Flat before B and after B + T. With p = 2 the end is approached gently, with p < 1 abruptly.

    Args:
      init_value: I.
      end_value: E.
      power: p ≥ 0.
      transition_steps: T > 0.
      transition_begin: B ≥ 0.

    Returns:
      The schedule.

    Raises:
      InputError: If a static T is not positive (optax warns and holds I for ever) or a static B
        negative (optax warns and takes 0).

    References:
      Chen et al., DeepLab: semantic image segmentation, 2018, section 4.1.2 ("poly" policy).

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> schedule = schedules.polynomial_schedule(1.0, 0.0, power=2, transition_steps=4)
      >>> print(schedule(jnp.arange(6)).round(4))
      [1.     0.5625 0.25   0.0625 0.     0.    ]
    """
    check("positive", transition_steps=transition_steps)
    check("non-negative", transition_begin=transition_begin, power=power)

    def schedule(count):
        ahead = left(whole(count), transition_begin, transition_steps)
        x, start, end, p = floats(ahead, init_value, end_value, power)
        return end + (start - end) * x**p

    return schedule


def _over(peak: Any, steps: Any) -> optax.Schedule:
    return polynomial_schedule(peak, 0.0, 2, steps)


ENTRIES = (
    ScheduleEntry(
        name="polynomial_schedule",
        by_hand=polynomial_schedule,
        via_optax=optax.polynomial_schedule,
        over=_over,
        reference="Chen et al. 2018, section 4.1.2",
        examples=(
            {"init_value": 1.0, "end_value": 0.1, "power": 2, "transition_steps": 50},
            {
                "init_value": 0.1,
                "end_value": 1.0,
                "power": 0.5,
                "transition_steps": 32,
                "transition_begin": 7,
            },
        ),
    ),
)
