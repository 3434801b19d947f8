"""Exponential decay after a linear warm-up."""

from typing import Any

import optax

from lab.catalog import ScheduleEntry
from lab.schedules._exponential import exponential_decay
from lab.schedules._join import join_schedules
from lab.schedules._numbers import Number
from lab.schedules._warmup_constant import warmup_constant_schedule
from lab.validation.checks import checked


@checked
def warmup_exponential_decay_schedule(
    init_value: Number,
    peak_value: Number,
    warmup_steps: Number,
    transition_steps: Number,
    decay_rate: Number,
    transition_begin: Number = 0,
    staircase: bool = False,
    end_value: Number | None = None,
) -> optax.Schedule:
    """A straight line up to the peak, then `exponential_decay` from there, counted anew.

        η(t) = I + (P − I) t / W         for t < W
        η(t) = P rˣ,  x = (t − W − B) / T, or ⌊x⌋ in stairs, at least 0, after

    Args:
      init_value: I.
      peak_value: P.
      warmup_steps: W ≥ 0.
      transition_steps: T > 0, the updates that one factor takes.
      decay_rate: r > 0.
      transition_begin: B ≥ 0, how long the peak is held.
      staircase: Whether x is rounded down.
      end_value: Where the decay (or the growth, if r ≥ 1) stops; None for nowhere.

    Returns:
      The schedule.

    Raises:
      InputError: If a static T is not positive, a static r is 0 or a static W negative (optax warns
        and holds its value), a static r is negative, or a static B is (optax warns and takes 0).

    References:
      Goyal et al., Accurate, large minibatch SGD, 2017, section 2.2 (warm-up); Tan & Le,
      EfficientNet, 2019, section 5.2 (decay).

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> schedule = schedules.warmup_exponential_decay_schedule(0.0, 1.0, 2, 1, 0.5)
      >>> print(schedule(jnp.arange(5)))
      [0.   0.5  1.   0.5  0.25]
    """
    rise = warmup_constant_schedule(init_value, peak_value, warmup_steps)
    fall = exponential_decay(
        peak_value, transition_steps, decay_rate, transition_begin, staircase, end_value
    )
    return join_schedules([rise, fall], [warmup_steps])


def _over(peak: Any, steps: Any) -> optax.Schedule:
    # From a hundredth of the peak rather than 0, at which the first update would be wasted.
    return warmup_exponential_decay_schedule(0.01 * peak, peak, steps // 10, steps, 0.01)


ENTRIES = (
    ScheduleEntry(
        name="warmup_exponential_decay_schedule",
        by_hand=warmup_exponential_decay_schedule,
        via_optax=optax.warmup_exponential_decay_schedule,
        over=_over,
        reference="Goyal et al. 2017, section 2.2; Tan & Le 2019, section 5.2",
        examples=(
            {
                "init_value": 0.0,
                "peak_value": 1.0,
                "warmup_steps": 10,
                "transition_steps": 10,
                "decay_rate": 0.5,
            },
            {
                "init_value": 0.2,
                "peak_value": 0.8,
                "warmup_steps": 7,
                "transition_steps": 16,
                "decay_rate": 0.5,
                "transition_begin": 5,
                "staircase": True,
                "end_value": 0.15,
            },
        ),
    ),
)
