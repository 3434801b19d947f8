"""Rates that rise and fall for ever: triangles, as they are, halved, or fading."""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from lab.catalog import ScheduleEntry
from lab.schedules._made import made
from lab.schedules._numbers import Number, check, floats
from lab.schedules._time import periods, whole


@made
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
        _, height = _triangle(whole(count), step_size)
        x, base, top = floats(height, base_value, max_value)
        return base + (top - base) * x

    return schedule


@made
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
        cycle, height = _triangle(whole(count), step_size)
        c, x, base, top = floats(cycle, height, base_value, max_value)
        return base + (top - base) * x * 0.5**c

    return schedule


@made
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
        _, height = _triangle(whole(count), step_size)
        t, x, base, top, fading = floats(whole(count), height, base_value, max_value, gamma)
        return base + (top - base) * x * fading**t

    return schedule


def _triangle(t: jax.Array, k: Number) -> tuple[jax.Array, jax.Array]:
    """The cycle that t is in, counted from 0, and the height between 0 and 1 at it."""
    flanks, into = periods(t, k)
    into, length = floats(into, k)
    fraction = into / length
    return flanks // 2, jnp.where(flanks % 2 == 0, fraction, 1 - fraction)


def _triangles(peak: Any, steps: Any) -> optax.Schedule:
    return triangular_schedule(0.1 * peak, peak, _half_cycle(steps))


def _halved_triangles(peak: Any, steps: Any) -> optax.Schedule:
    return triangular2_schedule(0.1 * peak, peak, _half_cycle(steps))


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
        over=_triangles,
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
        over=_halved_triangles,
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
