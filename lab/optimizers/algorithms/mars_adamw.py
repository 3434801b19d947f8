"""MARS-AdamW: AdamW on gradients that know how they have changed."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.adam import scale_by_adam
from lab.optimizers.common.moments import zeros_like
from lab.optimizers.common.numbers import (
    Decay,
    NonNegative,
    NonNegativeOrSchedule,
    Number,
    cast_like,
)
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.common.trees import tree_add, tree_scale, tree_sub
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.kinds import Mask


class MarsState(NamedTuple):
    """The gradient before."""

    previous: Any  # g of the update before, shaped as the parameters; zeros at the start


def _corrected(b1: Number, gamma: Number) -> optax.GradientTransformation:
    """Yuan et al., algorithm 2: c and its clipping."""

    def init(params):
        return MarsState(zeros_like(params))

    def update(updates, state, params=None):
        del params
        change = tree_sub(updates, state.previous)
        c = tree_add(updates, tree_scale(gamma * b1 / (1 - b1), change))

        def clipped(x):  # to norm 1; the maximum inside the root, whose slope at 0 is infinite
            return x / jnp.sqrt(jnp.maximum(1, jnp.sum(jnp.real(x.conj() * x))))

        return jax.tree.map(clipped, c), cast_like(MarsState(updates), state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def mars_adamw(
    learning_rate: optax.ScalarOrSchedule = 3e-3,
    b1: Decay = 0.95,
    b2: Decay = 0.99,
    eps: NonNegative = 1e-8,
    gamma: NonNegative = 0.025,
    weight_decay: NonNegativeOrSchedule = 0.0,
    mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """MARS-AdamW (make variance reduction shine), with the gradient of the update before.

        c = g + γ β₁ / (1 − β₁) (g − g₋),    c̃ = c / max(1, ‖c‖)    (of every array alone)
        m ← (1 − β₁) c̃ + β₁ m,    m̂ = m / (1 − β₁ᵗ)
        v ← (1 − β₂) c̃² + β₂ v,    v̂ = v / (1 − β₂ᵗ)
        w ← w − η (m̂ / (√v̂ + ε) + λ w)

    An average of gradients lags behind, by β₁ / (1 − β₁) updates in the mean; as many changes of
    the gradient, times γ, bring it up to date. At γ = 1, with g₋ taken of the present batch at the
    former weights, m is the variance reduction of STORM. Here is the approximate form, the
    default of the authors' code: g₋ is the gradient of the update before, so that no second one
    is needed, and γ is small, as the change has the noise of two batches. As in that code, g₋ = 0
    at first, and every array has a norm of its own; arrays of any rank are treated alike, which
    is its `optimize_1d` (by default, there, all but matrices are left to AdamW).

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the mean.
      b2: β₂, memory of the mean square.
      eps: ε, outside the root.
      gamma: γ, how much of the change is added.
      weight_decay: λ, decoupled; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: m, v and g₋.

    References:
      Yuan et al., MARS: unleashing the power of variance reduction for training large models,
      2024, algorithm 2, with approximate gradients.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.mars_adamw(learning_rate=0.1)
      >>> params, state = jnp.zeros(2), rule.init(jnp.zeros(2))
      >>> for gradient in (jnp.array([0.1, 0.1]), jnp.array([0.1, -0.1])):
      ...     updates, state = rule.update(gradient, state, params)
      >>> print(updates.round(3))
      [-0.098  0.016]
    """
    return optax.chain(
        _corrected(b1, gamma),
        scale_by_adam(b1, b2, eps),
        add_decayed_weights(weight_decay, mask),
        scale_by_learning_rate(learning_rate),
    )


ENTRIES = (
    OptimizerEntry(
        name="mars_adamw",
        by_hand=mars_adamw,
        via_optax=None,
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Yuan et al. 2024, algorithm 2",
        state_slots=3,
        padding_safe=True,
        rule="AdamW on c / max(1, ‖c‖), where c = g + γ β₁ / (1 − β₁) (g − g₋)",
    ),
)
