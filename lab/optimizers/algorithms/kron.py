"""Kron: momentum, whitened by a Kronecker product that is fitted by gradient steps."""

import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common.numbers import (
    Decay,
    FloatDType,
    NonNegative,
    NonNegativeOrSchedule,
    Positive,
    ProbabilityOrSchedule,
)
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_kron import falling_probability, scale_by_kron
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.kinds import KeyOrSeed, Mask, Whole


@gradient_transformation
def kron(
    learning_rate: optax.ScalarOrSchedule = 1e-3,
    b1: Decay = 0.9,
    weight_decay: NonNegativeOrSchedule = 0.0,
    mask: Mask = None,
    preconditioner_update_probability: ProbabilityOrSchedule = falling_probability,
    max_size_triangular: Whole = 8192,
    min_ndim_triangular: Whole = 2,
    preconditioner_lr: NonNegative = 0.1,
    preconditioner_init_scale: Positive = 1.0,
    mu_dtype: FloatDType = None,
    key: KeyOrSeed = None,
) -> optax.GradientTransformationExtraArgs:
    """PSGD Kron: a preconditioner P = QᵀQ of which P E[m mᵀ] P = I, fitted on the way.

        m ← (1 − β) g + β m,    m̂ = m / (1 − βᵗ)
        a = Q (m̂ + δ v),    b = Q⁻ᵀ v,    v ~ N(0, I), δ = max(√ε mean |m̂|, 10⁻⁹)
        Qᵢ ← Qᵢ − μ triu(A Aᵀ − B Bᵀ) Qᵢ / ‖A Aᵀ + B Bᵀ‖,  A and B unfolded along axis i
        u = QᵀQ m̂
        w ← w − η (u / max(1, rms(u) / 1.1) + λ w)

    Q = Q₁ ⊗ Q₂ ⊗ … has an upper triangle for every axis, or a diagonal. The two terms balance
    where a and b have equal covariances, and the steps are multiplications in the group of
    triangles: nothing is inverted, but by substitution. Like Shampoo, without its roots.

    Two things differ from psgd_jax. Factors are kept alike in size at every fit, there at one of a
    hundred by lot: Q is the same. And where mean |m̂| is below 3·10⁻⁶ (ε is float32's), δ has the
    floor of Li's later code: without it, Q overflows while all gradients of an array are zero.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β, memory of the mean.
      weight_decay: λ, decoupled; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.
      preconditioner_update_probability: p; Q is fitted at every ⌈1/p⌉-th update. A number or a
        schedule, of t = 1, 2, …; at first 1, from 500 to 4,000 falling to 0.03.
      max_size_triangular: Longer axes get diagonals.
      min_ndim_triangular: Arrays of fewer axes get diagonals.
      preconditioner_lr: μ.
      preconditioner_init_scale: Q at first, times I.
      mu_dtype: The dtype of m; None for the parameters', of 32 bits at least.
      key: What the probes v are a function of: a key or an integer; None for 0. It goes into the
        state at `init` and is not read again.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: m, and an n × n matrix (or
      a vector) per axis of n entries.

    References:
      Li, Preconditioned stochastic gradient descent, 2015; Preconditioner on matrix Lie group for
      SGD, 2018 (whitening); Stochastic Hessian fittings with Lie groups, 2024. Momentum, clipping
      and all numbers as in psgd_jax.

    Example:
      >>> import jax
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule, gradient = optimizers.kron(learning_rate=0.1), jnp.array([4.0, -0.5])
      >>> update, state = jax.jit(rule.update), rule.init(gradient)
      >>> for _ in range(300):
      ...     updates, state = update(gradient, state, gradient)
      >>> print(updates.round(1))
      [-0.1  0.1]
    """
    direction = scale_by_kron(
        b1, preconditioner_update_probability, max_size_triangular, min_ndim_triangular,
        preconditioner_lr, preconditioner_init_scale, mu_dtype, key,
    )  # fmt: skip
    return optax.chain(
        direction,
        add_decayed_weights(weight_decay, mask),
        scale_by_learning_rate(learning_rate),
    )


ENTRIES = (
    OptimizerEntry(
        name="kron",
        by_hand=kron,
        via_optax=None,
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Li 2015; Li 2018; numbers as in psgd_jax",
        state_slots=1,
        rule="w ← w − η QᵀQ m̂, Q a product of triangles fitted so that QᵀQ E[m mᵀ] QᵀQ = I",
        needs=frozenset({"key"}),
    ),
)
