"""Rates that rise and fall for ever: triangles, as they are, halved, or fading."""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from lab.catalog import ScheduleEntry
from lab.schedules._numbers import Number, check, floats, times


def triangular_schedule(base_value: Number, max_value: Number, step_size: Number) -> optax.Schedule:
    """Up and down in straight lines, again and again.

        η(t) = B + (M − B) (1 − |x − 1|),    x = (t mod 2k) / k

    Large rates for exploring and small ones for settling take turns; no budget has to be known.

    Args:
      base_value: B, the rate at the bottoms, and at the start.
      max_value: M, the rate at the tops.
      step_size: k > 0, updates from bottom to top: half a cycle, two to eight epochs in the paper.

    Returns:
      The schedule.

    Raises:
      InputError: If a static k is not positive.

    References:
      Smith, Cyclical learning rates for training neural networks, 2017, section 3.1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> print(schedules.triangular_schedule(0.0, 1.0, 2)(jnp.arange(6)))
      [0.  0.5 1.  0.5 0.  0.5]
    """
    check("positive", step_size=step_size)

    def schedule(count):
        t, base, top, k = floats(count, base_value, max_value, step_size)
        _, height = _triangle(t, k)
        return base + (top - base) * height

    return schedule


def triangular2_schedule(
    base_value: Number, max_value: Number, step_size: Number
) -> optax.Schedule:
    """`triangular_schedule` with every triangle half as high as the last.

        η(t) = B + (M − B) (1 − |x − 1|) / 2ᶜ,    x = (t mod 2k) / k,  c = ⌊t / 2k⌋

    Args:
      base_value: B, the rate at the bottoms, and at the start.
      max_value: M, the rate at the first top.
      step_size: k > 0, updates from bottom to top.

    Returns:
      The schedule.

    Raises:
      InputError: If a static k is not positive.

    References:
      Smith, Cyclical learning rates for training neural networks, 2017, section 3.1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> print(schedules.triangular2_schedule(0.0, 1.0, 2)(jnp.arange(7)))
      [0.   0.5  1.   0.5  0.   0.25 0.5 ]
    """
    check("positive", step_size=step_size)

    def schedule(count):
        t, base, top, k = floats(count, base_value, max_value, step_size)
        cycle, height = _triangle(t, k)
        return base + (top - base) * height * 0.5**cycle

    return schedule


def exp_range_schedule(
    base_value: Number, max_value: Number, step_size: Number, gamma: Number
) -> optax.Schedule:
    """`triangular_schedule` whose height fades with every update.

        η(t) = B + (M − B) (1 − |x − 1|) γᵗ,    x = (t mod 2k) / k

    Args:
      base_value: B, the rate at the bottoms, and at the start.
      max_value: M; already the first top, at B + (M − B) γᵏ, is lower.
      step_size: k > 0, updates from bottom to top.
      gamma: γ > 0, a little below 1: 0.99994 in the paper.

    Returns:
      The schedule.

    Raises:
      InputError: If a static k or γ is not positive.

    References:
      Smith, Cyclical learning rates for training neural networks, 2017, section 3.1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> print(schedules.exp_range_schedule(0.0, 1.0, 1, 0.5)(jnp.arange(5)))
      [0.    0.5   0.    0.125 0.   ]
    """
    check("positive", step_size=step_size, gamma=gamma)

    def schedule(count):
        t, base, top, k, fading = floats(count, base_value, max_value, step_size, gamma)
        _, height = _triangle(t, k)
        return base + (top - base) * height * fading**t

    return schedule


def _triangle(t: jax.Array, k: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The cycle that t is in, counted from 0, and the height between 0 and 1 at it."""
    cycle = times(t, 2 * k)
    return cycle, 1 - jnp.abs((t - 2 * k * cycle) / k - 1)


def _half_cycle(steps: Any) -> jax.Array:
    """Whole, and four cycles in the budget."""
    return jnp.maximum(steps // 8, 1)


def _fading_to_a_tenth(peak: Any, steps: Any) -> optax.Schedule:
    peak, steps, k = floats(peak, steps, _half_cycle(steps))
    base, gamma = 0.1 * peak, 0.1 ** (1 / steps)
    # so that the first top, not the envelope, is the peak
    return exp_range_schedule(base, base + (peak - base) / gamma**k, k, gamma)


ENTRIES = (
    ScheduleEntry(
        name="triangular_schedule",
        by_hand=triangular_schedule,
        via_optax=None,
        over=lambda peak, steps: triangular_schedule(0.1 * peak, peak, _half_cycle(steps)),
        reference="Smith 2017, section 3.1",
        examples=(
            {"base_value": 0.1, "max_value": 1.0, "step_size": 8},
            {"base_value": 0.0, "max_value": 0.5, "step_size": 7},
        ),
    ),
    ScheduleEntry(
        name="triangular2_schedule",
        by_hand=triangular2_schedule,
        via_optax=None,
        over=lambda peak, steps: triangular2_schedule(0.1 * peak, peak, _half_cycle(steps)),
        reference="Smith 2017, section 3.1",
        examples=({"base_value": 0.1, "max_value": 1.0, "step_size": 8},),
    ),
    ScheduleEntry(
        name="exp_range_schedule",
        by_hand=exp_range_schedule,
        via_optax=None,
        over=_fading_to_a_tenth,
        reference="Smith 2017, section 3.1",
        examples=({"base_value": 0.1, "max_value": 1.0, "step_size": 8, "gamma": 0.98},),
    ),
)
