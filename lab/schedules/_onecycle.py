"""One cycle: up to a large rate, and down to almost nothing."""

import math
from typing import Any

import optax

from lab.catalog import ScheduleEntry
from lab.schedules._made import made
from lab.schedules._numbers import Number, check, floats, is_static, known
from lab.schedules._time import cosine, line, since, split, through, whole


@made
def linear_onecycle_schedule(
    transition_steps: Number,
    peak_value: Number,
    pct_start: Number = 0.3,
    pct_final: Number = 0.85,
    div_factor: Number = 25.0,
    final_div_factor: Number = 1e4,
) -> optax.Schedule:
    """One cycle in three straight lines: up, down as far, then down to almost nothing.

        P/d at 0  →  P at ⌊aT⌋  →  P/d at ⌊bT⌋  →  P/(d f) at T, and flat after

    Passing through very large rates regularizes, and can train in few epochs ("super-convergence").
    The peak is at ⌊aT⌋ and the length T, where PyTorch has both one less.

    Args:
      transition_steps: T > 0.
      peak_value: P.
      pct_start: a, the fraction of T at which the peak is.
      pct_final: b, the fraction of T at which the rate is back at its start.
      div_factor: d, peak over start.
      final_div_factor: f, start over end.

    Returns:
      The schedule.

    Raises:
      InputError: If a static T (as in optax, with another exception), d or f is not positive, or a
        fraction is not between 0 and 1.

    References:
      Smith & Topin, Super-convergence, 2017.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> schedule = schedules.linear_onecycle_schedule(10, 1.0, 0.4, 0.8, div_factor=2.0)
      >>> print(schedule(jnp.arange(0, 11, 2)).round(2))
      [0.5  0.75 1.   0.75 0.5  0.  ]
    """
    check("positive", transition_steps=transition_steps)
    check("positive", div_factor=div_factor, final_div_factor=final_div_factor)
    check("between 0 and 1", pct_start=pct_start, pct_final=pct_final)
    top, back = _part(pct_start, transition_steps), _part(pct_final, transition_steps)

    def schedule(count):
        peak, d, f = floats(peak_value, div_factor, final_div_factor)
        stretches = [
            (top, peak),
            (since(back, top), peak / d),
            (since(transition_steps, back), peak / d / f),
        ]
        return through(whole(count), peak / d, stretches, line)

    return schedule


@made
def cosine_onecycle_schedule(
    transition_steps: Number,
    peak_value: Number,
    pct_start: Number = 0.3,
    div_factor: Number = 25.0,
    final_div_factor: Number = 1e4,
) -> optax.Schedule:
    """One cycle in two half cosines: up, and down to almost nothing.

        P/d at 0  →  P at ⌊aT⌋  →  P/(d f) at T, and flat after

    A warm-up and a cosine decay without corners. The peak is at ⌊aT⌋ and the length T, where
    PyTorch has both one less.

    Args:
      transition_steps: T > 0.
      peak_value: P.
      pct_start: a, the fraction of T at which the peak is.
      div_factor: d, peak over start.
      final_div_factor: f, start over end.

    Returns:
      The schedule.

    Raises:
      InputError: If a static T (as in optax, with another exception), d or f is not positive, or a
        fraction is not between 0 and 1.

    References:
      Smith & Topin, Super-convergence, 2017, with cosines as in the fastai library.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> schedule = schedules.cosine_onecycle_schedule(10, 1.0, 0.4, div_factor=2.0)
      >>> print(schedule(jnp.arange(0, 11, 2)).round(2))
      [0.5  0.75 1.   0.75 0.25 0.  ]
    """
    check("positive", transition_steps=transition_steps)
    check("positive", div_factor=div_factor, final_div_factor=final_div_factor)
    check("between 0 and 1", pct_start=pct_start)
    top = _part(pct_start, transition_steps)

    def schedule(count):
        peak, d, f = floats(peak_value, div_factor, final_div_factor)
        stretches = [(top, peak), (since(transition_steps, top), peak / d / f)]
        return through(whole(count), peak / d, stretches, cosine)

    return schedule


def _part(fraction: Any, steps: Any) -> Number:
    """⌊fraction · steps⌋, in double precision where known: 0.29 · 100 is 28, as in optax."""
    if is_static(fraction) and is_static(steps):
        return math.floor(known(fraction) * known(steps))
    fraction, steps = floats(fraction, steps)
    return split(fraction * steps).whole


def _over_lines(peak: Any, steps: Any) -> optax.Schedule:
    return linear_onecycle_schedule(steps, peak)


def _over_cosines(peak: Any, steps: Any) -> optax.Schedule:
    return cosine_onecycle_schedule(steps, peak)


ENTRIES = (
    ScheduleEntry(
        name="linear_onecycle_schedule",
        by_hand=linear_onecycle_schedule,
        via_optax=optax.linear_onecycle_schedule,
        over=_over_lines,
        reference="Smith & Topin 2017",
        examples=(
            {"transition_steps": 60, "peak_value": 1.0},
            {
                "transition_steps": 37,
                "peak_value": 0.5,
                "pct_start": 0.25,
                "pct_final": 0.7,
                "div_factor": 10.0,
                "final_div_factor": 100.0,
            },
        ),
    ),
    ScheduleEntry(
        name="cosine_onecycle_schedule",
        by_hand=cosine_onecycle_schedule,
        via_optax=optax.cosine_onecycle_schedule,
        over=_over_cosines,
        reference="Smith & Topin 2017",
        examples=(
            {"transition_steps": 60, "peak_value": 1.0},
            {"transition_steps": 37, "peak_value": 0.5, "pct_start": 0.25, "div_factor": 10.0},
        ),
    ),
)
