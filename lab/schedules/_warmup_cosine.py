"""Cosine decay after a linear warm-up."""

from typing import Any

import jax.numpy as jnp
import optax

from lab.catalog import ScheduleEntry
from lab.schedules._made import made
from lab.schedules._numbers import Number, check, floats, is_static, known
from lab.schedules._time import cosine, left, reached, since, whole
from lab.validation.errors import require


@made
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
      end_value: E; 0 where P is, as optax has it: a fraction of the peak, E / P, is what it holds.
      exponent: p ≥ 0.

    Returns:
      The schedule.

    Raises:
      InputError: If a static W is negative (optax warns, and holds I until its decay is done), or a
        static T not larger than a static W (as in optax, with another exception).

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
    check("non-negative", warmup_steps=warmup_steps, exponent=exponent)
    check("positive", decay_steps=decay_steps)
    if is_static(warmup_steps) and is_static(decay_steps):
        require(
            known(warmup_steps) < known(decay_steps),
            f"decay_steps includes the warm-up and must be larger than warmup_steps="
            f"{warmup_steps}, given {decay_steps}.",
        )

    def schedule(count):
        t = whole(count)
        rest = since(decay_steps, warmup_steps)
        x, y, start, peak, end, p = floats(
            left(t, 0, warmup_steps), left(t, warmup_steps, rest),
            init_value, peak_value, end_value, exponent,
        )  # fmt: skip
        end = jnp.where(peak == 0, 0, end)
        rising = peak + (start - peak) * x
        falling = end + (peak - end) * cosine(y) ** p
        return jnp.where(reached(t, warmup_steps), falling, rising)

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
