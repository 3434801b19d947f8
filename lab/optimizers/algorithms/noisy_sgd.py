"""Gradient descent with annealed noise."""

import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common.numbers import NonNegative
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_noise import add_noise
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.kinds import KeyOrSeed


@gradient_transformation
def noisy_sgd(
    learning_rate: optax.ScalarOrSchedule,
    eta: NonNegative = 0.01,
    gamma: NonNegative = 0.55,
    key: KeyOrSeed = None,
    *,
    seed: int | None = None,
) -> optax.GradientTransformationExtraArgs:
    """Gradient descent with Gaussian noise on the gradient, that dies out.

        σ² = η′ / tᵞ,   t = 1, 2, …
        w ← w − η (g + σ ξ),   ξ ~ N(0, 1)

    Noise that falls slowly helps very deep or badly initialized networks out of a poor start. At
    batch sizes of tens the gradient brings noise enough.

    Args:
      learning_rate: η; a number or a schedule.
      eta: η′, variance of the noise at the first update.
      gamma: γ, how fast the variance falls.
      key: What the noise is a function of: see `add_noise`.
      seed: The former name of `key`; not both.

    Returns:
      The transformation. Memory: a key.

    References:
      Neelakantan et al., Adding gradient noise improves learning for very deep networks, 2015,
      section 3, equation 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.noisy_sgd(learning_rate=0.1, key=0)
      >>> updates, state = rule.update(jnp.zeros(10_000), rule.init(jnp.zeros(10_000)))
      >>> print(f"{updates.std():.3f}")
      0.010
    """
    return optax.chain(add_noise(eta, gamma, key, seed=seed), scale_by_learning_rate(learning_rate))


ENTRIES = (
    OptimizerEntry(
        name="noisy_sgd",
        by_hand=noisy_sgd,
        via_optax=optax.noisy_sgd,
        search_space={"learning_rate": Float(1e-3, 1e1, log=True)},
        reference="Neelakantan et al. 2015, section 3, equation 1",
        state_slots=0,
        rule="w ← w − η (g + σ ξ), ξ ~ N(0, 1), σ² = η′ / tᵞ",
        needs=frozenset({"key"}),
    ),
)
