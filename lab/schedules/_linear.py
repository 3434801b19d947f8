"""A straight line between two rates."""

import optax

from lab.catalog import ScheduleEntry
from lab.schedules._numbers import Number, check, done, floats


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
      InputError: If a static T is not positive or a static B negative (optax holds I for ever).

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
        t, start, end, length, begin = floats(
            count, init_value, end_value, transition_steps, transition_begin
        )
        # weighting the time that is left makes the end exact, where the rate is smallest
        return end + (start - end) * (1 - done(t, begin, length))

    return schedule


ENTRIES = (
    ScheduleEntry(
        name="linear_schedule",
        by_hand=linear_schedule,
        via_optax=optax.linear_schedule,
        over=lambda peak, steps: linear_schedule(peak, 0.0, steps),
        reference="Defazio et al. 2023",
        examples=(
            {"init_value": 1.0, "end_value": 0.0, "transition_steps": 50},
            {"init_value": 0.2, "end_value": 0.9, "transition_steps": 30, "transition_begin": 10},
        ),
    ),
)
