"""The step of MoMo: to where a linear model of the loss meets its lower bound."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from lab.optimizers.common.numbers import like, promote
from lab.optimizers.common.scalars import safe_divide


class Model(NamedTuple):
    """The loss as running means of losses and gradients have it: f̄ − γ + ⟨d, w⟩ at w."""

    loss: jax.Array  # f̄, mean loss
    product: jax.Array  # γ, mean of ⟨g, w⟩ at the time
    along: jax.Array  # ⟨d, w⟩, for the mean gradient d
    norm2: jax.Array  # ‖d‖² in the norm of the step
    weight: jax.Array  # b, the sum of the weights in the means


def model_step(
    model: Model, longest: jax.Array, decayed: jax.Array, bound: jax.Array, floor: jax.Array | None
) -> tuple[jax.Array, jax.Array]:
    """τ = min(longest, ((1 + η λ) (f̄ − b f* − γ) + ⟨d, w⟩)₊ / ‖d‖²), and the next f*.

    Args:
      model: Of the loss. Where ‖d‖² is 0, so is τ.
      longest: η, or η / b.
      decayed: 1 + η λ.
      bound: f*.
      floor: Below which f* is not estimated; None takes f* for known.

    Returns:
      Both.
    """
    f, gamma, along, norm2, b = model
    if floor is not None:  # an f* that the model shows to be too high is halved
        cap, weight = decayed * (f - gamma) + along, decayed * b
        bound = jnp.where(cap < weight * bound, jnp.maximum(cap / (2 * weight), floor), bound)
    gap = decayed * (f - b * bound - gamma) + along
    tau = jnp.minimum(longest, safe_divide(jnp.maximum(gap, 0), norm2))
    if floor is not None:  # the next one is the model's value half-way along the step
        bound = jnp.maximum((f + along - gamma - 0.5 * tau * norm2) / b, floor)
    return tau, bound


def moved(params: Any, direction: Any, tau: jax.Array, decayed: jax.Array) -> Any:
    """(w − τ d) / (1 + η λ) − w: the step, and then the proximal map of λ/2 ‖w‖² (lemma 3.1)."""

    def leaf(d, w):
        d, w = promote(like(tau / decayed, d) * d, like(1 - 1 / decayed, w) * w)
        return -(w + d)

    return jax.tree.map(leaf, direction, params)
