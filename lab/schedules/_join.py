"""One schedule after another."""

import itertools
from collections.abc import Sequence

import jax.numpy as jnp
import optax

from lab.schedules._made import made
from lab.schedules._numbers import Number, floats, is_static, known
from lab.schedules._time import number, reached, since, whole
from lab.validation.checks import checked
from lab.validation.errors import require


@checked
def join_schedules(
    schedules: Sequence[optax.Schedule], boundaries: Sequence[Number]
) -> optax.Schedule:
    """Run schedules one after another; each counts from its own beginning.

        η(t) = ηₖ(t − Bₖ)  for  Bₖ ≤ t < Bₖ₊₁,  with B₀ = 0

    Args:
      schedules: η₀, η₁, ….
      boundaries: B₁, B₂, …: when the next one takes over; ascending, one fewer than schedules. If
        one is a float that is traced or broken, what follows it is counted in floats.

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
    static = [known(b) for b in boundaries if is_static(b)]
    require(
        all(a <= b for a, b in itertools.pairwise(static)),
        f"boundaries must ascend, given {list(boundaries)}.",
    )
    return _joined(tuple(schedules), tuple(boundaries))


@made
def _joined(
    schedules: tuple[optax.Schedule, ...], boundaries: tuple[Number, ...]
) -> optax.Schedule:
    def schedule(count):
        t = whole(count)
        rate = schedules[0](t)
        for later, boundary in zip(schedules[1:], boundaries, strict=True):
            rate, after = floats(rate, later(number(since(t, boundary))))
            rate = jnp.where(reached(t, boundary), after, rate)
        return rate

    return schedule


PARTS = (join_schedules,)
