"""The direction of Adam and its kin: a mean gradient over a root mean square."""

from typing import Any

import jax
import jax.numpy as jnp

from lab.optimizers.common import counter
from lab.optimizers.common.moments import bias_corrected, update_moment
from lab.optimizers.common.numbers import Number, like, promote


def debiased_mean(
    gradient: Any, mean: Any, decay: Number, t: jax.Array, *, nesterov: bool = False
) -> Any:
    """m̂, the mean over the weights it has seen; `nesterov`, what it would be an update later.

        m̂ = m / (1 − βᵗ)
        m̂ = (1 − β) g / (1 − βᵗ) + β m / (1 − βᵗ⁺¹)     (`nesterov`)

    The second gives the next mean the present gradient: Dozat (2016), algorithm 2 with constant μ.
    """
    if not nesterov:
        return bias_corrected(mean, decay, t)
    ahead = bias_corrected(mean, decay, counter.safe_increment(t))
    return update_moment(decay, bias_corrected(gradient, decay, t), ahead)


def over_root(mean: Any, square: Any, eps: Number, eps_root: Number = 0.0) -> Any:
    """Every m / (√(v + ε̄) + ε)."""

    def leaf(m, v):
        m, root = promote(m, jnp.sqrt(v + like(eps_root, v)) + like(eps, v))
        return m / root

    return jax.tree.map(leaf, mean, square)
