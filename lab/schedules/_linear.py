"""A straight line between two rates."""

from typing import Any

import optax

from lab.catalog import ScheduleEntry
from lab.schedules._made import made
from lab.schedules._numbers import Number, check, floats
from lab.schedules._time import left, whole


@made
def linear_schedule(
    init_value: Number,
    end_value: Number,
    transition_steps: Number,
    transition_begin: Number = 0,
) -> optax.Schedule:
    """From one value to another in a straight line.

        η(t) = I + (E − I) x,    x = (t − B) / T cut off to [0, 1]

    Flat before B and after B + T. Linear decay to zero is the schedule to beat: it is what theory
    gives for the last iterate, and needs one number, the budget.

    Args:
      init_value: I.
      end_value: E.
      transition_steps: T > 0.
      transition_begin: B ≥ 0.

    Returns:
      The schedule.

    Raises:
      InputError: If a static T is not positive (optax warns and holds I for ever) or a static B
        negative (optax warns and takes 0).

    References:
      Defazio et al., Optimal linear decay learning rate schedules, 2023.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> print(schedules.linear_schedule(1.0, 0.0, transition_steps=4)(jnp.arange(6)))
      [1.   0.75 0.5  0.25 0.   0.  ]
    """
    check("positive", transition_steps=transition_steps)
    check("non-negative", transition_begin=transition_begin)

    def schedule(count):
        # weighting the time that is left makes the end exact, where the rate is smallest
        ahead = left(whole(count), transition_begin, transition_steps)
        x, start, end = floats(ahead, init_value, end_value)
        return end + (start - end) * x

    return schedule


def _over(peak: Any, steps: Any) -> optax.Schedule:
    return linear_schedule(peak, 0.0, steps)


ENTRIES = (
    ScheduleEntry(
        name="linear_schedule",
        by_hand=linear_schedule,
        via_optax=optax.linear_schedule,
        over=_over,
        reference="Defazio et al. 2023",
        examples=(
            {"init_value": 1.0, "end_value": 0.0, "transition_steps": 50},
            {"init_value": 0.2, "end_value": 0.9, "transition_steps": 30, "transition_begin": 10},
        ),
    ),
)
