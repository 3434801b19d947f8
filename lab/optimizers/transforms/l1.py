"""Weights that become exactly zero: the L1 penalty, by its sub-gradient and by its proximal map."""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common.after_step import after_step
from lab.optimizers.common.numbers import NonNegative, like, promote
from lab.optimizers.common.parameter_checks import require_params
from lab.optimizers.common.transformation import gradient_transformation


@gradient_transformation
def add_l1_weights(strength: NonNegative = 0.0) -> optax.GradientTransformation:
    """Add the sub-gradient of λ‖w‖₁: u ← u + λ sign(w).

    Before a rule it is the penalty; weights near zero jump across it, and none stays there. For
    exact zeros use `proximal_l1`.

    Args:
      strength: λ ≥ 0.

    Returns:
      The transformation, without state; `update` needs the parameters.

    References:
      Tibshirani, Regression shrinkage and selection via the lasso, 1996.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.add_l1_weights(0.5)
      >>> params = jnp.array([3.0, 0.0, -2.0])
      >>> print(rule.update(jnp.ones(3), rule.init(params), params)[0])
      [1.5 1.  0.5]
    """

    def leaf(u, w):
        size = jnp.asarray(strength, jnp.result_type(w))
        u, pull = promote(u, size * jnp.sign(w))
        return u + pull

    def penalized(updates, params):
        return jax.tree.map(leaf, updates, require_params(params, "add_l1_weights"))

    return optax.stateless(penalized)


@gradient_transformation
def proximal_l1(
    strength: NonNegative, learning_rate: optax.ScalarOrSchedule
) -> optax.GradientTransformation:
    """After a step, pull every weight towards zero by ηλ, and to zero if it is nearer than that.

        w ← S(w + u, ηλ),    S(x, τ) = sign(x) max(|x| − τ, 0)

    The proximal map of ηλ‖w‖₁, and after `sgd` the iterative shrinkage–thresholding algorithm:
    sparse weights are exact zeros. The last link of a chain: it has to see the whole step. After
    an adaptive rule it shrinks all weights alike, as decoupled weight decay does, and then no
    longer minimizes loss + λ‖w‖₁. Mask it with `optax.masked` to spare biases.

    Args:
      strength: λ ≥ 0.
      learning_rate: η, the number or schedule that the rule before it has.

    Returns:
      The transformation; `update` needs the parameters.

    References:
      Beck & Teboulle, A fast iterative shrinkage-thresholding algorithm, 2009, equation 1.4;
      Parikh & Boyd, Proximal algorithms, 2014, section 6.5.2.

    Example:
      >>> import jax.numpy as jnp
      >>> import optax
      >>> from lab import optimizers
      >>> rule = optax.chain(optimizers.sgd(0.5), optimizers.proximal_l1(1.0, 0.5))
      >>> params = jnp.array([2.0, 0.75, -0.25])
      >>> updates, _ = rule.update(jnp.array([0.0, 1.0, 0.0]), rule.init(params), params)
      >>> print(params + updates)
      [1.5 0.  0. ]
    """

    def shrunk(ahead: jax.Array, rate: Any) -> jax.Array:
        return shrink(ahead, like(rate, jnp.abs(ahead)) * like(strength, jnp.abs(ahead)))

    return after_step(shrunk, learning_rate, "proximal_l1")


@gradient_transformation
def proximal_elastic_net(
    l1: NonNegative, l2: NonNegative, learning_rate: optax.ScalarOrSchedule
) -> optax.GradientTransformation:
    """After a step, pull every weight towards zero by ηλ₁, then shrink what is left.

        w ← S(w + u, ηλ₁) / (1 + 2ηλ₂)

    The proximal map of η(λ₁‖w‖₁ + λ₂‖w‖²); at λ₂ = 0 it is `proximal_l1`. The last link of a
    chain. scikit-learn's ElasticNet(alpha=α, l1_ratio=ρ), whose data term is half the mean, has
    λ₁ = 2αρ and λ₂ = α(1 − ρ) beside the mean squared error.

    Args:
      l1: λ₁ ≥ 0.
      l2: λ₂ ≥ 0.
      learning_rate: η, the number or schedule that the rule before it has.

    Returns:
      The transformation; `update` needs the parameters.

    References:
      Zou & Hastie, Regularization and variable selection via the elastic net, 2005;
      Parikh & Boyd, Proximal algorithms, 2014, section 6.5.3.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.proximal_elastic_net(1.0, 0.5, 0.5)
      >>> params = jnp.array([2.0, 0.25])
      >>> print(params + rule.update(jnp.zeros(2), rule.init(params), params)[0])
      [1. 0.]
    """

    def shrunk(ahead: jax.Array, rate: Any) -> jax.Array:
        size = jnp.abs(ahead)
        rate = like(rate, size)
        pulled = 1 + 2 * rate * like(l2, size)
        return shrink(ahead, rate * like(l1, size)) / jnp.asarray(pulled, ahead.dtype)

    return after_step(shrunk, learning_rate, "proximal_elastic_net")


def shrink(x: jax.Array, threshold: Any) -> jax.Array:
    """S(x, τ) = sign(x) max(|x| − τ, 0), soft thresholding."""
    return jnp.sign(x) * jnp.maximum(jnp.abs(x) - threshold, 0).astype(x.dtype)


PARTS = (add_l1_weights, proximal_l1, proximal_elastic_net)
