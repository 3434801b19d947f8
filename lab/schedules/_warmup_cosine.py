"""Cosine decay after a linear warm-up."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import optax

from lab.catalog import ScheduleEntry
from lab.errors import require
from lab.schedules._numbers import Number, check, cosine, done, floats, is_static


def warmup_cosine_decay_schedule(
    init_value: Number,
    peak_value: Number,
    warmup_steps: Number,
    decay_steps: Number,
    end_value: Number = 0.0,
    exponent: Number = 1.0,
) -> optax.Schedule:
    """A straight line up to the peak, then half a cosine down.

        η(t) = I + (P − I) t / W                              for t < W
        η(t) = E + (P − E) [½ (1 + cos(π x))]ᵖ,  x = (t − W) / (T − W) cut off at 1, after

    The warm-up keeps adaptive methods from long steps while their averages are young, and lets
    large peaks survive. T *includes* the warm-up. With I = 0 the first update does nothing.

    Args:
      init_value: I.
      peak_value: P.
      warmup_steps: W ≥ 0.
      decay_steps: T > W, the length of the whole.
      end_value: E.
      exponent: p.

    Returns:
      The schedule.

    Raises:
      InputError: If a static W is negative, or a static T not larger than a static W.

    References:
      Goyal et al., Accurate, large minibatch SGD, 2017, section 2.2 (warm-up); Loshchilov &
      Hutter, SGDR, 2017, equation 5.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> schedule = schedules.warmup_cosine_decay_schedule(0.0, 100.0, 2, 6)
      >>> print(schedule(jnp.arange(8)).round())
      [  0.  50. 100.  85.  50.  15.   0.   0.]
    """
    check("non-negative", warmup_steps=warmup_steps)
    check("positive", decay_steps=decay_steps)
    if is_static(warmup_steps) and is_static(decay_steps):
        require(
            bool(np.all(np.less(warmup_steps, decay_steps))),
            f"decay_steps includes the warm-up and must be larger than warmup_steps="
            f"{warmup_steps}, given {decay_steps}.",
        )

    def schedule(count):
        t, start, peak, warmup, total, end, p = floats(
            count, init_value, peak_value, warmup_steps, decay_steps, end_value, exponent
        )
        rising = start + (peak - start) * done(t, 0 * t, warmup)
        falling = end + (peak - end) * cosine(done(t, warmup, total - warmup)) ** p
        return jnp.where(t < warmup, rising, falling)

    return schedule


def _over(peak: Any, steps: Any) -> optax.Schedule:
    # From a hundredth of the peak rather than 0, at which the first update would be wasted.
    return warmup_cosine_decay_schedule(0.01 * peak, peak, steps // 10, steps)


ENTRIES = (
    ScheduleEntry(
        name="warmup_cosine_decay_schedule",
        by_hand=warmup_cosine_decay_schedule,
        via_optax=optax.warmup_cosine_decay_schedule,
        over=_over,
        reference="Goyal et al. 2017, section 2.2; Loshchilov & Hutter 2017, equation 5",
        examples=(
            {"init_value": 0.0, "peak_value": 1.0, "warmup_steps": 10, "decay_steps": 60},
            {
                "init_value": 0.1,
                "peak_value": 0.8,
                "warmup_steps": 5,
                "decay_steps": 45,
                "end_value": 0.2,
                "exponent": 1.5,
            },
            {"init_value": 0.0, "peak_value": 1.0, "warmup_steps": 0, "decay_steps": 30},
        ),
    ),
)
