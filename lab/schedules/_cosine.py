"""Cosine decay."""

import optax

from lab.catalog import ScheduleEntry
from lab.schedules._made import made
from lab.schedules._numbers import Number, check, floats
from lab.schedules._time import cosine, left, whole


@made
def cosine_decay_schedule(
    init_value: Number,
    decay_steps: Number,
    alpha: Number = 0.0,
    exponent: Number = 1.0,
) -> optax.Schedule:
    """Half a cosine from a value down to a fraction of it.

        η(t) = I ((1 − α) cᵖ + α),    c = ½ (1 + cos(π min(t, T) / T))

    Long near the peak, long near zero. Flat after T, where PyTorch's rises again.

    Args:
      init_value: I.
      decay_steps: T > 0.
      alpha: α, the fraction of I at which it ends.
      exponent: p ≥ 0.

    Returns:
      The schedule.

    Raises:
      InputError: If a static T is not positive (as in optax, with another exception).

    References:
      Loshchilov & Hutter, SGDR: stochastic gradient descent with warm restarts, 2017, equation 5.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> print(schedules.cosine_decay_schedule(100.0, decay_steps=4)(jnp.arange(6)).round())
      [100.  85.  50.  15.   0.   0.]
    """
    check("positive", decay_steps=decay_steps)
    check("non-negative", exponent=exponent)

    def schedule(count):
        ahead = left(whole(count), 0, decay_steps)
        x, start, floor, p = floats(ahead, init_value, alpha, exponent)
        return start * ((1 - floor) * cosine(x) ** p + floor)

    return schedule


ENTRIES = (
    ScheduleEntry(
        name="cosine_decay_schedule",
        by_hand=cosine_decay_schedule,
        via_optax=optax.cosine_decay_schedule,
        over=cosine_decay_schedule,
        reference="Loshchilov & Hutter 2017, equation 5",
        examples=(
            {"init_value": 1.0, "decay_steps": 60},
            {"init_value": 0.3, "decay_steps": 40, "alpha": 0.1, "exponent": 2.0},
        ),
    ),
)
