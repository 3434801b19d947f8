"""Inverted dropout whose rate is a number, possibly traced.

Flax's `Dropout` compares its rate with 0 and 1 in Python, so that each rate is a program.
"""

from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn


def drop(key: Any, x: jax.Array, rate: Any) -> jax.Array:
    """Each element is 0 with probability p, else x/(1 − p): the expectation is x; at p = 1 all 0.

    Srivastava et al., JMLR 15, 2014, section 10, in its inverted form.
    """
    return inverted(x, jax.random.uniform(key, x.shape, x.dtype), rate)


def inverted(x: jax.Array, uniform: jax.Array, rate: Any) -> jax.Array:
    """`drop` by numbers that are uniform in [0, 1) already: those below p are dropped."""
    rate = jnp.asarray(rate, x.dtype)
    kept = uniform >= rate
    factor = jnp.where(rate < 1, 1 / jnp.where(rate < 1, 1 - rate, 1), 0)
    return jnp.where(kept, x * factor, 0)


class Dropout(nn.Module):
    """`drop` with a key of its own in training; in inference nothing happens."""

    @nn.compact
    def __call__(self, x: jax.Array, rate: Any, *, train: bool) -> jax.Array:
        """[...] -> [...]."""
        return drop(self.make_rng("dropout"), x, rate) if train else x
