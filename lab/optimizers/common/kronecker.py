"""Q = Q₁ ⊗ Q₂ ⊗ …, a factor for every axis of an array: an upper triangle or a diagonal.

The factors of an array are a tuple of matrices [n, n] and vectors [n], empty if the array is;
a scalar is seen as [1].
"""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

Factors = tuple[jax.Array, ...]


def identity(shape: tuple[int, ...], scale: jax.Array, largest: int, fewest: int) -> Factors:
    """A multiple of I; diagonals for axes of 1 or over `largest`, or of fewer than `fewest`."""
    each = scale ** (1 / max(1, len(shape)))

    def factor(size):
        if size == 1 or size > largest or len(shape) < fewest:
            return jnp.full((size,), each)
        return each * jnp.eye(size, dtype=each.dtype)

    return tuple(factor(size) for size in shape or (1,)) if math.prod(shape) else ()


def multiply(x: jax.Array, factors: Factors) -> jax.Array:
    """Q x."""
    return _each_axis(x, factors, lambda q, rows: q @ rows if q.ndim == 2 else q[:, None] * rows)


def multiply_adjoint(x: jax.Array, factors: Factors) -> jax.Array:
    """Qᴴ x."""
    return multiply(x, tuple(q.conj().T for q in factors))


def solve_adjoint(x: jax.Array, factors: Factors) -> jax.Array:
    """Q⁻ᴴ x."""

    def solved(q, rows):
        if q.ndim == 1:
            return rows / q.conj()[:, None]
        return jax.scipy.linalg.solve_triangular(q, rows, trans="C")

    return _each_axis(x, factors, solved)


def moved(factors: Factors, a: jax.Array, b: jax.Array, rate: Any) -> Factors:
    """Qᵢ − rate · triu(A Aᴴ − B Bᴴ) Qᵢ / ‖A Aᴴ + B Bᴴ‖, with a and b unfolded along axis i."""

    def factor(axis, q):
        rows_a, rows_b = _rows(a, axis), _rows(b, axis)
        tiny = jnp.finfo(q.dtype).tiny
        if q.ndim == 1:
            up, down = (jnp.sum(jnp.real(x * x.conj()), axis=1) for x in (rows_a, rows_b))
            return q - rate * (up - down) / (jnp.max(up + down) + tiny) * q
        up, down = rows_a @ rows_a.conj().T, rows_b @ rows_b.conj().T
        return q - rate * jnp.triu(up - down) / (_norm_bound(up + down) + tiny) @ q

    return tuple(factor(axis, q) for axis, q in enumerate(factors))


def balanced(factors: Factors) -> Factors:
    """The same Q with factors whose largest entries are alike, lest one over- or underflow."""
    largest = jnp.stack([jnp.max(jnp.abs(q)) for q in factors])
    shares = jnp.exp(jnp.mean(jnp.log(largest))) / largest
    return tuple(q * shares[i].astype(q.dtype) for i, q in enumerate(factors))


def _norm_bound(a: jax.Array) -> jax.Array:
    """Under the largest eigenvalue of a positive A: a power iteration from its largest column."""
    largest = jnp.max(jnp.abs(a))
    a = a / jnp.where(largest > 0, largest, 1)
    squares = jnp.sum(jnp.real(a * a.conj()), axis=0)
    x = jnp.take(a, jnp.argmax(squares), axis=1).conj() @ a
    x = x / jnp.maximum(jnp.linalg.norm(x), jnp.finfo(squares.dtype).tiny)
    return largest * jnp.linalg.norm(a.conj() @ x)


def _rows(x: jax.Array, axis: int) -> jax.Array:
    x = jnp.atleast_1d(x)
    return jnp.moveaxis(x, axis, 0).reshape(x.shape[axis], -1)


def _each_axis(
    x: jax.Array, factors: Factors, apply: Callable[[jax.Array, jax.Array], jax.Array]
) -> jax.Array:
    out = jnp.atleast_1d(x)
    for axis, q in enumerate(factors):
        front = jnp.moveaxis(out, axis, 0)
        out = jnp.moveaxis(apply(q, _rows(out, axis)).reshape(front.shape), 0, axis)
    return out.reshape(x.shape)
