"""Optimistic Adam."""

import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.adam import scale_by_adam
from lab.optimizers.common.numbers import Decay, FloatDType, NonNegative, Number
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.optimizers.transforms.scale_by_optimistic_gradient import scale_by_optimistic_gradient
from lab.spaces import Float


@gradient_transformation
def optimistic_adam_v2(
    learning_rate: optax.ScalarOrSchedule,
    *,
    alpha: Number = 1.0,
    beta: Number = 1.0,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-08,
    eps_root: NonNegative = 0.0,
    mu_dtype: FloatDType = None,
    nesterov: bool = True,
) -> optax.GradientTransformationExtraArgs:
    """Optimistic Adam: Adam's direction, and its last change once more.

        r = m̂ / (√(v̂ + ε̄) + ε)                (Adam's, with Nesterov momentum)
        w ← w − η (α r + β (r − r₋₁))

    For games: see `optimistic_gradient_descent`. The paper's is α = β = 1 without Nesterov, and
    its r before the first is 0, so that its first step is −2 η r; here the first r₋₁ is r and that
    step −η α r, and `nesterov` is on by default, both as in optax.

    Args:
      learning_rate: η; a number or a schedule.
      alpha: α, weight of the direction.
      beta: β, weight of its last change.
      b1: β₁, memory of the mean.
      b2: β₂, memory of the mean square.
      eps: ε, outside the root.
      eps_root: ε̄, inside the root.
      mu_dtype: The dtype of m; None for the parameters', of 32 bits at least.
      nesterov: Whether m̂ looks one step ahead: see `nadam`.

    Returns:
      The transformation. Memory: m, v and r₋₁.

    References:
      Daskalakis et al., Training GANs with optimism, 2018, algorithm 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.optimistic_adam_v2(learning_rate=0.1, nesterov=False)
      >>> gradient = jnp.array([4.0, -0.01])
      >>> updates, state = rule.update(gradient, rule.init(gradient))
      >>> print(updates.round(3))
      [-0.1  0.1]
    """
    return optax.chain(
        scale_by_adam(b1, b2, eps, eps_root, mu_dtype, nesterov=nesterov),
        scale_by_optimistic_gradient(alpha, beta),
        scale_by_learning_rate(learning_rate),
    )


ENTRIES = (
    OptimizerEntry(
        name="optimistic_adam_v2",
        by_hand=optimistic_adam_v2,
        via_optax=optax.optimistic_adam_v2,
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Daskalakis et al. 2018, algorithm 1",
        state_slots=3,
        rule="w ← w − η (α r + β (r − r₋₁)), r Adam's direction",
    ),
)
