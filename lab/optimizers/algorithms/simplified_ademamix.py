"""Simplified AdEMAMix: one slow momentum, and the gradient of now beside it."""

from typing import Any, NamedTuple

import jax
import optax
import optax.contrib

from lab.catalog import OptimizerEntry
from lab.optimizers.common import counter
from lab.optimizers.common.mean_over_root import over_root
from lab.optimizers.common.moments import (
    bias_corrected,
    squared,
    squares_like,
    update_moment,
    zeros_like,
)
from lab.optimizers.common.numbers import (
    Decay,
    DecayOrSchedule,
    NonNegative,
    NonNegativeOrSchedule,
    cast_like,
)
from lab.optimizers.common.scheduled import at
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.common.trees import tree_add, tree_scale
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.kinds import Mask


class ScaleBySimplifiedAdEMAMixState(NamedTuple):
    """A sum of gradients and a mean of their squares."""

    t: jax.Array  # int32 []: updates taken so far
    m: Any  # fading sum of gradients, shaped as the parameters
    n: Any  # mean squared gradient, shaped as the parameters


@gradient_transformation
def scale_by_simplified_ademamix(
    b1: DecayOrSchedule = 0.99,
    b2: Decay = 0.95,
    alpha: NonNegativeOrSchedule = 0.0,
    eps: NonNegative = 1e-8,
    eps_root: NonNegative = 0.0,
) -> optax.GradientTransformation:
    """Replace gradients by Simplified AdEMAMix's direction: see `simplified_ademamix`."""

    def init(params):
        return ScaleBySimplifiedAdEMAMixState(
            counter.zero(), zeros_like(params), squares_like(params)
        )

    def update(updates, state, params=None):  # Morwani et al., Simplified-AdEMAMix
        del params
        t = counter.safe_increment(state.t)
        m = tree_add(updates, tree_scale(at(b1, state.t), state.m))
        n = update_moment(b2, squared(updates), state.n)
        mixed = tree_add(m, tree_scale(at(alpha, state.t), updates))
        new = ScaleBySimplifiedAdEMAMixState(t, m, n)
        return over_root(mixed, bias_corrected(n, b2, t), eps, eps_root), cast_like(new, state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def simplified_ademamix(
    learning_rate: optax.ScalarOrSchedule,
    b1: DecayOrSchedule = 0.99,
    b2: Decay = 0.95,
    alpha: NonNegativeOrSchedule = 0.0,
    eps: NonNegative = 1e-8,
    eps_root: NonNegative = 0.0,
    weight_decay: NonNegativeOrSchedule = 0.0,
    mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """Simplified AdEMAMix: what AdEMAMix does with two momenta, with one.

        m ← g + β₁ m
        v ← (1 − β₂) g² + β₂ v,    v̂ = v / (1 − β₂ᵗ)
        w ← w − η ((m + α g) / (√(v̂ + ε̄) + ε) + λ w)

    m is a sum, not a mean: η is smaller than Adam's by about 1 − β₁. The noisier the gradients,
    the larger α: near 0 for large batches, up to 100 for small ones. At α = 0 it is Adam without
    correction of m, so that the run starts slowly by itself.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the sum; a number or a schedule. The authors bring it up from 0.9 over
        the run.
      b2: β₂, memory of the mean square.
      alpha: α, additional weight of the present gradient; a number or a schedule.
      eps: ε, outside the root.
      eps_root: ε̄, inside the root.
      weight_decay: λ, decoupled; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.

    Returns:
      The transformation. Memory: m and v.

    References:
      Morwani et al., Connections between schedule-free optimizers, AdEMAMix, and accelerated SGD
      variants, 2025, Simplified-AdEMAMix.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.simplified_ademamix(learning_rate=0.01, alpha=4.0)
      >>> gradient = jnp.array([4.0, -0.01])
      >>> updates, state = rule.update(gradient, rule.init(gradient))
      >>> print(updates.round(3))  # 1 of the sum, 4 of the gradient
      [-0.05  0.05]
    """
    return optax.chain(
        scale_by_simplified_ademamix(b1, b2, alpha, eps, eps_root),
        add_decayed_weights(weight_decay, mask),
        scale_by_learning_rate(learning_rate),
    )


PARTS = (scale_by_simplified_ademamix,)
ENTRIES = (
    OptimizerEntry(
        name="simplified_ademamix",
        by_hand=simplified_ademamix,
        via_optax=optax.contrib.simplified_ademamix,
        search_space={"learning_rate": Float(1e-6, 1e-2, log=True)},
        reference="Morwani et al. 2025, Simplified-AdEMAMix",
        state_slots=2,
        padding_safe=True,
        rule="m ← g + β₁ m;  v ← (1 − β₂) g² + β₂ v;  w ← w − η (m + α g) / (√v̂ + ε)",
    ),
)
