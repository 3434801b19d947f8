"""Numbers that a rule measures over all parameters at once: norms, products, distances."""

from typing import Any

import jax
import jax.numpy as jnp

from lab.optimizers._numbers import Number, like, together


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


def dot(a: Any, b: Any, dtype: Any) -> jax.Array:
    """The real inner product of two trees, Σ Re(āᵢ bᵢ), summed in `dtype` at least."""

    def leaf(x, y):
        x, y = together(x, y)
        if jnp.finfo(x.dtype).bits < 32:
            x, y = x.astype(dtype), y.astype(dtype)
        return jnp.real(jnp.vdot(x, y)).astype(dtype)

    return _total(jax.tree.map(leaf, a, b), dtype)


def square_norm(tree: Any, dtype: Any) -> jax.Array:
    """‖tree‖², over all arrays."""
    return dot(tree, tree, dtype)


def one_norm(tree: Any, dtype: Any) -> jax.Array:
    """Σ |xᵢ|, over all arrays."""
    return _total(jax.tree.map(lambda x: jnp.sum(jnp.abs(x), dtype=dtype), tree), dtype)


def times(factor: Number, tree: Any) -> Any:
    """`factor` · tree; every array keeps its dtype."""
    return jax.tree.map(lambda x: like(factor, x) * x, tree)


def minus(a: Any, b: Any) -> Any:
    """A − b of two trees."""

    def leaf(x, y):
        x, y = together(x, y)
        return x - y

    return jax.tree.map(leaf, a, b)


def quotient(numerator: jax.Array, denominator: jax.Array, otherwise: Number = 0.0) -> jax.Array:
    """Numerator / denominator where the denominator is not zero."""
    empty = denominator == 0
    return jnp.where(empty, otherwise, numerator / jnp.where(empty, 1, denominator))


def _total(tree: Any, dtype: Any) -> jax.Array:
    return sum(jax.tree.leaves(tree), start=jnp.zeros((), dtype))
