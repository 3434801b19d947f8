"""Sophia: momentum over a running diagonal of the Hessian, clipped."""

import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common.numbers import Decay, FloatDType, NonNegative, NonNegativeOrSchedule
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.optimizers.transforms.scale_by_sophia import HUTCHINSON, scale_by_sophia
from lab.spaces import Float
from lab.validation.kinds import Count, Mask, Whole


@gradient_transformation
def sophia(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.965,
    b2: Decay = 0.99,
    eps: NonNegative = 1e-8,
    weight_decay: NonNegativeOrSchedule = 1e-4,
    weight_decay_mask: Mask = None,
    gamma: NonNegative = 0.01,
    clip_threshold: NonNegative | None = 1.0,
    update_interval: Count = 10,
    hessian_diagonal_fn: optax.GradientTransformation = HUTCHINSON,
    mu_dtype: FloatDType = None,
    verbose: bool = False,
    print_win_rate_every_n_steps: Whole = 0,
) -> optax.GradientTransformationExtraArgs:
    """Sophia-H: Newton's step by a rough diagonal, with the rough part clipped.

        m ← (1 − β₁) g + β₁ m
        h ← (1 − β₂) s ∘ ∇²f(w) s + β₂ h,  random signs s     (at updates 1, k + 1, 2 k + 1, …)
        w ← w − η (clip(m / max(γ h, ε), ±c) + λ w)

    Where h is small, negative or wrong the step is the sign of m, as in Lion; where it is large,
    Newton's. Tune γ so that 10–50 % of steps are unclipped. The looks at the curvature cost about
    two gradients each; under `vmap` they are computed at every update. Neither m nor h is
    corrected for its start at zero; optax 0.2.8 corrects m, and looks after the step, whose h is
    then zero at first, so that its first k steps are signs.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the mean.
      b2: β₂, memory of the curvature, in looks.
      eps: ε, a floor under γ h.
      weight_decay: λ, decoupled; a number or a schedule.
      weight_decay_mask: Where weights decay: see `add_decayed_weights`.
      gamma: γ, scale of the curvature.
      clip_threshold: c; None for no clipping.
      update_interval: k.
      hessian_diagonal_fn: A transformation that replaces gradients by a diagonal; it is given
        the parameters and all extra arguments.
      mu_dtype: The dtype of m; None for the parameters', of 32 bits at least.
      verbose: Whether the share of unclipped steps is printed.
      print_win_rate_every_n_steps: How often; 0 for never.

    Returns:
      The transformation, whose `update` needs the parameters and `obj_fn(params) -> loss`.
      Memory: m and h.

    References:
      Liu et al., Sophia: a scalable stochastic second-order optimizer for language model
      pre-training, 2024, algorithms 1 and 3; signs in place of normal numbers, as in optax.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule, params = optimizers.sophia(learning_rate=0.1), jnp.array([1.0, -2.0])
      >>> updates, _ = rule.update(
      ...     2 * params, rule.init(params), params, obj_fn=lambda w: jnp.sum(w**2)
      ... )
      >>> print(updates.round(3))  # no curvature yet: signs
      [-0.1  0.1]
    """
    return optax.chain(
        scale_by_sophia(
            b1, b2, eps, gamma, clip_threshold, update_interval, hessian_diagonal_fn, mu_dtype,
            verbose, print_win_rate_every_n_steps,
        ),
        add_decayed_weights(weight_decay, weight_decay_mask),
        scale_by_learning_rate(learning_rate),
    )  # fmt: skip


ENTRIES = (
    OptimizerEntry(
        name="sophia",
        by_hand=sophia,
        via_optax=None,  # optax 0.2.8 corrects m, and looks at the curvature after the step
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Liu et al. 2024, algorithms 1 and 3",
        state_slots=2,
        rule="h ← mean of s ∘ ∇²f(w) s, random signs s;  w ← w − η clip(m / max(γ h, ε), ±c)",
        needs=frozenset({"objective"}),
        gradient_evaluations=1.2,
    ),
)
