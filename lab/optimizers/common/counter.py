"""Counting updates: int32, stopping at the largest number rather than wrapping round."""

import jax
import jax.numpy as jnp


def zero() -> jax.Array:
    """No update taken yet."""
    return jnp.zeros([], jnp.int32)


def safe_increment(count: jax.Array) -> jax.Array:
    """`count` + 1; 2³¹ − 1 stays what it is."""
    return jnp.where(count < jnp.iinfo(jnp.int32).max, count + 1, count)
