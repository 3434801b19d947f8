"""The step of MoMo: where a linear model of the loss meets its lower bound."""

import jax
import jax.numpy as jnp

from lab.optimizers._scalars import quotient


def model_step(gap: jax.Array, norm2: jax.Array, longest: jax.Array) -> jax.Array:
    """min(longest, gap₊ / norm2); 0 for a gradient of nothing."""
    step = jnp.minimum(longest, quotient(jnp.maximum(gap, 0), norm2))
    return jnp.where(norm2 <= jnp.finfo(float).eps, 0, step)


def lowered(bound: jax.Array, floor: jax.Array, cap: jax.Array, weight: jax.Array) -> jax.Array:
    """A lower bound that the model shows to be too high is halved, down to `floor`."""
    return jnp.where(cap < weight * bound, jnp.maximum(cap / (2 * weight), floor), bound)


def raised(
    model: jax.Array, tau: jax.Array, norm2: jax.Array, weight: jax.Array, floor: jax.Array
) -> jax.Array:
    """The model's value half-way along the step: the next lower bound, if above `floor`."""
    return jnp.maximum((model - 0.5 * tau * norm2) / weight, floor)
