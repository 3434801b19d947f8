"""AdEMAMix: Adam with a second, very slow momentum."""

from typing import Any, NamedTuple

import jax
import optax
import optax.contrib

from lab.catalog import OptimizerEntry
from lab.optimizers.common import counter
from lab.optimizers.common.mean_over_root import over_root
from lab.optimizers.common.moments import (
    bias_corrected,
    moment_like,
    squared,
    squares_like,
    update_moment,
)
from lab.optimizers.common.numbers import (
    Decay,
    DecayOrSchedule,
    FloatDType,
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


class ScaleByAdemamixState(NamedTuple):
    """Two first moments and a second."""

    count: jax.Array  # int32 []: t, updates taken so far
    count_m2: jax.Array  # int32 []: the same, for the schedules of β₃ and α
    m1: Any  # fast mean of gradients, shaped as the parameters
    m2: Any  # slow mean of gradients, shaped as the parameters
    nu: Any  # mean squared gradient, shaped as the parameters


@gradient_transformation
def scale_by_ademamix(
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    b3: DecayOrSchedule = 0.9999,
    alpha: NonNegativeOrSchedule = 6.0,
    eps: NonNegative = 1e-8,
    eps_root: NonNegative = 0.0,
    mu_dtype: FloatDType = None,
) -> optax.GradientTransformation:
    """Replace gradients by AdEMAMix's direction: see `ademamix` (whose α is 5, as in optax)."""

    def init(params):
        m1, m2 = moment_like(params, mu_dtype), moment_like(params, mu_dtype)
        return ScaleByAdemamixState(counter.zero(), counter.zero(), m1, m2, squares_like(params))

    def update(updates, state, params=None):  # Pagliardini et al., algorithm 1
        del params
        t = counter.safe_increment(state.count)
        b3_t, alpha_t = at(b3, state.count_m2), at(alpha, state.count_m2)
        m1, m2 = update_moment(b1, updates, state.m1), update_moment(b3_t, updates, state.m2)
        nu = update_moment(b2, squared(updates), state.nu)
        mixed = tree_add(
            bias_corrected(m1, b1, t), tree_scale(alpha_t, m2)
        )  # m₂ not debiased: it is to fill slowly
        new = ScaleByAdemamixState(t, counter.safe_increment(state.count_m2), m1, m2, nu)
        return over_root(mixed, bias_corrected(nu, b2, t), eps, eps_root), cast_like(new, state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def ademamix(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    b3: DecayOrSchedule = 0.9999,
    alpha: NonNegativeOrSchedule = 5.0,
    eps: NonNegative = 1e-8,
    eps_root: NonNegative = 0.0,
    mu_dtype: FloatDType = None,
    weight_decay: NonNegativeOrSchedule = 0.0,
    mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """AdEMAMix: old gradients stay useful for longer than one memory can say.

        m₁ ← (1 − β₁) g + β₁ m₁,    m̂₁ = m₁ / (1 − β₁ᵗ)
        m₂ ← (1 − β₃) g + β₃ m₂
        v  ← (1 − β₂) g² + β₂ v,    v̂ = v / (1 − β₂ᵗ)
        w ← w − η ((m̂₁ + α m₂) / (√(v̂ + ε̄) + ε) + λ w)

    For long runs: m₂ remembers 1 / (1 − β₃) = 10,000 updates. In runs of a few thousand take
    β₃ = 0.999, or schedules that bring β₃ and α up over the run, as the paper does.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the fast mean.
      b2: β₂, memory of the mean square.
      b3: β₃, memory of the slow mean; a number or a schedule.
      alpha: α, weight of the slow mean; a number or a schedule.
      eps: ε, outside the root.
      eps_root: ε̄, inside the root.
      mu_dtype: The dtype of m₁ and m₂; None for the parameters', of 32 bits at least.
      weight_decay: λ, decoupled; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: m₁, m₂ and v.

    References:
      Pagliardini et al., The AdEMAMix optimizer: better, faster, older, 2024, algorithm 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.ademamix(learning_rate=0.1, b3=0.5, alpha=2.0)
      >>> gradient = jnp.array([4.0, -0.01])
      >>> updates, state = rule.update(gradient, rule.init(gradient), gradient)
      >>> print(updates.round(3))  # 1 of the fast mean, 2 · 0.5 of the slow
      [-0.2  0.2]
    """
    return optax.chain(
        scale_by_ademamix(b1, b2, b3, alpha, eps, eps_root, mu_dtype),
        add_decayed_weights(weight_decay, mask),
        scale_by_learning_rate(learning_rate),
    )


PARTS = (scale_by_ademamix,)
ENTRIES = (
    OptimizerEntry(
        name="ademamix",
        by_hand=ademamix,
        via_optax=optax.contrib.ademamix,
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Pagliardini et al. 2024, algorithm 1",
        state_slots=3,
        padding_safe=True,
        rule="m₁, v as in Adam;  m₂ ← (1 − β₃) g + β₃ m₂;  w ← w − η (m̂₁ + α m₂) / (√v̂ + ε)",
    ),
)
