"""Exponential decay, smooth or in stairs."""

from typing import Any

import jax.numpy as jnp
import optax

from lab.catalog import ScheduleEntry
from lab.schedules._made import made
from lab.schedules._numbers import Number, check, floats
from lab.schedules._time import number, periods, since, whole


@made
def exponential_decay(
    init_value: Number,
    transition_steps: Number,
    decay_rate: Number,
    transition_begin: Number = 0,
    staircase: bool = False,
    end_value: Number | None = None,
) -> optax.Schedule:
    """Multiply by the same factor every so many updates.

        η(t) = I rˣ,    x = (t − B) / T, or ⌊(t − B) / T⌋ in stairs;    η(t) = I for t ≤ B

    Has no end of its own, so that it suits trainings of unknown length; for a fixed budget linear
    and cosine decay usually end lower.

    Args:
      init_value: I.
      transition_steps: T > 0, the updates that one factor takes.
      decay_rate: r > 0; above 1 the rate grows, as in a range test.
      transition_begin: B ≥ 0.
      staircase: Whether x is rounded down.
      end_value: Where the decay (or the growth, if r ≥ 1) stops; None for nowhere.

    Returns:
      The schedule.

    Raises:
      InputError: If a static T is not positive or a static r is 0 (optax warns and holds I for
        ever), a static r is negative, or a static B is (optax warns and takes 0).

    References:
      Senior et al., An empirical study of learning rates in deep neural networks for speech
      recognition, 2013.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> schedule = schedules.exponential_decay(1.0, 2, 0.25, end_value=0.1)
      >>> print(schedule(jnp.arange(5)))
      [1.    0.5   0.25  0.125 0.1  ]
    """
    check("positive", transition_steps=transition_steps, decay_rate=decay_rate)
    check("non-negative", transition_begin=transition_begin)

    def schedule(count):
        gone = since(whole(count), transition_begin)
        t, length = floats(number(gone), transition_steps)
        x = periods(gone, transition_steps)[0] if staircase else t / length
        x, start, rate = floats(x, init_value, decay_rate)
        value = start * rate**x
        if end_value is None:
            return value
        value, rate, bound = floats(value, rate, end_value)
        return jnp.where(rate < 1, jnp.maximum(value, bound), jnp.minimum(value, bound))

    return schedule


def _over(peak: Any, steps: Any) -> optax.Schedule:
    return exponential_decay(peak, steps, 0.01)


ENTRIES = (
    ScheduleEntry(
        name="exponential_decay",
        by_hand=exponential_decay,
        via_optax=optax.exponential_decay,
        over=_over,
        reference="Senior et al. 2013",
        examples=(
            {"init_value": 1.0, "transition_steps": 10, "decay_rate": 0.5},
            {
                "init_value": 1.0,
                "transition_steps": 16,
                "decay_rate": 0.5,
                "transition_begin": 5,
                "staircase": True,
                "end_value": 0.05,
            },
            {"init_value": 0.01, "transition_steps": 8, "decay_rate": 2.0, "end_value": 0.5},
        ),
    ),
)
