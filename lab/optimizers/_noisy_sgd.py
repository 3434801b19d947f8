"""Gradient descent with annealed noise."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.errors import require
from lab.optimizers import _counter as counter
from lab.optimizers._learning_rate import scale_by_learning_rate
from lab.optimizers._numbers import Number, like
from lab.spaces import LogRange


class AnnealedNoiseState(NamedTuple):
    """Where the noise is in its stream."""

    count: jax.Array  # int32 []: t, updates taken so far
    rng_key: jax.Array  # key []: of the draws to come


def _annealed_noise(eta: Number, gamma: Number, key: Any) -> optax.GradientTransformation:
    """Add normal noise of variance η / tᵞ, t = 1, 2, …"""

    def typed(key):
        if isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
            return key
        return jax.random.key(key)

    def deviation(t):
        exponent = jnp.asarray(gamma)
        power = jax.lax.pow(t.astype(exponent.dtype), exponent)
        return jnp.sqrt(like(eta, power) / power)

    def init(params):
        del params
        return AnnealedNoiseState(counter.zero(), typed(key))

    def update(updates, state, params=None):
        del params
        t = counter.one_more(state.count)
        following, now = jax.random.split(state.rng_key)
        leaves, structure = jax.tree.flatten(updates)
        keys = jax.random.split(now, len(leaves))
        sigma = deviation(t)
        noisy = [
            g + like(sigma, g) * jax.random.normal(k, g.shape, g.dtype)
            for g, k in zip(leaves, keys, strict=True)
        ]
        return jax.tree.unflatten(structure, noisy), AnnealedNoiseState(t, following)

    return optax.GradientTransformation(init, update)


def noisy_sgd(
    learning_rate: optax.ScalarOrSchedule,
    eta: Number = 0.01,
    gamma: Number = 0.55,
    key: Any = None,
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
      key: What the noise is a function of: a key or an integer; None for 0. It goes into the
        state at `init` and is not read again.
      seed: The former name of `key`; not both.

    Returns:
      The transformation. Memory: a key. The noise is optax's, bit for bit.

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
    require(key is None or seed is None, "give key or its former name seed, not both.")
    given = seed if key is None else key
    return optax.chain(
        _annealed_noise(eta, gamma, 0 if given is None else given),
        scale_by_learning_rate(learning_rate),
    )


ENTRIES = (
    OptimizerEntry(
        name="noisy_sgd",
        by_hand=noisy_sgd,
        via_optax=optax.noisy_sgd,
        search_space={"learning_rate": LogRange(1e-3, 1e1)},
        reference="Neelakantan et al. 2015, section 3, equation 1",
        state_slots=0,
        rule="w ← w − η (g + σ ξ), ξ ~ N(0, 1), σ² = η′ / tᵞ",
        needs=frozenset({"key"}),
    ),
)
