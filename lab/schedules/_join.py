"""One schedule after another."""

import itertools
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
import optax

from lab.errors import require
from lab.schedules._numbers import Number, floats, is_static


def join_schedules(
    schedules: Sequence[optax.Schedule], boundaries: Sequence[Number]
) -> optax.Schedule:
    """Run schedules one after another; each counts from its own beginning.

        η(t) = ηₖ(t − Bₖ)  for  Bₖ ≤ t < Bₖ₊₁,  with B₀ = 0

    Args:
      schedules: η₀, η₁, ….
      boundaries: B₁, B₂, …: when the next one takes over; ascending, one fewer than schedules.

    Returns:
      The schedule.

    Raises:
      InputError: If boundaries are not one fewer than schedules (optax leaves out what is
        beyond), or static ones descend.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> rise = schedules.linear_schedule(0.0, 1.0, 2)
      >>> fall = schedules.exponential_decay(1.0, 1, 0.5)
      >>> print(schedules.join_schedules([rise, fall], [2])(jnp.arange(5)))
      [0.   0.5  1.   0.5  0.25]
    """
    require(
        len(schedules) == len(boundaries) + 1,
        f"boundaries must be one fewer than schedules, given {len(boundaries)} for "
        f"{len(schedules)}.",
    )
    known = [b for b in boundaries if is_static(b)]
    require(
        all(bool(np.all(np.less_equal(a, b))) for a, b in itertools.pairwise(known)),
        f"boundaries must ascend, given {list(boundaries)}.",
    )

    def schedule(count):
        rate = schedules[0](count)
        for later, boundary in zip(schedules[1:], boundaries, strict=True):
            t, begin = floats(count, boundary)
            since = jnp.maximum(t - begin, 0)  # a schedule need not be fit for negative counts
            rate, after = floats(rate, later(since))
            rate = jnp.where(t < begin, rate, after)
        return rate

    return schedule


PARTS = (join_schedules,)
