"""Weights that become exactly zero: the L1 penalty, by its sub-gradient and by its proximal map."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.optimizers import _counter as counter
from lab.optimizers._arguments import needed
from lab.optimizers._numbers import Number, like, together


class ProximalL1State(NamedTuple):
    """What a schedule of the rate is evaluated at."""

    count: jax.Array  # int32 []: updates taken so far


def add_l1_weights(strength: Number = 0.0) -> optax.GradientTransformation:
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
        u, pull = together(u, size * jnp.sign(w))
        return u + pull

    def penalized(updates, params):
        return jax.tree.map(leaf, updates, needed(params, "add_l1_weights"))

    return optax.stateless(penalized)


def proximal_l1(
    strength: Number, learning_rate: optax.ScalarOrSchedule
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

    def shrunk(updates: Any, params: Any, rate: Any) -> Any:
        def leaf(u, w):
            u, w = together(u, w)
            ahead = w + u
            threshold = like(rate, jnp.abs(ahead)) * like(strength, jnp.abs(ahead))
            size = jnp.maximum(jnp.abs(ahead) - threshold, 0)
            # where the target is 0 this is −w, and w + u exactly 0
            return jnp.sign(ahead) * size.astype(ahead.dtype) - w

        return jax.tree.map(leaf, updates, needed(params, "proximal_l1"))

    if callable(learning_rate):
        schedule = learning_rate

        def init(params):
            del params
            return ProximalL1State(counter.zero())

        def update(updates, state, params=None):
            count = counter.one_more(state.count)
            return shrunk(updates, params, schedule(state.count)), ProximalL1State(count)

        return optax.GradientTransformation(init, update)
    return optax.stateless(lambda updates, params: shrunk(updates, params, learning_rate))


PARTS = (add_l1_weights, proximal_l1)
