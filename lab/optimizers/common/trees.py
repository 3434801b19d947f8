"""Parameters and gradients as vectors: sums, multiples, products and norms over all arrays."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lab.optimizers.common.numbers import Number, like, promote, wide_dtype


def tree_add(a: Any, b: Any) -> Any:
    """A + b of two trees."""

    def leaf(x, y):
        x, y = promote(x, y)
        return x + y

    return jax.tree.map(leaf, a, b)


def tree_sub(a: Any, b: Any) -> Any:
    """A − b of two trees."""

    def leaf(x, y):
        x, y = promote(x, y)
        return x - y

    return jax.tree.map(leaf, a, b)


def tree_scale(factor: Number, tree: Any) -> Any:
    """`factor` · tree; every array keeps its dtype."""
    return jax.tree.map(lambda x: like(factor, x) * x, tree)


def tree_vdot(a: Any, b: Any, dtype: Any) -> jax.Array:
    """The real inner product of two trees, Σ Re(āᵢ bᵢ), summed in `dtype`."""

    def leaf(x, y):
        x, y = promote(*(z.astype(wide_dtype(z)) for z in (x, y)))
        # no vdot, which refuses arrays that are sharded explicitly
        return jnp.sum(jnp.real(jnp.conj(x) * y)).astype(dtype)

    return _total(jax.tree.map(leaf, a, b), dtype)


def tree_squared_norm(tree: Any, dtype: Any) -> jax.Array:
    """‖tree‖², over all arrays."""
    return tree_vdot(tree, tree, dtype)


def tree_l1_norm(tree: Any, dtype: Any) -> jax.Array:
    """Σ |xᵢ|, over all arrays."""
    return _total(
        jax.tree.map(lambda x: jnp.sum(jnp.abs(x.astype(wide_dtype(x)))).astype(dtype), tree), dtype
    )


def mean_square(x: jax.Array) -> jax.Array:
    """Mean |xᵢ|² of one array; 0 of an empty one."""
    return jnp.sum(jnp.real(jnp.conj(x) * x)) / max(x.size, 1)


def tree_norm(tree: Any) -> jax.Array:
    """‖tree‖ over all arrays, in the widest of their dtypes; no square overflows or vanishes."""
    leaves = [x for x in jax.tree.leaves(tree) if x.size]
    if not leaves:
        return jnp.zeros([])
    dtype = jnp.finfo(functools.reduce(np.promote_types, [wide_dtype(x) for x in leaves])).dtype
    norm = jnp.sqrt(sum(jnp.sum(_squares(x)).astype(dtype) for x in leaves))
    sure = jnp.asarray(jnp.finfo(dtype).tiny / jnp.finfo(dtype).eps, dtype) ** 0.5
    ordinary = (norm > sure) & (norm < jnp.inf)
    return jax.lax.cond(ordinary, lambda leaves: norm, _norm_by_units, leaves)


def _squares(x: jax.Array) -> jax.Array:
    x = x.astype(wide_dtype(x))
    return jnp.real(jnp.conj(x) * x)


def _norm_by_units(leaves: list[jax.Array]) -> jax.Array:
    """The same, slower: of entries over a power of two near to the largest, which rounds none."""
    leaves = [jnp.abs(x) for x in leaves]
    dtype = functools.reduce(np.promote_types, [wide_dtype(x) for x in leaves])
    largest = functools.reduce(jnp.maximum, [jnp.max(x).astype(dtype) for x in leaves])
    ordinary = (largest > 0) & (largest < jnp.inf)
    _, power = jnp.frexp(jnp.where(ordinary, largest, 1))
    scaled = (jnp.ldexp(x.astype(dtype), -power) for x in leaves)
    total = sum(jnp.sum(jnp.square(x)) for x in scaled)
    return jnp.where(jnp.isinf(largest), largest, jnp.ldexp(jnp.sqrt(total), power))


def _total(tree: Any, dtype: Any) -> jax.Array:
    return sum(jax.tree.leaves(tree), start=jnp.zeros((), dtype))
