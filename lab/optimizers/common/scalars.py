"""Scalars in the state of a rule: their dtype, and division by what may be nothing."""

from typing import Any

import jax
import jax.numpy as jnp

from lab.optimizers.common.numbers import Number


def scalar_dtype(params: Any) -> Any:
    """The dtype of a state's scalars: the narrowest of the parameters, but at least float32.

    Sums over a run stand still in bfloat16 after a few hundred terms.
    """
    floats = [jnp.finfo(jnp.result_type(p)).dtype for p in jax.tree.leaves(params)]
    narrowest = min(floats, key=lambda d: jnp.finfo(d).bits, default=jnp.dtype(jnp.float32))
    return narrowest if jnp.finfo(narrowest).bits >= 32 else jnp.dtype(jnp.float32)


def scalar(value: Number, dtype: Any) -> jax.Array:
    """`value` in that dtype, strongly typed."""
    return jnp.asarray(value, dtype)


def safe_divide(numerator: jax.Array, denominator: Any, otherwise: Number = 0.0) -> jax.Array:
    """Numerator / denominator where the denominator is not zero."""
    empty = denominator == 0
    return jnp.where(empty, otherwise, numerator / jnp.where(empty, 1, denominator))
