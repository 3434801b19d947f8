"""Time in schedules: counts, when stretches begin, how long they last.

A float32 has every whole number up to 2²⁴ and no odd one beyond, so counts meet lengths as integers
and only what is left, a difference or a remainder, becomes a float. Nothing is added up here: a
sum of lengths may be larger than the largest integer, a difference from a count never is.
"""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lab.schedules._numbers import Number, floats, is_static, known


class Split(NamedTuple):
    """A number as an integer (the nearest below it that there is) and what that lacks."""

    whole: jax.Array
    rest: Any  # a float, perhaps traced, or None if the number is whole for certain


Time = Number | Split


def whole(count: jax.typing.ArrayLike) -> jax.Array:
    """A count as JAX's integer, 0 if it is negative; a float, or a larger number, is a float."""
    if not isinstance(count, jax.Array):
        count = np.asarray(count).astype(float) if is_beyond(count) else np.asarray(count)
    if jnp.issubdtype(count.dtype, jnp.floating):
        (count,) = floats(count)
        return jnp.clip(count, 0, jnp.finfo(count.dtype).max)  # of infinity nothing is left
    return jnp.maximum(_integer(count), 0)


def is_beyond(count: jax.typing.ArrayLike) -> bool:
    """Whether a count that is no array of JAX's is larger than JAX's integers."""
    if isinstance(count, jax.Array):
        return False
    count = np.asarray(count)
    return count.dtype == object or bool(np.any(count > _largest()))


def since(count: Time, begin: Time) -> Time:
    """How far `count` is behind `begin`, 0 before it."""
    if is_static(count) and is_static(begin):
        return max(known(count) - known(begin), 0)
    behind = reached(count, begin)
    difference, rest = _difference(count, begin)
    return Split(
        jnp.where(behind, difference, 0), None if rest is None else jnp.where(behind, rest, 0)
    )


def reached(count: Time, begin: Time) -> jax.Array:
    """Whether `count` is at `begin` or behind it."""
    return number(_difference(count, begin)) >= 0


# XLA may divide by multiplying with a rounded reciprocal, by which T / T can be off by one bit
# either way; so both functions below decide in integers where an end or a boundary is reached.


def left(count: Time, begin: Time, length: Time) -> jax.Array:
    """The fraction of a stretch that lies ahead of `count`: 1 before it, exactly 0 after it.

    A stretch without length is over as soon as it begins.
    """
    gone = since(count, begin)
    over = reached(count, begin) & reached(gone, length)
    ahead, total = floats(number(since(length, gone)), number(length))
    fraction = jnp.where(number(gone) > 0, ahead / jnp.where(total > 0, total, 1), 1)
    return jnp.where(over, 0, jnp.minimum(fraction, 1))


def periods(count: Time, length: Number) -> tuple[jax.Array, jax.Array]:
    """How many whole times `length` goes into `count`, and what is left of it: 0 to `length`.

    Exact if both are integers, and for an integer count also if the length is a float of JAX's
    from 1 on, traced or not. What other known lengths lack as such floats is made good in floats:
    without 64 bits what is left is then right to 2⁻¹⁶ of the length. Of a float count beyond the
    integers what is left is exact, for the length as a float; the times are rounded, but odd or
    even as they should be.
    """
    (m, x), (n, y) = split(count), split(length)
    if x is None and y is None:
        times = m // jnp.maximum(n, 1)
        return times, m - times * n
    t, total, end = floats(number(count), length, _largest())
    times, rest = _near_periods(m, _float(x), length, total)
    if x is None:
        return times, rest
    many, other = _far_periods(t, total, m.dtype)
    return jnp.where(t > end, many, times), jnp.where(t > end, other, rest)


def _near_periods(
    m: jax.Array, x: Any, length: Number, total: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """`periods` of m + x by the length, which is `total` as a float."""
    precision = jnp.finfo(total.dtype).nmant + 1
    divisor, s, lack = _in_units(length, precision)
    times, rest = _divided(m, divisor, s, precision)
    t, total, end = floats(m, total, _largest())
    times = jnp.where(t > total * end, _largest() // 2, times)  # what no integer holds is large
    past, rest, factor, x, lack, unit, total = floats(
        rest - divisor, rest, times, x, lack, jnp.ones_like(s) << s, total
    )
    rest = rest / unit + (x - factor * lack)
    past = past / unit + (x - (factor + 1) * lack)  # a difference of integers has no rounding
    more = jnp.floor(rest / total)
    more = jnp.where(past < 0, jnp.minimum(more, 0), jnp.maximum(more, 1))
    return times + more.astype(times.dtype), jnp.clip(rest - more * total, 0, total)


def _in_units(length: Number, precision: int) -> tuple[jax.Array, jax.Array, Any]:
    """A length as 2⁻ˢ · an integer, exact for a float from 1 on; and what that lacks."""
    if is_static(length):  # in Python, since XLA may reorder sums of constants
        exact = Fraction(known(length))
        s = min(max(precision - math.frexp(exact)[1], 0), precision - 1)
        divisor = min(max(round(exact * 2**s), 1), _largest())
        return jnp.asarray(divisor), jnp.asarray(s), float(exact - Fraction(divisor, 2**s))
    n, y = split(length)
    (y,) = floats(_float(y))
    s = jnp.clip(precision - jnp.frexp(floats(length)[0])[1], 0, precision - 1).astype(n.dtype)
    (unit,) = floats(jnp.ones_like(s) << s)
    part = jnp.where(s > 0, jnp.round(y * unit), 0)
    return jnp.maximum((n << s) + part.astype(n.dtype), 1), s, y - part / unit


def _divided(
    m: jax.Array, divisor: jax.Array, s: jax.Array, precision: int
) -> tuple[jax.Array, jax.Array]:
    """2ˢ m by the divisor, which has no more bits than the precision unless s = 0.

    Long division, with digits so short that a remainder, a digit behind it, fits a word.
    """
    bits = jnp.iinfo(m.dtype).bits
    digit = bits - 1 - precision
    dividend, scale, by = (a.astype(f"uint{bits}") for a in (m, s, divisor))
    times = rest = jnp.zeros_like(dividend)
    for low in reversed(range(0, bits, digit)):
        rest = (rest << digit) + (((dividend >> low) & (2**digit - 1)) << scale)
        times, rest = (times << digit) + rest // by, rest % by
    times, rest = times.astype(m.dtype), rest.astype(m.dtype)
    return jnp.where(s > 0, times, m // divisor), jnp.where(s > 0, rest, m % divisor)


def _far_periods(t: jax.Array, total: jax.Array, dtype: Any) -> tuple[jax.Array, jax.Array]:
    """`periods` of a float by a float, whose remainder is a float, too."""
    rest = jax.lax.rem(*jnp.broadcast_arrays(t, 2 * total))
    pairs = jnp.minimum(jnp.round((t - rest) / total / 2), _largest_float(t.dtype) / 2)
    odd = rest >= total
    times = 2 * pairs.astype(dtype) + odd.astype(dtype)
    return times, jnp.where(odd, rest - total, rest)


def line(ahead: jax.Array) -> jax.Array:
    """A straight line, from 1 down to 0: what lies ahead itself."""
    return ahead


def cosine(ahead: jax.Array) -> jax.Array:
    """Half a period of a cosine, from 1 down to 0: ½ (1 + cos π(1 − x)), without its rounding."""
    return jnp.sin(0.5 * jnp.pi * ahead) ** 2


def through(
    count: Time,
    start: jax.Array,
    stretches: Sequence[tuple[Time, jax.Array]],
    way: Callable[[jax.Array], jax.Array],
) -> jax.Array:
    """The rate on the way through stretches (length, rate at its end); flat after the last.

    The way is a `line` or a `cosine`.
    """
    rate, begun = jnp.broadcast_to(start, jnp.shape(number(count))), True
    for length, stop in stretches:
        weight, rate, start, stop = floats(way(left(count, 0, length)), rate, start, stop)
        rate = jnp.where(begun, weight * start + (1 - weight) * stop, rate)
        begun = begun & reached(count, length)
        count, start = since(count, length), stop
    return rate


def number(time: Time) -> Any:
    """A time as one number: an integer, or a float if it need not be whole."""
    if not isinstance(time, Split):
        return time
    if time.rest is None:
        return time.whole
    whole, rest = floats(*time)
    return whole + rest


def split(time: Time) -> Split:
    """A time in two parts, each exact."""
    if isinstance(time, Split):
        return time
    if is_static(time):
        exact = known(time)
        below = max(-_largest(), min(math.floor(exact), _largest()))
        return Split(jnp.asarray(below), None if exact == below else float(exact - below))
    if jnp.issubdtype(jnp.result_type(time), jnp.integer):
        return Split(_integer(jnp.asarray(time)), None)
    (exact,) = floats(time)
    bound = _largest_float(exact.dtype)
    below = jnp.clip(jnp.floor(exact), -bound, bound)
    return Split(below.astype(jnp.result_type(int)), exact - below)


def _difference(count: Time, begin: Time) -> Split:
    (m, x), (n, y) = split(count), split(begin)
    difference = jnp.minimum(m, _largest() + jnp.minimum(n, 0)) - n  # no overflow if n < 0 ≤ m
    if x is None and y is None:
        return Split(difference, None)
    x, y = floats(_float(x), _float(y))
    return Split(difference, x - y)


def _float(rest: Any) -> Any:
    return 0.0 if rest is None else rest


def _integer(array: Any) -> jax.Array:
    if jnp.iinfo(array.dtype).max > _largest():
        array = array.clip(max=array.dtype.type(_largest()))
    return jnp.asarray(array.astype(jnp.result_type(int)))


def _largest() -> int:
    return int(jnp.iinfo(jnp.result_type(int)).max)


def _largest_float(dtype: Any) -> Any:
    """The largest float that is an integer of JAX's."""
    return np.nextafter(dtype.type(_largest()), dtype.type(0))
