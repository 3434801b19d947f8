"""Parameters and gradients as vectors: sums, multiples, products and norms over all arrays."""

from typing import Any

import jax
import jax.numpy as jnp

from lab.optimizers.common.numbers import Number, like, together


def plus(a: Any, b: Any) -> Any:
    """A + b of two trees."""

    def leaf(x, y):
        x, y = together(x, y)
        return x + y

    return jax.tree.map(leaf, a, b)


def minus(a: Any, b: Any) -> Any:
    """A − b of two trees."""

    def leaf(x, y):
        x, y = together(x, y)
        return x - y

    return jax.tree.map(leaf, a, b)


def times(factor: Number, tree: Any) -> Any:
    """`factor` · tree; every array keeps its dtype."""
    return jax.tree.map(lambda x: like(factor, x) * x, tree)


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


def _total(tree: Any, dtype: Any) -> jax.Array:
    return sum(jax.tree.leaves(tree), start=jnp.zeros((), dtype))
