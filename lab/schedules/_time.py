"""Time in schedules: counts, when stretches begin, how long they last.

A float32 has every whole number up to 2²⁴ and no odd one beyond, so counts meet lengths as integers
and only what is left, a difference or a remainder, becomes a float. Nothing is added up here: a
sum of lengths may be larger than the largest integer, a difference from a count never is.
"""

import math
from collections.abc import Callable, Sequence
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
        count = np.asarray(count)
        small = count.dtype != object and np.all(count <= _largest())
        count = count if small else count.astype(float)
    if jnp.issubdtype(count.dtype, jnp.floating):
        return jnp.maximum(*floats(count, 0.0))
    return jnp.maximum(_integer(count), 0)


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


def periods(count: Time, length: Time) -> tuple[jax.Array, jax.Array]:
    """How many whole times `length` goes into `count`, and what is left of it."""
    (m, x), (n, y) = split(count), split(length)
    times = m // jnp.maximum(n, 1)
    if x is None and y is None:
        return times, m - times * n
    t, total, x, y = floats(number(count), number(length), _float(x), _float(y))
    several = jnp.clip(jnp.floor(t / total), 0, _largest_float(t.dtype)).astype(m.dtype)
    broken = (x != 0) | (y != 0)
    times = jnp.where(broken, several, times)
    rest, factor = floats(m - times * n, times)
    rest = rest + (x - factor * y)
    less, more = broken & (rest < 0), broken & (rest >= total)
    times = jnp.where(less, times - 1, jnp.where(more, times + 1, times))
    return times, jnp.where(less, rest + total, jnp.where(more, rest - total, rest))


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
