"""Rates that fall like 1/t and like 1/√t."""

from typing import Any

import jax.numpy as jnp
import optax

from lab.catalog import ScheduleEntry
from lab.schedules._made import made
from lab.schedules._numbers import Number, check, floats
from lab.schedules._time import left, periods, reached, whole


@made
def inverse_time_decay(
    init_value: Number, transition_steps: Number, decay_rate: Number, staircase: bool = False
) -> optax.Schedule:
    """Fall like 1/t.

        η(t) = I / (1 + r t / T),    or ⌊t / T⌋ for t / T in stairs

    The classic of stochastic approximation: the sum of the rates diverges and that of their
    squares converges, so noise dies out and every point stays within reach. In practice slow.

    Args:
      init_value: I.
      transition_steps: T > 0.
      decay_rate: r ≥ 0; at t = T the rate is I / (1 + r).
      staircase: Whether t / T is rounded down.

    Returns:
      The schedule.

    Raises:
      InputError: If a static T is not positive or a static r negative.

    References:
      Robbins & Monro, A stochastic approximation method, 1951; the parameters are those of
      Keras's InverseTimeDecay.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> print(schedules.inverse_time_decay(1.0, 1, 1.0)(jnp.arange(4)).round(3))
      [1.    0.5   0.333 0.25 ]
    """
    check("positive", transition_steps=transition_steps)
    check("non-negative", decay_rate=decay_rate)

    def schedule(count):
        t, length = floats(whole(count), transition_steps)
        x = periods(whole(count), transition_steps)[0] if staircase else t / length
        x, start, rate = floats(x, init_value, decay_rate)
        return start / (1 + rate * x)

    return schedule


@made
def inverse_sqrt_schedule(
    init_value: Number, peak_value: Number, warmup_steps: Number
) -> optax.Schedule:
    """A straight line up to the peak, then down like 1/√t.

        η(t) = I + (P − I) t / W  for t < W,    P √(W / t)  after

    The schedule of the first transformers ("Noam", where P = (d W)^(−½)): no budget has to be
    known, and the decay slows down as training goes on.

    Args:
      init_value: I.
      peak_value: P.
      warmup_steps: W > 0.

    Returns:
      The schedule.

    Raises:
      InputError: If a static W is not positive.

    References:
      Vaswani et al., Attention is all you need, 2017, equation 3.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> print(schedules.inverse_sqrt_schedule(0.0, 1.0, 4)(jnp.array([0, 2, 4, 16, 64])))
      [0.   0.5  1.   0.5  0.25]
    """
    check("positive", warmup_steps=warmup_steps)

    def schedule(count):
        after, ahead = reached(whole(count), warmup_steps), left(whole(count), 0, warmup_steps)
        t, warmup = floats(whole(count), warmup_steps)
        ratio = warmup / jnp.maximum(t, warmup)
        x, ratio, start, peak = floats(ahead, ratio, init_value, peak_value)
        return jnp.where(after, peak * jnp.sqrt(ratio), peak + (start - peak) * x)

    return schedule


def _nine_times_slower(peak: Any, steps: Any) -> optax.Schedule:
    return inverse_time_decay(peak, steps, 9.0)


def _over(peak: Any, steps: Any) -> optax.Schedule:
    # From a hundredth of the peak rather than 0, at which the first update would be wasted.
    return inverse_sqrt_schedule(0.01 * peak, peak, jnp.maximum(steps // 10, 1))


ENTRIES = (
    ScheduleEntry(
        name="inverse_time_decay",
        by_hand=inverse_time_decay,
        via_optax=None,
        over=_nine_times_slower,
        reference="Robbins & Monro 1951",
        examples=(
            {"init_value": 1.0, "transition_steps": 10, "decay_rate": 0.5},
            {"init_value": 0.5, "transition_steps": 8, "decay_rate": 2.0, "staircase": True},
        ),
    ),
    ScheduleEntry(
        name="inverse_sqrt_schedule",
        by_hand=inverse_sqrt_schedule,
        via_optax=None,
        over=_over,
        reference="Vaswani et al. 2017, equation 3",
        examples=({"init_value": 0.1, "peak_value": 1.0, "warmup_steps": 9},),
    ),
)
