"""Annealed noise as a link of a chain."""

from typing import Any

import optax

from lab.errors import require
from lab.optimizers._noisy_sgd import _annealed_noise
from lab.optimizers._numbers import Number


def add_noise(
    eta: Number, gamma: Number, key: Any = None, *, seed: int | None = None
) -> optax.GradientTransformation:
    """Add Gaussian noise that dies out: u ← u + σ ξ with ξ ~ N(0, 1), σ² = η / tᵞ, t = 1, 2, …

    Args:
      eta: η, the variance at the first update.
      gamma: γ; 0.55 in the paper.
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
      >>> rule = optimizers.add_noise(eta=0.01, gamma=0.55, key=0)
      >>> updates, _ = rule.update(jnp.zeros(10_000), rule.init(None))
      >>> print(f"{updates.std():.1f}")
      0.1
    """
    require(key is None or seed is None, "give key or its former name seed, not both.")
    given = seed if key is None else key
    return _annealed_noise(eta, gamma, 0 if given is None else given)


PARTS = (add_noise,)
