"""Muon: momentum whose matrices are orthogonalized."""

from collections.abc import Callable
from typing import Any, Literal

import jax
import optax
import optax.contrib

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.adamw import adamw
from lab.optimizers.common import newton_schulz
from lab.optimizers.common.numbers import Decay, FloatDType, NonNegative, NonNegativeOrSchedule
from lab.optimizers.common.sides import dimension_numbers
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.optimizers.transforms.scale_by_muon import scale_by_muon, scale_by_shape
from lab.spaces import Float
from lab.validation.kinds import Mask, Tree, Whole


@gradient_transformation
def muon(
    learning_rate: optax.ScalarOrSchedule,
    ns_coeffs: str | Tree = newton_schulz.STANDARD,
    ns_steps: Whole = 5,
    beta: Decay = 0.95,
    eps: NonNegative = 1e-8,
    weight_decay: NonNegativeOrSchedule = 0.0,
    weight_decay_mask: Mask = None,
    mu_dtype: FloatDType = None,
    *,
    nesterov: bool = True,
    adaptive: bool = False,
    preconditioning: Literal["frobenius", "spectral", "aol", "schatten"] = "frobenius",
    adam_b1: Decay = 0.9,
    adam_b2: Decay = 0.999,
    adam_eps_root: NonNegative = 0.0,
    adam_weight_decay: NonNegativeOrSchedule = 0.0,
    adam_learning_rate: optax.ScalarOrSchedule | None = None,
    muon_weight_dimension_numbers: Tree | Callable[[Any], Any] = None,
    consistent_rms: NonNegative | None = None,
) -> optax.GradientTransformationExtraArgs:
    """Muon: every singular value of a matrix's step is about the same; the rest is Adam's.

        m ← (1 − β) g + β m,    m̂ = β m / (1 − βᵗ⁺¹) + (1 − β) g / (1 − βᵗ)     (Nesterov)
        O = U Vᵀ for m̂ = U S Vᵀ, nearly, by Newton–Schulz iteration: see `orthogonalize`
        W ← W − η (√max(1, out / in) O + λ W)

    Steepest descent where the size of a step is its spectral norm. Often the fastest rule on
    matrices; biases, other arrays of rank ≠ 2 and sometimes output layers are left to AdamW (with
    `eps` and `mu_dtype` of Muon's). Costs about 10 products of each matrix's size per update.

    Jordan's own code does not correct m for its start at zero: m̂ = β m + (1 − β) g. Without
    `nesterov` that is the same, as O does not depend on the length of m̂; with it the two part a
    little in the first 1 / (1 − β) updates. Nor is AdamW Nesterov's there, in which Muon's
    `nesterov` is used here.

    Args:
      learning_rate: η; a number or a schedule.
      ns_coeffs: (a, b, c) of the iteration, a row of them per step, or "standard" or "dion".
      ns_steps: Newton–Schulz iterations.
      beta: β, memory of the momentum.
      eps: Added to the norm that a matrix is divided by, and Adam's ε.
      weight_decay: λ of the matrices; a number or a schedule.
      weight_decay_mask: Where matrices decay: see `add_decayed_weights`.
      mu_dtype: The dtype of m; None for the parameters', of 32 bits at least.
      nesterov: Whether m̂ looks one step ahead; else m̂ = m / (1 − βᵗ).
      adaptive: Whether O is multiplied by ⟨m̂, O⟩, the dual norm (Bernstein & Newhouse 2024).
      preconditioning: How a matrix is first brought to norm 1: see `orthogonalize`.
      adam_b1: β₁ of AdamW.
      adam_b2: β₂ of AdamW.
      adam_eps_root: ε̄ of AdamW.
      adam_weight_decay: λ of AdamW.
      adam_learning_rate: η of AdamW; None for Muon's.
      muon_weight_dimension_numbers: How arrays are matrices: a tree (or a prefix, or a function
        of the parameters) of `optax.contrib.MuonDimensionNumbers`, None where an array is
        AdamW's; None instead of all makes Muon's what has rank 2.
      consistent_rms: Replaces √max(1, out / in) by this times √max(in, out).

    Returns:
      The transformation; `update` needs the parameters. Memory: m of matrices, m, v of the rest.

    References:
      Jordan et al., Muon: an optimizer for hidden layers in neural networks, 2024; Liu et al.,
      Muon is scalable for LLM training, 2025 (`weight_decay`, `consistent_rms`).

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.muon(learning_rate=0.1)
      >>> params = {"w": jnp.eye(2), "b": jnp.zeros(2)}
      >>> gradient = {"w": jnp.diag(jnp.array([4.0, -3.0])), "b": jnp.array([1.0, -0.01])}
      >>> updates, _ = rule.update(gradient, rule.init(params), params)
      >>> print(jnp.linalg.svd(updates["w"])[1].round(2))
      [0.11 0.07]
    """

    def numbers(params):
        return dimension_numbers(muon_weight_dimension_numbers, params)

    def label(p, n):
        by_rank = muon_weight_dimension_numbers is None
        return "muon" if n is not None and (p.ndim == 2 or not by_rank) else "adam"

    of_matrices = optax.chain(
        scale_by_muon(
            newton_schulz.coefficients(ns_coeffs), ns_steps, beta, eps, mu_dtype,
            nesterov=nesterov, adaptive=adaptive, preconditioning=preconditioning,
            weight_dimension_numbers=numbers,
        ),
        scale_by_shape(numbers, consistent_rms),
        add_decayed_weights(weight_decay, weight_decay_mask),
        scale_by_learning_rate(learning_rate),
    )  # fmt: skip
    rate = learning_rate if adam_learning_rate is None else adam_learning_rate
    of_the_rest = adamw(
        rate, adam_b1, adam_b2, eps, adam_eps_root, mu_dtype, adam_weight_decay, nesterov=nesterov
    )
    return optax.partition(
        {"muon": of_matrices, "adam": of_the_rest},
        lambda params: jax.tree.map(label, params, numbers(params)),
    )


ENTRIES = (
    OptimizerEntry(
        name="muon",
        by_hand=muon,
        via_optax=optax.contrib.muon,
        search_space={"learning_rate": Float(1e-3, 1.0, log=True)},
        reference="Jordan et al. 2024",
        state_slots=1,
        rule="m ← (1 − β) g + β m;  W ← W − η √max(1, out / in) U Vᵀ, where m̂ = U S Vᵀ",
    ),
)
