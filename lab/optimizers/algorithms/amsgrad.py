"""AMSGrad: Adam whose root mean square never falls."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common import counter
from lab.optimizers.common.mean_over_root import over_root
from lab.optimizers.common.moments import (
    bias_corrected,
    moment_like,
    squared,
    squares_like,
    update_moment,
)
from lab.optimizers.common.numbers import Decay, FloatDType, NonNegative, cast_like, promote
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float


class ScaleByAmsgradState(NamedTuple):
    """The two moments, and the largest second one."""

    count: jax.Array  # int32 []: t, updates taken so far
    mu: Any  # m: mean gradient, shaped as the parameters
    nu: Any  # v: mean squared gradient, shaped as the parameters
    nu_max: Any  # largest v̂ so far, shaped as the parameters


@gradient_transformation
def scale_by_amsgrad(
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-8,
    eps_root: NonNegative = 0.0,
    mu_dtype: FloatDType = None,
    bias_correction_mu: bool = True,
    bias_correction_nu: bool = True,
) -> optax.GradientTransformation:
    """Replace gradients by AMSGrad's direction m̂ / (√max v̂ + ε): see `amsgrad`."""

    def init(params):
        nu, nu_max = squares_like(params), squares_like(params)
        return ScaleByAmsgradState(counter.zero(), moment_like(params, mu_dtype), nu, nu_max)

    def larger(old, now):
        return jnp.maximum(*promote(old, now))

    def update(updates, state, params=None):  # Reddi et al., algorithm 2
        del params
        t = counter.safe_increment(state.count)
        mu = update_moment(b1, updates, state.mu)  # m_t
        nu = update_moment(b2, squared(updates), state.nu)  # v_t
        mu_hat = bias_corrected(mu, b1, t) if bias_correction_mu else mu
        nu_hat = bias_corrected(nu, b2, t) if bias_correction_nu else nu
        nu_max = jax.tree.map(larger, state.nu_max, nu_hat)
        direction = over_root(mu_hat, nu_max, eps, eps_root)
        return direction, cast_like(ScaleByAmsgradState(t, mu, nu, nu_max), state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def amsgrad(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-8,
    eps_root: NonNegative = 0.0,
    mu_dtype: FloatDType = None,
    bias_correction_mu: bool = True,
    bias_correction_nu: bool = True,
) -> optax.GradientTransformationExtraArgs:
    """AMSGrad: Adam that never forgets its largest root mean square.

        m ← (1 − β₁) g  + β₁ m,    m̂ = m / (1 − β₁ᵗ)
        v ← (1 − β₂) g² + β₂ v,    v̂ = v / (1 − β₂ᵗ)
        v̄ ← max(v̄, v̂)
        w ← w − η m̂ / (√(v̄ + ε̄) + ε)

    The rate per coordinate can only fall, which mends the proof of Adam's convergence, and seldom
    changes a training. The paper corrects no bias; PyTorch and Keras take the maximum of v before
    its correction, here (and in optax) it is taken after.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the mean.
      b2: β₂, memory of the mean square.
      eps: ε, outside the root.
      eps_root: ε̄, inside the root.
      mu_dtype: The dtype of m; None for the parameters', of 32 bits at least.
      bias_correction_mu: False takes m for m̂.
      bias_correction_nu: False takes v for v̂, as in the paper.

    Returns:
      The transformation. Memory: m, v and v̄.

    References:
      Reddi, Kale & Kumar, On the convergence of Adam and beyond, 2018, algorithm 2.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.amsgrad(learning_rate=0.1)
      >>> gradient = jnp.array([4.0, -0.01])
      >>> updates, state = rule.update(gradient, rule.init(gradient))
      >>> print(updates.round(3))
      [-0.1  0.1]
    """
    return optax.chain(
        scale_by_amsgrad(b1, b2, eps, eps_root, mu_dtype, bias_correction_mu, bias_correction_nu),
        scale_by_learning_rate(learning_rate),
    )


PARTS = (scale_by_amsgrad,)
ENTRIES = (
    OptimizerEntry(
        name="amsgrad",
        by_hand=amsgrad,
        via_optax=optax.amsgrad,
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Reddi, Kale & Kumar 2018, algorithm 2",
        state_slots=3,
        padding_safe=True,
        rule="v̄ ← max(v̄, v̂);  w ← w − η m̂ / (√v̄ + ε), m̂ and v̂ as in Adam",
    ),
)
