"""Layers that stand still, and layers with learning rates of their own."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common.numbers import like
from lab.optimizers.common.transformation import gradient_transformation
from lab.validation.kinds import Mask, Tree


@gradient_transformation
def freeze(mask: Mask) -> optax.GradientTransformation:
    """Zero the updates of what the mask marks, so that it keeps its values.

    As the *last* link of a chain: before a rule, momentum and weight decay would still move it.
    The rule keeps state for frozen parameters; `optax.partition` spares that memory.

    Args:
      mask: A tree of booleans, or a prefix of one, or a function of the parameters that returns
        one: True is frozen.

    Returns:
      The transformation, without state.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.freeze({"body": True, "head": False})
      >>> gradient = {"body": {"w": jnp.ones(2)}, "head": jnp.ones(2)}
      >>> updates, _ = rule.update(gradient, rule.init(gradient))
      >>> print(updates["body"]["w"], updates["head"])
      [0. 0.] [1. 1.]
    """

    def frozen(marked, updates):
        return jax.tree.map(jnp.zeros_like, updates) if marked else updates

    return optax.stateless(lambda updates, _: jax.tree.map(frozen, _of(mask, updates), updates))


@gradient_transformation
def scale_layers(factors: Tree | Callable[[Any], Any]) -> optax.GradientTransformation:
    """Multiply updates by a factor of each layer: with the rate η, layer l has the rate η sₗ.

    After a rule: adaptive rules ignore the scale of what comes before them.

    Args:
      factors: A tree of numbers (traced or not), or a prefix of one, or a function of the
        parameters that returns one.

    Returns:
      The transformation, without state.

    References:
      Howard & Ruder, Universal language model fine-tuning, 2018, section 3.2 ("discriminative
      fine-tuning"), with each layer's rate that of the next over 2.6.

    Example:
      >>> import jax.numpy as jnp
      >>> import optax
      >>> from lab import optimizers
      >>> rule = optax.chain(
      ...     optimizers.sgd(0.5), optimizers.scale_layers({"body": 0.5, "head": 1.0})
      ... )
      >>> gradient = {"body": {"w": jnp.ones(2)}, "head": jnp.ones(2)}
      >>> updates, _ = rule.update(gradient, rule.init(gradient))
      >>> print(updates["body"]["w"], updates["head"])
      [-0.25 -0.25] [-0.5 -0.5]
    """

    def scaled(factor, updates):
        return jax.tree.map(lambda u: like(factor, u) * u, updates)

    return optax.stateless(lambda updates, _: jax.tree.map(scaled, _of(factors, updates), updates))


def _of(tree: Any | Callable[[Any], Any], updates: Any) -> Any:
    # shapes and structure of updates are those of the parameters
    return tree(updates) if callable(tree) else tree


PARTS = (freeze, scale_layers)
