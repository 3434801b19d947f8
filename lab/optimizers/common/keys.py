"""Keys of random numbers, however they were given."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def typed_key(key: Any) -> jax.Array:
    """A key of the new style; made of one of the old, of a whole number, or of 0 for None."""
    if isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
        return key
    if isinstance(key, jax.Array | np.ndarray) and np.ndim(key) == 1:
        return jax.random.wrap_key_data(jnp.asarray(key))
    return jax.random.key(0 if key is None else key)
