"""Adam, with Nesterov momentum if asked for."""

from typing import Any, NamedTuple

import jax
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common import counter
from lab.optimizers.common.mean_over_root import debiased_mean, over_root
from lab.optimizers.common.moments import (
    bias_corrected,
    short_moment_like,
    squared,
    squares_like,
    update_moment,
)
from lab.optimizers.common.numbers import Decay, FloatDType, NonNegative, cast_like
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float


class ScaleByAdamState(NamedTuple):
    """The two moments."""

    count: jax.Array  # int32 []: t, updates taken so far
    mu: Any  # m: mean gradient, shaped as the parameters
    nu: Any  # v: mean squared gradient, shaped as the parameters


@gradient_transformation
def scale_by_adam(
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-8,
    eps_root: NonNegative = 0.0,
    mu_dtype: FloatDType = None,
    *,
    nesterov: bool = False,
) -> optax.GradientTransformation:
    """Replace gradients by Adam's direction m̂ / (√v̂ + ε): see `adam`."""

    def init(params):
        return ScaleByAdamState(
            counter.zero(), short_moment_like(params, mu_dtype), squares_like(params)
        )

    def update(updates, state, params=None):  # Kingma & Ba, algorithm 1
        del params
        t = counter.safe_increment(state.count)
        mu = update_moment(b1, updates, state.mu)  # m_t
        nu = update_moment(b2, squared(updates), state.nu)  # v_t
        mu_hat = debiased_mean(updates, mu, b1, t, nesterov=nesterov)  # m̂_t
        nu_hat = bias_corrected(nu, b2, t)  # v̂_t
        direction = over_root(mu_hat, nu_hat, eps, eps_root)
        return direction, cast_like(ScaleByAdamState(t, mu, nu), state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def adam(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-8,
    eps_root: NonNegative = 0.0,
    mu_dtype: FloatDType = None,
    *,
    nesterov: bool = False,
) -> optax.GradientTransformationExtraArgs:
    """Adam: momentum, divided by a running root mean square of the gradient.

        m ← (1 − β₁) g  + β₁ m,    m̂ = m / (1 − β₁ᵗ)
        v ← (1 − β₂) g² + β₂ v,    v̂ = v / (1 − β₂ᵗ)
        w ← w − η m̂ / (√(v̂ + ε̄) + ε)

    The usual first choice: insensitive to the scale of the loss, and a step is rarely longer than
    η per coordinate. ε is outside the bias-corrected root, as in optax and PyTorch; Keras adds it
    before the correction, which differs where |g| is not far above ε.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the mean.
      b2: β₂, memory of the mean square.
      eps: ε; larger values blend towards momentum.
      eps_root: ε̄, inside the root; positive if one differentiates through the update, whose
        gradient is NaN at v̂ = 0 otherwise.
      mu_dtype: The dtype of m; None for that of the parameters (float32 for float16).
      nesterov: Whether m̂ looks one step ahead: see `nadam`.

    Returns:
      The transformation. Memory: m and v.

    References:
      Kingma & Ba, Adam: a method for stochastic optimization, 2015, algorithm 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.adam(learning_rate=0.1)
      >>> gradient = jnp.array([4.0, -0.01])
      >>> updates, state = rule.update(gradient, rule.init(gradient))
      >>> print(updates.round(3))
      [-0.1  0.1]
    """
    return optax.chain(
        scale_by_adam(b1, b2, eps, eps_root, mu_dtype, nesterov=nesterov),
        scale_by_learning_rate(learning_rate),
    )


PARTS = (scale_by_adam,)
ENTRIES = (
    OptimizerEntry(
        name="adam",
        by_hand=adam,
        via_optax=optax.adam,
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Kingma & Ba 2015, algorithm 1",
        state_slots=2,
        padding_safe=True,
        rule="m ← (1 − β₁) g + β₁ m;  v ← (1 − β₂) g² + β₂ v;  w ← w − η m̂ / (√v̂ + ε)",
    ),
)
