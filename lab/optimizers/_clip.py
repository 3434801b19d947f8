"""Clipping: an upper bound on the entries of a gradient, or on one of its norms."""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from lab.errors import InputError
from lab.optimizers._moments import squared
from lab.optimizers._numbers import Number, like


def clip(max_delta: Number) -> optax.GradientTransformation:
    """Cut every entry off at ±δ: u ← min(max(u, −δ), δ).

    Changes the direction. An infinite entry becomes ±δ; one that is not a number stays it.

    Args:
      max_delta: δ ≥ 0.

    Returns:
      The transformation, without state. For real gradients.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.clip(1.0)
      >>> print(rule.update(jnp.array([0.5, -3.0]), rule.init(None))[0])
      [ 0.5 -1. ]
    """

    def leaf(u):
        bound = jnp.asarray(max_delta, u.dtype)
        return jnp.clip(u, -bound, bound)

    return optax.stateless(lambda updates, _: jax.tree.map(leaf, updates))


def clip_by_global_norm(max_norm: Number) -> optax.GradientTransformation:
    """Shorten the gradient of all parameters together to length M: u ← u min(1, M / ‖u‖).

    Keeps the direction. The usual guard against rare, huge gradients.

    Args:
      max_norm: M > 0.

    Returns:
      The transformation, without state.

    References:
      Pascanu et al., On the difficulty of training recurrent neural networks, 2013, algorithm 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.clip_by_global_norm(1.0)
      >>> gradient = {"w": jnp.array([2.0, -2.0, 2.0]), "b": jnp.array(2.0)}
      >>> print(rule.update(gradient, rule.init(gradient))[0]["w"])
      [ 0.5 -0.5  0.5]
    """

    def shortened(updates, _):
        norm = jnp.sqrt(sum(_squared_norms(updates), start=jnp.zeros([])))
        return jax.tree.map(lambda u: _shorten(u, norm, max_norm), updates)

    return optax.stateless(shortened)


def clip_by_block_norm(max_norm: Number) -> optax.GradientTransformation:
    """Shorten the gradient of every parameter array to length M: uₗ ← uₗ min(1, M / ‖uₗ‖).

    One array with a huge gradient does not slow down the others, but the direction of the whole
    changes. optax has no such clipping; `clip_by_block_rms` is its sibling for root mean squares.

    Args:
      max_norm: M > 0.

    Returns:
      The transformation, without state.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.clip_by_block_norm(1.0)
      >>> gradient = {"w": jnp.array([0.0, -4.0]), "b": jnp.array(0.5)}
      >>> clipped, _ = rule.update(gradient, rule.init(gradient))
      >>> print(clipped["w"], clipped["b"])
      [ 0. -1.] 0.5
    """

    def leaf(u):
        return _shorten(u, jnp.sqrt(sum(_squared_norms(u))), max_norm)

    return optax.stateless(lambda updates, _: jax.tree.map(leaf, updates))


def clip_by_block_rms(threshold: Number) -> optax.GradientTransformation:
    """Shorten the gradient of every parameter array to root mean square d.

        uₗ ← uₗ / max(1, RMS(uₗ) / d)

    Unlike `clip_by_block_norm`, large arrays may keep longer gradients. Part of Adafactor.

    Args:
      threshold: d > 0.

    Returns:
      The transformation, without state.

    References:
      Shazeer & Stern, Adafactor, 2018, section 6.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.clip_by_block_rms(1.0)
      >>> print(rule.update(jnp.array([4.0, -4.0]), rule.init(None))[0])
      [ 1. -1.]
    """

    def leaf(u):
        rms = jnp.sqrt(jnp.mean(squared(u)))
        return u / like(jnp.maximum(1, rms / like(threshold, rms)), u)

    return optax.stateless(lambda updates, _: jax.tree.map(leaf, updates))


def adaptive_grad_clip(
    clipping: Number, eps: Number = 1e-3, axis: int | tuple[int, ...] | None = None
) -> optax.GradientTransformation:
    """Bound every unit's gradient by a fraction of the unit's weights.

        uᵢ ← uᵢ min(1, λ max(‖wᵢ‖, ε) / ‖uᵢ‖)    for every output unit i

    Rates far too large for plain gradients become stable; it made networks without
    normalization train at large batches.

    Args:
      clipping: λ > 0, such as 0.01.
      eps: ε, so that units at zero can leave it.
      axis: The axes that a unit extends over; None for all of scalars and vectors, the first
        of matrices and stacks of them (rank 3), and all but the last of convolutions (rank 4, 5).

    Returns:
      The transformation, without state; `update` needs the parameters.

    Raises:
      InputError: In `update`: without parameters, or if axis is None and an array's rank is
        above 5.

    References:
      Brock et al., High-performance large-scale image recognition without normalization, 2021,
      equation 3.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.adaptive_grad_clip(0.1)
      >>> params = jnp.array([[3.0, 3.0], [4.0, 4.0]])
      >>> gradient = jnp.array([[0.0, 0.3], [2.0, 0.4]])
      >>> print(rule.update(gradient, rule.init(params), params)[0])
      [[0.  0.3]
       [0.5 0.4]]
    """

    def leaf(u, w):
        length, bound = _unit_norm(u, axis), _unit_norm(w, axis)
        bound = like(clipping, bound) * jnp.maximum(bound, like(eps, bound))
        short = u * like(bound / jnp.maximum(length, 1e-6), u)
        return jnp.where(length < bound.astype(length.dtype), u, short)

    def clipped(updates, params):
        if params is None:
            raise InputError("adaptive_grad_clip needs params: update(updates, state, params).")
        return jax.tree.map(leaf, updates, params)

    return optax.stateless(clipped)


def _squared_norms(tree: Any) -> list[jax.Array]:
    """Of every leaf, in one dtype: the widest of the leaves, float32 at least."""
    leaves = [squared(jnp.asarray(u)) for u in jax.tree.leaves(tree)]
    wide = any(s.dtype == jnp.float64 for s in leaves)
    return [jnp.sum(s, dtype=jnp.float64 if wide else jnp.float32) for s in leaves]


def _shorten(u: jax.Array, norm: jax.Array, max_norm: Number) -> jax.Array:
    return jnp.where(norm < like(max_norm, norm), u, u / like(norm, u) * like(max_norm, u))


def _unit_norm(x: jax.Array, axis: int | tuple[int, ...] | None) -> jax.Array:
    if axis is None:
        if jnp.squeeze(x).ndim <= 1:
            axis = tuple(range(x.ndim))
        elif x.ndim in (2, 3):
            axis = 0
        elif x.ndim in (4, 5):
            axis = tuple(range(x.ndim - 1))
        else:
            raise InputError(f"adaptive_grad_clip needs an axis for an array of shape {x.shape}.")
    return jnp.sqrt(jnp.sum(squared(x), axis=axis, keepdims=True))


PARTS = (clip, clip_by_global_norm, clip_by_block_norm, clip_by_block_rms, adaptive_grad_clip)
