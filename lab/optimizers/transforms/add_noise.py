"""Annealed noise as a link of a chain."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common import counter
from lab.optimizers.common.keys import typed_key
from lab.optimizers.common.numbers import NonNegative, like
from lab.optimizers.common.transformation import gradient_transformation
from lab.validation.errors import require
from lab.validation.kinds import KeyOrSeed


class AnnealedNoiseState(NamedTuple):
    """Where the noise is in its stream."""

    count: jax.Array  # int32 []: t, updates taken so far
    rng_key: jax.Array  # key []: of the draws to come


@gradient_transformation
def add_noise(
    eta: NonNegative, gamma: NonNegative, key: KeyOrSeed = None, *, seed: int | None = None
) -> optax.GradientTransformation:
    """Add Gaussian noise that dies out: u ← u + σ ξ with ξ ~ N(0, 1), σ² = η / tᵞ, t = 1, 2, …

    Args:
      eta: η, the variance at the first update.
      gamma: γ; 0.55 in the paper.
      key: What the noise is a function of: a key or an integer; None for 0. It goes into the
        state at `init` and is not read again.
      seed: The former name of `key`; not both.

    Returns:
      The transformation. Memory: a key. The noise is optax's, bit for bit; of 16-bit updates
      that of float32, rounded.

    References:
      Neelakantan et al., Adding gradient noise improves learning for very deep networks, 2015,
      section 3, equation 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.add_noise(eta=0.01, gamma=0.55, key=0)
      >>> updates, _ = rule.update(jnp.zeros(10_000), rule.init(None))
      >>> print(f"{updates.std():.1f}")
      0.1
    """
    require(key is None or seed is None, "give key or its former name seed, not both.")
    given = seed if key is None else key

    def deviation(t):
        exponent = jnp.asarray(gamma)
        power = jax.lax.pow(t.astype(exponent.dtype), exponent)
        return jnp.sqrt(like(eta, power) / power)

    def init(params):
        del params
        return AnnealedNoiseState(counter.zero(), typed_key(given))

    def update(updates, state, params=None):
        del params
        t = counter.safe_increment(state.count)
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


PARTS = (add_noise,)
