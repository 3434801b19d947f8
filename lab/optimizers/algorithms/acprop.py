"""ACProp: AdaBelief whose denominator does not know the gradient that it divides."""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.adam import ScaleByAdamState
from lab.optimizers.common import counter, repaired
from lab.optimizers.common.mean_over_root import over_root
from lab.optimizers.common.moments import (
    bias_corrected,
    squared,
    squares_like,
    update_moment,
    zeros_like,
)
from lab.optimizers.common.numbers import Decay, NonNegative, NonNegativeOrSchedule, cast_like, like
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.common.trees import tree_sub
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.kinds import Mask


@gradient_transformation
def scale_by_acprop(
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-16,
    eps_root: NonNegative = 1e-16,
) -> optax.GradientTransformation:
    """Replace gradients by ACProp's direction, g over the root of before: see `acprop`."""

    def init(params):
        return ScaleByAdamState(counter.zero(), zeros_like(params), squares_like(params))

    def update(updates, state, params=None):  # Zhuang et al., algorithm 2
        del params
        first = state.count == 0
        s_hat = bias_corrected(state.nu, b2, jnp.maximum(state.count, 1))  # ŝ_{t−1}
        s_hat = jax.tree.map(lambda s: jnp.where(first, 1, s), s_hat)
        direction = over_root(updates, s_hat, jnp.where(first, 0, eps))  # g_t itself, at first

        mu = update_moment(b1, updates, state.mu)  # m_t
        surprise = squared(tree_sub(updates, mu))  # (g_t − m_t)²
        nu = jax.tree.map(
            lambda s: s + like(eps_root, s), update_moment(b2, surprise, state.nu)
        )  # s_t
        new: Any = ScaleByAdamState(counter.safe_increment(state.count), mu, nu)
        return direction, cast_like(new, state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def acprop(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-16,
    eps_root: NonNegative = 1e-16,
    weight_decay: NonNegativeOrSchedule = 0.0,
    mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """ACProp (asynchronous centering): the gradient, divided by how far those before it strayed.

        w ← w − η (g / (√ŝ + ε) + λ w),    ŝ = s / (1 − β₂ᵗ⁻¹)    (of the update before)
        m ← (1 − β₁) g + β₁ m
        s ← (1 − β₂) (g − m)² + β₂ s + ε̄

    With a denominator that is independent of its numerator, the expected step is a descent
    direction whatever β₂ is, where Adam may go astray. There is no momentum: m only centers s.
    The first update is that of SGD. Where gradients do not change, steps grow without bound, as
    AdaBelief's do. In optax g − m is taken with the m before.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the mean.
      b2: β₂, memory of the surprise.
      eps: ε, outside the root.
      eps_root: ε̄, inside the average, where it grows to ε̄ / (1 − β₂).
      weight_decay: λ, decoupled; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.

    Returns:
      The transformation. Memory: m and s.

    References:
      Zhuang et al., Momentum centering and asynchronous update for adaptive gradient methods,
      2021, algorithm 2; start and ε as in its implementation.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.acprop(learning_rate=0.1, b1=0.5)
      >>> state = rule.init(jnp.zeros(2))
      >>> for gradient in (jnp.array([4.0, -0.01]), jnp.array([2.0, 0.01])):
      ...     updates, state = rule.update(gradient, state)
      >>> print(updates.round(3))  # over |4 − 2| and |0.01 − 0.005|
      [-0.1 -0.2]
    """
    return optax.chain(
        scale_by_acprop(b1, b2, eps, eps_root),
        add_decayed_weights(weight_decay, mask),
        scale_by_learning_rate(learning_rate),
    )


PARTS = (scale_by_acprop,)
ENTRIES = (
    OptimizerEntry(
        name="acprop",
        by_hand=acprop,
        via_optax=repaired.acprop,
        search_space={"learning_rate": Float(1e-5, 1e-1, log=True)},
        reference="Zhuang et al. 2021, algorithm 2",
        state_slots=2,
        padding_safe=True,
        rule="w ← w − η g / (√ŝ + ε), then m ← (1 − β₁) g + β₁ m;  "
        "s ← (1 − β₂) (g − m)² + β₂ s + ε̄",
    ),
)
