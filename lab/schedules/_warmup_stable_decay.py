"""Warm-up, plateau, decay."""

from typing import Any

import optax

from lab.catalog import ScheduleEntry
from lab.schedules._made import made
from lab.schedules._numbers import Number, check, floats
from lab.schedules._time import line, through, whole


@made
def warmup_stable_decay_schedule(
    init_value: Number,
    peak_value: Number,
    warmup_steps: Number,
    stable_steps: Number,
    decay_steps: Number,
    end_value: Number = 0.0,
) -> optax.Schedule:
    """Up in a straight line, along the peak, and down in a straight line.

        I at 0  →  P at W  →  P at W + S  →  E at W + S + D, and flat after

    The length of the plateau is no part of its shape, so that one run, decayed from several
    points, answers for several budgets; a fifth of the budget for the decay ends about as low
    as a cosine over the whole. Every stage is a length of its own: unlike the `decay_steps` of
    `warmup_cosine_decay_schedule`, D includes no warm-up.

    Args:
      init_value: I.
      peak_value: P.
      warmup_steps: W ≥ 0.
      stable_steps: S ≥ 0.
      decay_steps: D ≥ 0.
      end_value: E.

    Returns:
      The schedule.

    Raises:
      InputError: If a static length is negative (what optax is joined of warns and stays constant).

    References:
      Hu et al., MiniCPM, 2024, section 4.2; Hägele et al., Scaling laws and compute-optimal
      training beyond fixed training durations, 2024 (its linear cool-down).

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> print(schedules.warmup_stable_decay_schedule(0.0, 1.0, 2, 2, 2)(jnp.arange(8)))
      [0.  0.5 1.  1.  1.  0.5 0.  0. ]
    """
    check(
        "non-negative",
        warmup_steps=warmup_steps,
        stable_steps=stable_steps,
        decay_steps=decay_steps,
    )

    def schedule(count):
        start, peak, end = floats(init_value, peak_value, end_value)
        stretches = [(warmup_steps, peak), (stable_steps, peak), (decay_steps, end)]
        return through(whole(count), start, stretches, line)

    return schedule


def _via_optax(
    init_value, peak_value, warmup_steps, stable_steps, decay_steps, end_value=0.0
) -> optax.Schedule:
    return optax.join_schedules(
        [
            optax.linear_schedule(init_value, peak_value, warmup_steps),
            optax.constant_schedule(peak_value),
            optax.linear_schedule(peak_value, end_value, decay_steps),
        ],
        [warmup_steps, warmup_steps + stable_steps],
    )


def _over(peak: Any, steps: Any) -> optax.Schedule:
    # From a hundredth of the peak rather than 0, at which the first update would be wasted.
    warmup, decay = steps // 10, steps // 5
    return warmup_stable_decay_schedule(0.01 * peak, peak, warmup, steps - warmup - decay, decay)


ENTRIES = (
    ScheduleEntry(
        name="warmup_stable_decay_schedule",
        by_hand=warmup_stable_decay_schedule,
        via_optax=_via_optax,
        over=_over,
        reference="Hu et al. 2024, section 4.2; Hägele et al. 2024",
        examples=(
            {
                "init_value": 0.0,
                "peak_value": 1.0,
                "warmup_steps": 10,
                "stable_steps": 30,
                "decay_steps": 20,
            },
            {
                "init_value": 0.5,
                "peak_value": 0.8,
                "warmup_steps": 0,
                "stable_steps": 21,
                "decay_steps": 16,
                "end_value": 0.1,
            },
        ),
    ),
)
