"""Keys of random numbers, however they were given."""

from typing import Any

import jax
import jax.numpy as jnp


def typed_key(key: Any) -> jax.Array:
    """A key of the new style; made of a whole number, or of 0 for None."""
    if isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
        return key
    return jax.random.key(0 if key is None else key)
