"""Nadam: Adam with Nesterov momentum."""

import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.adam import adam
from lab.optimizers.common.numbers import Decay, FloatDType, NonNegative
from lab.optimizers.common.transformation import gradient_transformation
from lab.spaces import Float


@gradient_transformation
def nadam(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-8,
    eps_root: NonNegative = 0.0,
    mu_dtype: FloatDType = None,
    *,
    nesterov: bool = True,
) -> optax.GradientTransformationExtraArgs:
    """Nadam: Adam that steps with the momentum of the next update.

        m ← (1 − β₁) g  + β₁ m
        v ← (1 − β₂) g² + β₂ v,    v̂ = v / (1 − β₂ᵗ)
        m̂ = (1 − β₁) g / (1 − β₁ᵗ) + β₁ m / (1 − β₁ᵗ⁺¹)
        w ← w − η m̂ / (√(v̂ + ε̄) + ε)

    To Adam what Nesterov is to heavy ball: the present gradient counts for more, which helps a
    little where momentum lags. β₁ is constant here; PyTorch and Keras warm it up by schedules of
    their own. The paper multiplies v̂ by another β₂, which nobody implements.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the mean.
      b2: β₂, memory of the mean square.
      eps: ε, outside the root.
      eps_root: ε̄, inside the root.
      mu_dtype: The dtype of m; None for that of the parameters (float32 for float16).
      nesterov: False gives Adam.

    Returns:
      The transformation. Memory: m and v.

    References:
      Dozat, Incorporating Nesterov momentum into Adam, 2016, algorithm 2.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.nadam(learning_rate=0.1)
      >>> gradient = jnp.array([4.0, -0.01])
      >>> updates, state = rule.update(gradient, rule.init(gradient))
      >>> print(updates.round(3))
      [-0.147  0.147]
    """
    return adam(learning_rate, b1, b2, eps, eps_root, mu_dtype, nesterov=nesterov)


ENTRIES = (
    OptimizerEntry(
        name="nadam",
        by_hand=nadam,
        via_optax=optax.nadam,
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Dozat 2016, algorithm 2",
        state_slots=2,
        padding_safe=True,
        rule="m̂ = (1 − β₁) g / (1 − β₁ᵗ) + β₁ m / (1 − β₁ᵗ⁺¹);  w ← w − η m̂ / (√v̂ + ε)",
    ),
)
