"""The root mean square of Adafactor: of a matrix, the product of a row and a column."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common import counter
from lab.optimizers.common.moments import squares_like
from lab.optimizers.common.numbers import Number, like, promote


class FactoredState(NamedTuple):
    """Mean squared gradients, factored or not; [1] in place of what an array does not need."""

    count: jax.Array  # int32 []: updates taken so far
    v_row: Any  # R, shaped as the parameters without their longest axis
    v_col: Any  # C, shaped as the parameters without their second longest axis
    v: Any  # V, shaped as the parameters


class _Leaf(NamedTuple):
    update: Any
    v_row: Any
    v_col: Any
    v: Any


def factored_rms(
    factored: bool, decay_rate: Number, offset: Number, min_dim_size: int, eps: Number
) -> optax.GradientTransformation:
    """Divide by the root of V, kept as row and column means where two axes are long enough.

        β = 1 − max(t − t₀, 1)^(−c),   t = 1, 2, …
        V ← (1 − β) (g² + ε) + β V                                     short arrays
        R ← (1 − β) mean_col(g² + ε) + β R,   C likewise,   V = R C / mean(R)

    Args:
      factored: False keeps V as a whole.
      decay_rate: c.
      offset: t₀.
      min_dim_size: How long the second longest axis must be for an array to be factored.
      eps: ε.

    Returns:
      The transformation.
    """

    def long_axes(shape):  # second longest and longest; the later one among equals
        *_, second, first = [None, None, *sorted(range(len(shape)), key=lambda i: shape[i])]
        if not factored or second is None or shape[second] < max(min_dim_size, 1):
            return None
        return second, first

    def start(p):
        none, axes = squares_like(jnp.zeros(1, jnp.result_type(p))), long_axes(jnp.shape(p))
        if axes is None:
            return _Leaf(none, none, none, squares_like(p))
        second, first = axes
        whole = squares_like(p)
        return _Leaf(none, jnp.sum(whole, first), jnp.sum(whole, second), none)

    def init(params):
        return _state(counter.zero(), jax.tree.map(start, params))

    def update(updates, state, params=None):  # Shazeer & Stern, algorithms 4 and 5
        del params
        dtype = jnp.result_type(float)
        age = counter.since(state.count, offset, dtype) + 1
        age = jnp.maximum(age, 1)  # a count that has not come to the offset: a state made anew
        decay = 1 - jax.lax.pow(age, -jnp.asarray(decay_rate, dtype))

        def average(new, old):  # in the dtype of `decay`: 1 − β would be lost in bfloat16
            x, mean = promote(new, old)
            weight, x = promote(decay, x)
            weight, mean = promote(weight, mean)
            return ((1 - weight) * x + weight * mean).astype(old.dtype)

        def leaf(g, v_row, v_col, v):
            g2 = jnp.real(jnp.conj(g) * g)
            g2 = g2 + like(eps, g2)
            axes = long_axes(g.shape)
            if axes is None:
                v = average(g2, v)
                root = _inverse_root(v)
                return _Leaf(g * root.astype(g.dtype), v_row, v_col, v)
            second, first = axes
            v_row = average(jnp.mean(g2, first), v_row)
            v_col = average(jnp.mean(g2, second), v_col)
            mean = jnp.mean(v_row, second - (second > first), keepdims=True)
            rows = jnp.expand_dims(_inverse_root(v_row / mean), first)
            columns = jnp.expand_dims(_inverse_root(v_col), second)
            return _Leaf(g * rows.astype(g.dtype) * columns.astype(g.dtype), v_row, v_col, v)

        leaves = jax.tree.map(leaf, updates, state.v_row, state.v_col, state.v)
        steps = _field(leaves, "update")
        return steps, _state(counter.safe_increment(state.count), leaves)

    return optax.GradientTransformation(init, update)


def _inverse_root(v: jax.Array) -> jax.Array:
    return jax.lax.pow(v, jnp.asarray(-0.5, v.dtype))


def _field(leaves: Any, name: str) -> Any:
    return jax.tree.map(
        lambda leaf: getattr(leaf, name), leaves, is_leaf=lambda x: isinstance(x, _Leaf)
    )


def _state(count: jax.Array, leaves: Any) -> FactoredState:
    return FactoredState(count, *(_field(leaves, name) for name in ("v_row", "v_col", "v")))
