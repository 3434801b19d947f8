"""Counting updates: int32, stopping at the largest number rather than wrapping round."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def zero() -> jax.Array:
    """No update taken yet."""
    return jnp.zeros([], jnp.int32)


def safe_increment(count: jax.Array) -> jax.Array:
    """`count` + 1; 2³¹ − 1 stays what it is."""
    return jnp.where(count < jnp.iinfo(jnp.int32).max, count + 1, count)


def since(count: jax.Array, start: Any, dtype: Any) -> jax.Array:
    """`count` − `start`, of whole parts as integers: a float32 has no odd number beyond 2²⁴."""
    if isinstance(start, int | float | np.number):
        low = math.floor(min(max(start, 0), jnp.iinfo(jnp.int32).max))
        rest = start - low
    else:
        start = jnp.asarray(start, dtype)
        low = jnp.floor(jnp.clip(start, 0, 2**31 - 128)).astype(jnp.int32)
        rest = start - low.astype(dtype)
    return (count - jnp.asarray(low, jnp.int32)).astype(dtype) - jnp.asarray(rest, dtype)
