"""What schedules share: one dtype for their numbers, checks, and the fraction of a stretch done."""

import itertools
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from lab.errors import require
from lab.kinds import Number


def floats(*numbers: Number) -> list[jax.Array]:
    """All numbers in one floating dtype: the widest given, float32 at least.

    Counts are integers and rates may be of any width; converting them here keeps schedules out
    of implicit promotion, and counts out of bfloat16, which has no 257.
    """
    given = [jax.typeof(x) for x in numbers]
    strong = [a.dtype for a in given if not a.weak_type and jnp.issubdtype(a.dtype, jnp.floating)]
    dtype = np.result_type(np.float32, *strong) if strong else jnp.result_type(float)
    return [jnp.asarray(x).astype(dtype) for x in numbers]


def is_static(number: Number | None) -> bool:
    """Whether a number is known before compilation, so that it can be checked."""
    return isinstance(number, int | float | np.number | np.ndarray)


CONDITIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "positive": lambda x: x > 0,
    "non-negative": lambda x: x >= 0,
    "between 0 and 1": lambda x: (x >= 0) & (x <= 1),
}


def check(condition: str, **numbers: Number) -> None:
    """Refuse static numbers that are infinite, or do not meet one of the `CONDITIONS`.

    Raises:
      InputError: If one is not.
    """
    for name, x in numbers.items():
        if is_static(x):
            fine = np.all(CONDITIONS[condition](np.asarray(x)))
            require(bool(fine), f"{name} must be {condition}, given {x}.")
            require(bool(np.all(np.isfinite(x))), f"{name} must be finite, given {x}.")


# XLA may divide by multiplying with a rounded reciprocal, by which T / T can be off by one bit
# either way; so both functions below decide by comparison where an end or a boundary is reached.


def done(count: jax.Array, begin: jax.Array, length: jax.Array) -> jax.Array:
    """The fraction of a stretch that lies behind `count`: 0 before it, exactly 1 after it.

    A stretch without length is done as soon as it begins.
    """
    fraction = (count - begin) / jnp.where(length > 0, length, 1)
    return jnp.clip(jnp.where(count < begin + length, fraction, 1), 0, 1)


def times(count: jax.Array, length: jax.Array) -> jax.Array:
    """How many whole times `length` goes into `count`."""
    guess = jnp.floor(count / length)
    guess = jnp.where(count < guess * length, guess - 1, guess)
    return jnp.where(count < (guess + 1) * length, guess, guess + 1)


def cosine(fraction: jax.Array) -> jax.Array:
    """Half a period of a cosine, from 1 at 0 down to 0 at 1."""
    return 0.5 * (1 + jnp.cos(jnp.pi * fraction))


def through(
    t: jax.Array,
    knots: Sequence[tuple[jax.Array, jax.Array]],
    left: Callable[[jax.Array], jax.Array],
) -> jax.Array:
    """The rate at t on the way through (time, rate) knots, in order; flat after the last.

    `left` says how much of a stretch is left at a fraction of it.
    """
    rate = knots[0][1]
    for (begin, start), (end, stop) in itertools.pairwise(knots):
        weight = left(done(t, begin, end - begin))
        rate = jnp.where(t < begin, rate, weight * start + (1 - weight) * stop)
    return rate
