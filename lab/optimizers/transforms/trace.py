"""Momentum: a decaying sum of gradients."""

from typing import Any, NamedTuple

import jax
import optax

from lab.optimizers.common.moments import short_moment_like
from lab.optimizers.common.numbers import FloatDType, NonNegative, cast_like, like, promote
from lab.optimizers.common.transformation import gradient_transformation


class TraceState(NamedTuple):
    """The velocity."""

    trace: Any  # shaped as the parameters


@gradient_transformation
def trace(
    decay: NonNegative, nesterov: bool = False, accumulator_dtype: FloatDType = None
) -> optax.GradientTransformation:
    """Replace gradients by their decaying sum (Sutskever et al. 2013, equations 1–4).

        v ← g + μ v
        u = v            (heavy ball)
        u = g + μ v      (Nesterov: the step that the next iteration would take with this g)

    Args:
      decay: μ, how much of the sum survives an update.
      nesterov: Whether to look ahead.
      accumulator_dtype: The dtype of v; None for that of the parameters (float32 for float16).

    Returns:
      The transformation, with one parameter-sized array of state.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> heavy_ball = optimizers.trace(0.5)
      >>> state = heavy_ball.init(jnp.zeros(2))
      >>> for _ in range(3):
      ...     velocity, state = heavy_ball.update(jnp.ones(2), state)
      >>> print(velocity)
      [1.75 1.75]
    """

    def plus_decayed(g, v):
        g, v = promote(g, like(decay, v) * v)
        return g + v

    def init(params):
        return TraceState(trace=short_moment_like(params, accumulator_dtype))

    def update(updates, state, params=None):
        del params
        velocity = jax.tree.map(plus_decayed, updates, state.trace)
        ahead = jax.tree.map(plus_decayed, updates, velocity) if nesterov else velocity
        return ahead, TraceState(trace=cast_like(velocity, state.trace))

    return optax.GradientTransformation(init, update)


PARTS = (trace,)
