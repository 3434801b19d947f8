"""Clipping by norm: an upper bound on the length of a gradient, of all arrays or of each."""

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common.numbers import NonNegative, Number, like
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.common.trees import tree_norm


@gradient_transformation
def clip_by_global_norm(max_norm: NonNegative) -> optax.GradientTransformation:
    """Shorten the gradient of all parameters together to length M: u ← u min(1, M / ‖u‖).

    Keeps the direction. The usual guard against rare, huge gradients.

    Args:
      max_norm: M ≥ 0.

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
        norm = tree_norm(updates)
        return jax.tree.map(lambda u: _shorten(u, norm, max_norm), updates)

    return optax.stateless(shortened)


@gradient_transformation
def clip_by_block_norm(max_norm: NonNegative) -> optax.GradientTransformation:
    """Shorten the gradient of every parameter array to length M: uₗ ← uₗ min(1, M / ‖uₗ‖).

    One array with a huge gradient does not slow down the others, but the direction of the whole
    changes. optax has no such clipping; `clip_by_block_rms` is its sibling for root mean squares.

    Args:
      max_norm: M ≥ 0.

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
        return _shorten(u, tree_norm(u), max_norm)

    return optax.stateless(lambda updates, _: jax.tree.map(leaf, updates))


@gradient_transformation
def clip_by_block_rms(threshold: NonNegative) -> optax.GradientTransformation:
    """Shorten the gradient of every parameter array to root mean square d.

        uₗ ← uₗ / max(1, RMS(uₗ) / d)

    Unlike `clip_by_block_norm`, large arrays may keep longer gradients. Part of Adafactor.

    Args:
      threshold: d ≥ 0.

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
        return _shorten(u, tree_norm(u) / max(u.size, 1) ** 0.5, threshold)

    return optax.stateless(lambda updates, _: jax.tree.map(leaf, updates))


def _shorten(u: jax.Array, norm: jax.Array, max_norm: Number) -> jax.Array:
    long = ~(norm <= like(max_norm, norm))  # or not a number; never zero, which divides nothing
    return jnp.where(long, u / like(jnp.where(long, norm, 1), u) * like(max_norm, u), u)


PARTS = (clip_by_global_norm, clip_by_block_norm, clip_by_block_rms)
