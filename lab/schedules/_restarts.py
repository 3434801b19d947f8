"""Cosine decay that starts again."""

import functools
import inspect
from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from lab.catalog import ScheduleEntry
from lab.schedules._join import join_schedules
from lab.schedules._made import made
from lab.schedules._numbers import Number, check, floats
from lab.schedules._time import cosine, number, periods, reached, since, split, whole
from lab.schedules._warmup_cosine import warmup_cosine_decay_schedule
from lab.validation.checks import checked
from lab.validation.errors import InputError, require


@checked
def sgdr_schedule(cosine_kwargs: Iterable[dict[str, Number]]) -> optax.Schedule:
    """One `warmup_cosine_decay_schedule` after another.

    Cycles of any lengths and heights, given one by one; `cosine_restarts_schedule` has cycles
    without end from three numbers. After the last cycle its end value is held.

    Args:
      cosine_kwargs: The arguments of each cycle; its `decay_steps` is how long it lasts.

    Returns:
      The schedule.

    Raises:
      InputError: If there is no cycle, or a static length is one that
        `warmup_cosine_decay_schedule` refuses.

    References:
      Loshchilov & Hutter, SGDR: stochastic gradient descent with warm restarts, 2017.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> cycle = {"init_value": 0.0, "peak_value": 1.0, "warmup_steps": 1, "decay_steps": 3}
      >>> print(schedules.sgdr_schedule([cycle, cycle])(jnp.arange(7)).round(2))
      [0.  1.  0.5 0.  1.  0.5 0. ]
    """
    cycles = list(cosine_kwargs)
    require(len(cycles) > 0, "cosine_kwargs needs at least one cycle, given none.")
    for cycle in cycles:
        _check_arguments(cycle)
    *others, last = [warmup_cosine_decay_schedule(**cycle) for cycle in cycles]  # type: ignore[arg-type]
    lengths = [cycle["decay_steps"] for cycle in cycles[:-1]]
    return functools.reduce(  # each before all that follow, so that no lengths are added up
        lambda after, pair: join_schedules([pair[0], after], [pair[1]]),
        reversed(list(zip(others, lengths, strict=True))),
        last,
    )


def _check_arguments(cycle: dict[str, Number]) -> None:
    try:
        inspect.signature(warmup_cosine_decay_schedule).bind(**cycle)
    except TypeError as error:
        raise InputError(
            f"cosine_kwargs must be arguments of warmup_cosine_decay_schedule: {error}."
        ) from None


@made
def cosine_restarts_schedule(
    init_value: Number,
    decay_steps: Number,
    multiplier: Number = 1.0,
    end_value: Number = 0.0,
) -> optax.Schedule:
    """Cosine decay with warm restarts: back to the peak, each cycle longer than the last.

        η(t) = E + (I − E) ½ (1 + cos(π (t − B) / L)),    L = T mⁿ,  B = T (1 + m + … + mⁿ⁻¹)

    in cycle n, the one with B ≤ t < B + L. Every cycle ends with a usable model, whatever the
    budget turns out to be, and models of several cycles can be averaged ("snapshots").

    Args:
      init_value: I.
      decay_steps: T > 0, the length of the first cycle (T₀ in the paper).
      multiplier: m ≥ 1 (T_mult in the paper): each cycle's length over that of the last.
      end_value: E.

    Returns:
      The schedule.

    Raises:
      InputError: If a static T is not positive or a static m below 1.

    References:
      Loshchilov & Hutter, SGDR: stochastic gradient descent with warm restarts, 2017, equation 5.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import schedules
      >>> print(schedules.cosine_restarts_schedule(100.0, 2, 2)(jnp.arange(7)).round())
      [100.  50. 100.  85.  50.  15. 100.]
    """
    check("positive", decay_steps=decay_steps)
    check("at least 1", multiplier=multiplier)

    def schedule(count):
        t, growth = whole(count), split(multiplier)
        fraction = _done_if_whole(t, decay_steps, growth.whole)
        if growth.rest is not None:
            other = _done_if_broken(t, decay_steps, multiplier)
            fraction, other = floats(fraction, other)
            fraction = jnp.where(growth.rest == 0, fraction, other)
        x, peak, end = floats(fraction, init_value, end_value)
        return end + (peak - end) * cosine(1 - x)

    return schedule


def _done_if_whole(t: jax.Array, first: Number, m: jax.Array) -> jax.Array:
    """The fraction of its cycle at t, in units of T, where cycles begin at whole numbers S.

    S = 1 + m + … + mⁿ⁻¹ is held by the integers that hold t, unlike the mⁿ it is followed by.
    """
    units, rest = periods(t, first)
    q, r, growth, unit = floats(units, rest, m, first)
    # rounded down, to a cycle too early, where q is about the beginning of one
    n = jnp.floor(jnp.log(q * (growth - 1) + 1) / jnp.log(jnp.maximum(growth, 2)) - 0.01)
    n = jnp.maximum(n, 1).astype(m.dtype)
    power = m ** (n - 1)
    begin = (power - 1) // jnp.maximum(m - 1, 1) + power
    later = (units - begin) // power >= m
    begin = jnp.where(later, begin + m * power, begin)
    gone, length = floats(units - begin, power)
    length = length * growth * jnp.where(later, growth, 1)
    in_first, constant = units == 0, m == 1
    gone = jnp.where(in_first | constant, 0, gone)
    return (gone + r / unit) / jnp.where(in_first | constant, 1, length)


def _done_if_broken(t: jax.Array, first: Number, m: Number) -> jax.Array:
    """The fraction of its cycle at t, where cycles begin anywhere."""
    x, unit, ratio = floats(t, first, m)
    ratio = jnp.where(ratio > 1, ratio, 2)

    def begin(n):
        """When cycle n begins; a whole number is not missed by rounding."""
        exact = unit * (ratio**n - 1) / (ratio - 1)
        near = jnp.round(exact)
        return jnp.where(jnp.abs(exact - near) < 1e-5 * exact, near, exact)

    n = jnp.floor(jnp.log1p(x / unit * (ratio - 1)) / jnp.log(ratio))
    n = jnp.where(reached(t, begin(n)), n, n - 1)
    n = jnp.where(reached(t, begin(n + 1)), n + 1, n)
    gone, length = floats(number(since(t, begin(n))), begin(n + 1) - begin(n))
    return gone / length


def _restarts_via_optax(init_value, decay_steps, multiplier=1.0, end_value=0.0):
    """The first cycles, one by one."""
    cycles, length, end = [], decay_steps, 0
    while end < 2000:
        cycles.append(
            {
                "init_value": init_value,
                "peak_value": init_value,
                "warmup_steps": 0,
                "decay_steps": length,
                "end_value": end_value,
            }
        )
        end, length = end + length, length * multiplier
    return optax.sgdr_schedule(cycles)


def _three_cycles(peak: Any, steps: Any) -> optax.Schedule:
    """Of a seventh, two sevenths and the rest of the budget, each a little lower."""
    first = _at_least_one(steps // 7)
    lengths = [first, 2 * first, _at_least_one(steps - 3 * first)]
    return sgdr_schedule(
        [
            {
                "init_value": 0.1 * height,
                "peak_value": height,
                "warmup_steps": length // 10,
                "decay_steps": length,
            }
            for height, length in zip([peak, 0.7 * peak, 0.5 * peak], lengths, strict=True)
        ]
    )


def _three_doubling(peak: Any, steps: Any) -> optax.Schedule:
    return cosine_restarts_schedule(peak, steps / 7, 2.0)


def _at_least_one(steps: Any) -> jax.Array:
    return jnp.maximum(steps, 1)


ENTRIES = (
    ScheduleEntry(
        name="sgdr_schedule",
        by_hand=sgdr_schedule,
        via_optax=optax.sgdr_schedule,
        over=_three_cycles,
        reference="Loshchilov & Hutter 2017",
        examples=(
            {
                "cosine_kwargs": [
                    {
                        "init_value": 0.1,
                        "peak_value": 1.0,
                        "warmup_steps": 4,
                        "decay_steps": 20,
                        "end_value": 0.05,
                    },
                    {
                        "init_value": 0.0,
                        "peak_value": 0.5,
                        "warmup_steps": 10,
                        "decay_steps": 41,
                        "exponent": 2.0,
                    },
                ]
            },
        ),
    ),
    ScheduleEntry(
        name="cosine_restarts_schedule",
        by_hand=cosine_restarts_schedule,
        via_optax=_restarts_via_optax,
        over=_three_doubling,
        reference="Loshchilov & Hutter 2017, equation 5",
        examples=(
            {"init_value": 1.0, "decay_steps": 25},
            {"init_value": 1.0, "decay_steps": 10, "multiplier": 2},
            {"init_value": 0.5, "decay_steps": 6, "multiplier": 3, "end_value": 0.1},
        ),
    ),
)
