"""What a seed stands for: initial parameters, the order of the examples, and noise.

Everything here is a pure function of its arguments, drawn from NumPy's counter-based Philox
generator with the 128-bit key (seed, purpose · 2⁴⁸ + index) and the counter at zero. The index of
an order is its epoch, so that a longer budget begins with the shorter one. Two lanes with one
seed read the very same streams, whatever their optimizer, learning rate or batch size.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from lab.validation.errors import InputError, UnknownNameError, require

if TYPE_CHECKING:
    import jax

_PURPOSES = {"order": 0, "parameters": 1, "noise": 2, "split": 3, "data": 4, "search": 5}
_KEYS = ("parameters", "noise")
_INDICES = 2**48
_CACHED_UP_TO = 2**17  # 128 permutations of this length are 64 MiB


def check_seed(seed: object, name: str = "seed") -> int:
    """`seed` as a Python integer.

    Raises:
      InputError: Unless it is a whole number with 0 ≤ seed < 2⁶³.
    """
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if not (whole and 0 <= int(seed) < 2**63):  # pyright: ignore[reportArgumentType]
        raise InputError(f"{name} must be a whole number in [0, 2**63), given {seed!r}.")
    return int(seed)  # pyright: ignore[reportArgumentType]


def generator(seed: int, purpose: str, index: int = 0) -> np.random.Generator:
    """The generator that everything drawn from `seed` for `purpose` comes from.

    Args:
      seed: 0 ≤ seed < 2⁶³.
      purpose: `"order"`, `"parameters"`, `"noise"`, `"split"` or `"data"`; independent of another.
      index: Which of many independent draws, 0 ≤ index < 2⁴⁸; an order's epoch.
    """
    if purpose not in _PURPOSES:
        raise UnknownNameError("purpose of a stream", purpose, _PURPOSES)
    key = np.array([check_seed(seed), _PURPOSES[purpose] * _INDICES + index], np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


def permutation(seed: int, epoch: int, n: int) -> np.ndarray:
    """The order in which `seed` visits `n` examples in one epoch.

    Args:
      seed: 0 ≤ seed < 2⁶³.
      epoch: From 0.
      n: Number of examples, 1 ≤ n < 2³¹.

    Returns:
      int32 [n], each of 0..n-1 once; read-only, because recent ones are kept.

    Raises:
      InputError: If an argument is out of range.
    """
    seed, epoch, n = check_seed(seed), _count(epoch, "epoch", 0, _INDICES), _examples(n)
    return (_recent if n <= _CACHED_UP_TO else _draw)(seed, epoch, n)


def order(seed: int, n: int, start: int, stop: int) -> np.ndarray:
    """Consecutive examples [start, stop) of all epochs, one after the other.

    Batch t of size B is `order(seed, n, t * B, (t + 1) * B)`; it may straddle two epochs.

    Args:
      seed: 0 ≤ seed < 2⁶³.
      n: Number of training rows, 1 ≤ n < 2³¹.
      start: First example, counted from the beginning of training.
      stop: One past the last example.

    Returns:
      int32 [stop - start]: positions 0..n-1 in the training rows.

    Raises:
      InputError: If an argument is out of range.

    >>> order(seed=0, n=4, start=0, stop=8)
    array([1, 2, 0, 3, 0, 3, 1, 2], dtype=int32)
    """
    seed, n = check_seed(seed), _examples(n)
    start = _count(start, "start", 0, _INDICES)
    stop = _count(stop, "stop", start, _INDICES)
    drawn = np.empty(stop - start, np.int32)
    for epoch in range(start // n, -(-stop // n)):
        first, last = max(start, epoch * n), min(stop, (epoch + 1) * n)
        visited = permutation(seed, epoch, n)
        drawn[first - start : last - start] = visited[first - epoch * n : last - epoch * n]
    return drawn


def key_data(seed: int, purpose: str) -> np.ndarray:
    """The bits of a threefry key: uint32 [2].

    They are drawn on the host, so that all 63 bits of a seed count: `jax.random.key` drops the
    upper half where JAX runs in 32 bits.

    Args:
      seed: 0 ≤ seed < 2⁶³.
      purpose: `"parameters"` or `"noise"` (dropout, augmentation, noise of the optimizer).

    Raises:
      InputError: If the seed is out of range or the purpose unknown.
    """
    if purpose not in _KEYS:
        raise UnknownNameError("purpose of a key", purpose, _KEYS)
    return generator(seed, purpose).integers(0, 2**32, size=2, dtype=np.uint32)


def init_key(seed: int) -> "jax.Array":
    """The threefry key that initial parameters are drawn from."""
    return _wrapped(seed, "parameters")


def noise_key(seed: int) -> "jax.Array":
    """The threefry key of everything random in training; fold in the number of the update."""
    return _wrapped(seed, "noise")


def _wrapped(seed: int, purpose: str) -> "jax.Array":
    import jax
    import jax.numpy as jnp

    return jax.random.wrap_key_data(jnp.asarray(key_data(seed, purpose)), impl="threefry2x32")


def _draw(seed: int, epoch: int, n: int) -> np.ndarray:
    drawn = generator(seed, "order", epoch).permutation(n).astype(np.int32)
    drawn.flags.writeable = False
    return drawn


_recent = lru_cache(maxsize=128)(_draw)


def _examples(n: object) -> int:
    return _count(n, "n", 1, 2**31)


def _count(value: object, name: str, low: int, high: int) -> int:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    require(
        whole and low <= int(value) < high,  # pyright: ignore[reportArgumentType]
        f"{name} must be a whole number of at least {low} and below {high}, given {value!r}.",
    )
    return int(value)  # pyright: ignore[reportArgumentType]
