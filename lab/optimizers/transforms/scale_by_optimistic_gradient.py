"""Optimism: the last change of the gradient is expected again."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common.moments import zeros_like
from lab.optimizers.common.numbers import Number, like, promote
from lab.optimizers.common.transformation import gradient_transformation


class ScaleByOptimisticGradientState(NamedTuple):
    """The gradient before."""

    is_initial_step: jax.Array  # bool []
    previous_gradient: Any  # shaped as the parameters


@gradient_transformation
def scale_by_optimistic_gradient(
    alpha: Number = 1.0, beta: Number = 1.0
) -> optax.GradientTransformation:
    """Replace gradients by (α + β) g − β g₋₁, where the first g₋₁ is g: see
    `optimistic_gradient_descent`.
    """

    def init(params):
        return ScaleByOptimisticGradientState(jnp.asarray(True), zeros_like(params))

    def update(updates, state, params=None):  # Mokhtari et al. 2019, equation 26
        del params

        def expected(g, previous):
            g, previous = promote(g, previous)
            previous = jnp.where(state.is_initial_step, g, previous)
            return like(alpha + beta, g) * g - like(beta, g) * previous

        # converted even to its own dtype, so that it is no longer weakly typed
        previous = jax.tree.map(
            lambda g, p: jax.lax.convert_element_type(g, p.dtype), updates, state.previous_gradient
        )
        new = ScaleByOptimisticGradientState(jnp.asarray(False), previous)
        return jax.tree.map(expected, updates, state.previous_gradient), new

    return optax.GradientTransformation(init, update)


PARTS = (scale_by_optimistic_gradient,)
