"""RAdam: Adam that waits until its root mean square can be trusted."""

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.adam import ScaleByAdamState
from lab.optimizers.common import counter
from lab.optimizers.common.mean_over_root import debiased_mean
from lab.optimizers.common.moments import (
    bias_corrected,
    squared,
    squares_like,
    update_moment,
    zeros_like,
)
from lab.optimizers.common.numbers import Decay, NonNegative, Number, cast_like, like
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.errors import require


@gradient_transformation
def scale_by_radam(
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-8,
    eps_root: NonNegative = 0.0,
    threshold: Number = 5.0,
    *,
    nesterov: bool = False,
) -> optax.GradientTransformation:
    """Replace gradients by RAdam's direction r m̂ / (√v̂ + ε), or m̂ at first: see `radam`."""
    for name, number, least in (("b2", b2, 0.6), ("threshold", threshold, 4.0)):
        known = isinstance(number, float)
        require(not known or number >= least, f"{name} must be at least {least}, given {number}.")

    def rectified(rho, limit):
        """r_t; where ρ_t is too small for a variance, that of a harmless ρ."""
        rho = jnp.where(rho > 4, rho, 5.0)
        return jnp.sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho))

    def init(params):
        return ScaleByAdamState(counter.zero(), zeros_like(params), squares_like(params))

    def update(updates, state, params=None):  # Liu et al., algorithm 2
        del params
        t = counter.safe_increment(state.count)
        mu = update_moment(b1, updates, state.mu)  # m_t
        nu = update_moment(b2, squared(updates), state.nu)  # v_t
        limit = 2 / (1 - b2) - 1  # ρ_∞
        faded = jax.lax.pow(jnp.asarray(b2), t)
        rho = jnp.asarray(limit - 2 * t.astype(faded.dtype) * faded / (1 - faded))  # ρ_t
        r, known = rectified(rho, limit), rho >= like(threshold, rho)
        mu_hat = debiased_mean(updates, mu, b1, t, nesterov=nesterov)  # m̂_t

        def direction(m, v):
            root = jnp.sqrt(v + like(eps_root, v)) + like(eps, v)
            return jnp.where(known, like(r, m) * m / root.astype(m.dtype), m)

        new = ScaleByAdamState(t, mu, nu)
        return jax.tree.map(direction, mu_hat, bias_corrected(nu, b2, t)), cast_like(new, state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def radam(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-8,
    eps_root: NonNegative = 0.0,
    threshold: Number = 5.0,
    *,
    nesterov: bool = False,
) -> optax.GradientTransformationExtraArgs:
    """RAdam: Adam with a warm-up derived from how little v knows at first.

        m̂, v̂ as in Adam
        ρ_∞ = 2 / (1 − β₂) − 1,   ρ = ρ_∞ − 2 t β₂ᵗ / (1 − β₂ᵗ)
        r = √((ρ − 4) (ρ − 2) ρ_∞ / ((ρ_∞ − 4) (ρ_∞ − 2) ρ))
        w ← w − η r m̂ / (√(v̂ + ε̄) + ε)   if ρ ≥ `threshold`
        w ← w − η m̂                        otherwise

    ρ is the number of gradients that v averages, r makes up for the variance of 1 / √v̂ at that
    many. Where one would otherwise try Adam with a linear warm-up of 2 / (1 − β₂) updates. The
    first few updates are plain momentum, whose size is that of the gradient. The authors' code
    adds ε to √v; here it is added to √v̂, as in Adam.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the mean.
      b2: β₂, memory of the mean square; at least 0.6, where ρ_∞ is 4.
      eps: ε, outside the root.
      eps_root: ε̄, inside the root.
      threshold: The ρ from which v̂ is used; at least 4, below which its variance is infinite.
      nesterov: Whether m̂ looks one step ahead: see `nadam`.

    Returns:
      The transformation. Memory: m and v. In float32 ρ is a small difference of large numbers:
      with β₂ = 0.999 r has a relative error of 1e-2 at the first rectified update, 1e-5 later.

    References:
      Liu et al., On the variance of the adaptive learning rate and beyond, 2020, algorithm 2.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.radam(learning_rate=0.1)
      >>> gradient = jnp.array([4.0, -0.01])
      >>> updates, state = rule.update(gradient, rule.init(gradient))
      >>> print(updates.round(3))
      [-0.4    0.001]
    """
    return optax.chain(
        scale_by_radam(b1, b2, eps, eps_root, threshold, nesterov=nesterov),
        scale_by_learning_rate(learning_rate),
    )


PARTS = (scale_by_radam,)
ENTRIES = (
    OptimizerEntry(
        name="radam",
        by_hand=radam,
        via_optax=optax.radam,
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Liu et al. 2020, algorithm 2",
        state_slots=2,
        padding_safe=True,
        rule="w ← w − η r m̂ / (√v̂ + ε), r from ρ; w ← w − η m̂ while ρ < 5",
    ),
)
