"""AdaBelief: Adam that measures surprise instead of size."""

import jax
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.adam import ScaleByAdamState
from lab.optimizers.common import counter
from lab.optimizers.common.mean_over_root import debiased_mean, over_root
from lab.optimizers.common.moments import (
    bias_corrected,
    squared,
    squares_like,
    update_moment,
    zeros_like,
)
from lab.optimizers.common.numbers import Decay, NonNegative, cast_like, like
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.common.trees import tree_sub
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float


@gradient_transformation
def scale_by_belief(
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-16,
    eps_root: NonNegative = 1e-16,
    *,
    nesterov: bool = False,
) -> optax.GradientTransformation:
    """Replace gradients by AdaBelief's direction m̂ / (√ŝ + ε): see `adabelief`."""

    def init(params):
        return ScaleByAdamState(counter.zero(), zeros_like(params), squares_like(params))

    def update(updates, state, params=None):  # Zhuang et al., algorithm 2
        del params
        t = counter.safe_increment(state.count)
        mu = update_moment(b1, updates, state.mu)  # m_t
        surprise = squared(tree_sub(updates, mu))  # (g_t − m_t)²
        nu = jax.tree.map(
            lambda s: s + like(eps_root, s), update_moment(b2, surprise, state.nu)
        )  # s_t
        mu_hat = debiased_mean(updates, mu, b1, t, nesterov=nesterov)  # m̂_t
        direction = over_root(mu_hat, bias_corrected(nu, b2, t), eps)
        return direction, cast_like(ScaleByAdamState(t, mu, nu), state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def adabelief(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-16,
    eps_root: NonNegative = 1e-16,
    *,
    nesterov: bool = False,
) -> optax.GradientTransformationExtraArgs:
    """AdaBelief: momentum, divided by how far gradients stray from it.

        m ← (1 − β₁) g + β₁ m,                 m̂ = m / (1 − β₁ᵗ)
        s ← (1 − β₂) (g − m)² + β₂ s + ε̄,      ŝ = s / (1 − β₂ᵗ)
        w ← w − η m̂ / (√ŝ + ε)

    Long steps where the gradient is as expected, even a large one; short steps where it jumps.
    Steps may be much longer than η, unlike Adam's, on a slope that does not change; larger ε̄
    (1e-8 and more) tames it. ε̄ is added at every update and so grows to ε̄ / (1 − β₂), as in the
    paper.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the mean.
      b2: β₂, memory of the surprise.
      eps: ε, outside the root.
      eps_root: ε̄, inside the average.
      nesterov: Whether m̂ looks one step ahead: see `nadam`.

    Returns:
      The transformation. Memory: m and s.

    References:
      Zhuang et al., AdaBelief optimizer: adapting stepsizes by the belief in observed gradients,
      2020, algorithm 2.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.adabelief(learning_rate=0.1)
      >>> gradient = jnp.array([4.0, -0.01])
      >>> updates, state = rule.update(gradient, rule.init(gradient))
      >>> print(updates.round(2))
      [-0.11  0.11]
    """
    return optax.chain(
        scale_by_belief(b1, b2, eps, eps_root, nesterov=nesterov),
        scale_by_learning_rate(learning_rate),
    )


PARTS = (scale_by_belief,)
ENTRIES = (
    OptimizerEntry(
        name="adabelief",
        by_hand=adabelief,
        via_optax=optax.adabelief,
        search_space={"learning_rate": Float(1e-5, 1e-1, log=True)},
        reference="Zhuang et al. 2020, algorithm 2",
        state_slots=2,
        padding_safe=True,
        rule="m ← (1 − β₁) g + β₁ m;  s ← (1 − β₂) (g − m)² + β₂ s + ε̄;  w ← w − η m̂ / (√ŝ + ε)",
    ),
)
