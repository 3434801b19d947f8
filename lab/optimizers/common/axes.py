"""A square matrix per axis of an array: what Shampoo and SOAP keep and multiply by.

A tree of these has a tuple for every parameter, with an entry per axis that is kept.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from lab.optimizers.common.numbers import wide_dtype


def kept(shape: tuple[int, ...], largest: int) -> list[int]:
    """The axes that get a matrix: of 1 to `largest` entries."""
    return [axis for axis, size in enumerate(shape) if 0 < size <= largest]


def matrices(params: Any, largest: int, fill: Callable[[int, Any], jax.Array]) -> Any:
    """`fill(size, dtype)` for each kept axis of each parameter, float32 at least."""

    def leaf(p):
        dtype = wide_dtype(p)
        return tuple(fill(jnp.shape(p)[axis], dtype) for axis in kept(jnp.shape(p), largest))

    return jax.tree.map(leaf, params)


def zeros(size: int, dtype: Any) -> jax.Array:
    """[size, size] of zeros."""
    return jnp.zeros((size, size), dtype)


def identity(size: int, dtype: Any) -> jax.Array:
    """I, [size, size]."""
    return jnp.eye(size, dtype=dtype)


def tuples(params: Any, tree: Any) -> Any:
    """The tuples of `tree` as tuples: Flax NNX hands them back as numbered entries."""
    return jax.tree.map(lambda _, entries: tuple(jax.tree.leaves(entries)), params, tree)


def gram(x: jax.Array, axis: int) -> jax.Array:
    """X Xᴴ of `x` unfolded along `axis`: [size, size]."""
    rows = jnp.moveaxis(x, axis, 0).reshape(x.shape[axis], -1)
    return rows @ rows.conj().T


def grams(x: jax.Array, largest: int) -> tuple[jax.Array, ...]:
    """The Gram matrix of each kept axis."""
    wide = x.astype(wide_dtype(x))
    return tuple(gram(wide, axis) for axis in kept(x.shape, largest))


def multiply(x: jax.Array, by: tuple[jax.Array, ...], largest: int) -> jax.Array:
    """`x` multiplied along each kept axis by its matrix: A X Bᵀ for two axes."""
    for axis, matrix in zip(kept(x.shape, largest), by, strict=True):
        x = jnp.moveaxis(jnp.tensordot(matrix, x.astype(matrix.dtype), axes=(1, axis)), 0, axis)
    return x


@jax.custom_batching.sequential_vmap
def eigh(matrix: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Eigenvalues and eigenvectors of a Hermitian matrix; under `vmap` one matrix at a time.

    LAPACK's calls for a batch share XLA's threads, and on one CPU device per core wait for
    each other for ever.
    """
    values, vectors = jnp.linalg.eigh(matrix)
    return values, vectors


def inverse_root(matrix: jax.Array, power: float) -> jax.Array:
    """matrix^(−power) of a positive matrix, by its eigenvalues; tiny ones are raised to rounding.

    Eigenvalues below the largest times the dtype's eps are nothing but rounding.
    """
    values, vectors = eigh(matrix)
    floor = jnp.max(jnp.abs(values)) * jnp.finfo(values.dtype).eps
    roots = jnp.maximum(values, jnp.maximum(floor, jnp.finfo(values.dtype).tiny)) ** -power
    return (vectors * roots.astype(vectors.dtype)[None, :]) @ vectors.conj().T


@jax.custom_batching.sequential_vmap
def orthonormal(matrix: jax.Array) -> jax.Array:
    """The Q of a QR decomposition; under `vmap` one matrix at a time, for the same reason."""
    return jnp.linalg.qr(matrix)[0]
