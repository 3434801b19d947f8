"""Division by a running root mean square of gradients, or by their standard deviation."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common import counter
from lab.optimizers.common.moments import (
    bias_corrected,
    squared,
    squares_like,
    update_moment,
    zeros_like,
)
from lab.optimizers.common.numbers import Decay, NonNegative, Number, cast_like, like, promote
from lab.optimizers.common.transformation import gradient_transformation


class ScaleByRmsState(NamedTuple):
    """The averages; what a variant does not need is None, an empty tree."""

    count: Any  # int32 []: updates taken, with bias correction
    mu: Any  # mean gradient, shaped as the parameters, if centered
    nu: Any  # mean squared gradient, shaped as the parameters


def _scale_by_root(
    decay: Number,
    eps: Number,
    initial_scale: Number,
    eps_in_sqrt: bool,
    bias_correction: bool,
    centered: bool,
) -> optax.GradientTransformation:
    def init(params):
        return ScaleByRmsState(
            count=counter.zero() if bias_correction else None,
            mu=zeros_like(params) if centered else None,
            nu=squares_like(params, initial_scale),
        )

    def inverse_root(spread):
        if eps_in_sqrt:
            return jax.lax.rsqrt(spread + like(eps, spread))
        return 1 / (jnp.sqrt(spread) + like(eps, spread))

    def scaled(g, spread):
        inverse, g = promote(inverse_root(spread), g)
        return inverse * g

    def update(updates, state, params=None):
        del params
        count = counter.safe_increment(state.count) if bias_correction else None

        def unbiased(mean):
            return mean if count is None else bias_corrected(mean, decay, count)

        mu = update_moment(decay, updates, state.mu) if centered else None
        nu = update_moment(decay, squared(updates), state.nu)
        spread = unbiased(nu)
        if centered:
            # The variance E[g²] − |E[g]|²; rounding may take it below zero, and its root to NaN.
            mean2 = squared(unbiased(mu))
            spread = jax.tree.map(lambda v, m2: jnp.maximum(v - m2, 0), spread, mean2)
        new = ScaleByRmsState(count, mu, nu)
        return jax.tree.map(scaled, updates, spread), cast_like(new, state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def scale_by_rms(
    decay: Decay = 0.9,
    eps: NonNegative = 1e-8,
    initial_scale: NonNegative = 0.0,
    eps_in_sqrt: bool = True,
    bias_correction: bool = False,
) -> optax.GradientTransformation:
    """Divide by the root of the running mean of squared gradients: see `rmsprop`."""
    return _scale_by_root(decay, eps, initial_scale, eps_in_sqrt, bias_correction, False)


@gradient_transformation
def scale_by_stddev(
    decay: Decay = 0.9,
    eps: NonNegative = 1e-8,
    initial_scale: NonNegative = 0.0,
    eps_in_sqrt: bool = True,
    bias_correction: bool = False,
) -> optax.GradientTransformation:
    """Divide by the running standard deviation of gradients: see `rmsprop`, centered."""
    return _scale_by_root(decay, eps, initial_scale, eps_in_sqrt, bias_correction, True)


PARTS = (scale_by_rms, scale_by_stddev)
