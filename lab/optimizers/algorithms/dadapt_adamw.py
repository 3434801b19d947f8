"""D-Adaptation of AdamW: the learning rate that the distance to a solution calls for."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
import optax.contrib

from lab.catalog import OptimizerEntry
from lab.optimizers.common import counter
from lab.optimizers.common.mean_over_root import over_root
from lab.optimizers.common.moments import (
    bias_correction_factor,
    squared,
    squares_like,
    update_moment,
    zeros_like,
)
from lab.optimizers.common.numbers import Decay, NonNegative, Positive, cast_like, like
from lab.optimizers.common.parameter_checks import require_params
from lab.optimizers.common.scalars import safe_divide, scalar, scalar_dtype
from lab.optimizers.common.scheduled import at
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.common.trees import tree_add, tree_l1_norm, tree_scale, tree_vdot
from lab.spaces import Float


class DAdaptAdamWState(NamedTuple):
    """Adam's moments, the first of γ g; and the estimate d with what it is made of."""

    exp_avg: Any  # m, shaped as the parameters
    exp_avg_sq: Any  # v, shaped as the parameters
    grad_sum: Any  # s, shaped as the parameters
    estim_lr: jax.Array  # float []: d
    numerator_weighted: jax.Array  # float []: r
    count: jax.Array  # int32 []: updates taken so far


@gradient_transformation
def dadapt_adamw(
    learning_rate: optax.ScalarOrSchedule = 1.0,
    betas: tuple[Decay, Decay] = (0.9, 0.999),
    eps: NonNegative = 1e-8,
    estim_lr0: Positive = 1e-6,
    weight_decay: NonNegative = 0.0,
) -> optax.GradientTransformationExtraArgs:
    """D-Adaptation: AdamW whose rate is a lower bound of the distance to a solution.

        γ = η d √(1 − β₂ᵗ) / (1 − β₁ᵗ)
        r ← √β₂ r + (1 − √β₂) γ ⟨g, s / (√v + ε)⟩
        m ← β₁ m + (1 − β₁) γ g,    v ← β₂ v + (1 − β₂) g²
        s ← √β₂ s + (1 − √β₂) γ g
        w ← w − m / (√v + ε) − γ λ w
        d ← max(d, r / ((1 − √β₂) ‖s‖₁))              (from the next update on)

    While gradients agree, s and with it the bound grow: by a factor per update at first. For when
    nothing is to be tuned: leave η at 1, with a schedule that decays to zero. `prodigy`, by the
    same authors, grows faster. Gradients of zero leave d as it is; in optax it is NaN for good
    where they come first.

    Args:
      learning_rate: η; a number or a schedule.
      betas: (β₁, β₂), memories of the mean and of the mean square.
      eps: ε, outside the root.
      estim_lr0: d > 0 at first: too small costs a few updates, too large diverges.
      weight_decay: λ, decoupled.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: m, v and s.

    References:
      Defazio & Mishchenko, Learning-rate-free learning by D-Adaptation, 2023, the Adam variant;
      correction of the start, √v of the update before in r, and weight decay as in its
      implementation.

    Example:
      >>> import jax, jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule, params = optimizers.dadapt_adamw(), jnp.array([1.0, -2.0])
      >>> state = rule.init(params)
      >>> for _ in range(200):
      ...     updates, state = jax.jit(rule.update)(2 * params, state, params)
      ...     params = params + updates
      >>> print(bool(state.estim_lr > 0.01), bool(jnp.all(jnp.abs(params) < 0.5)))
      True True
    """
    b1, b2 = betas
    root_b2 = b2**0.5

    def init(params):
        dtype = scalar_dtype(params)
        m, v, s = zeros_like(params), squares_like(params), zeros_like(params)
        return DAdaptAdamWState(
            m, v, s, scalar(estim_lr0, dtype), scalar(0.0, dtype), counter.zero()
        )

    def update(updates, state, params=None, **extra):
        del extra
        params = require_params(params, "dadapt_adamw")
        d, dtype = state.estim_lr, state.estim_lr.dtype
        t = counter.safe_increment(state.count)
        seen1, seen2 = (scalar(bias_correction_factor(b, t), dtype) for b in betas)
        gamma = d * scalar(at(learning_rate, state.count), dtype) * (jnp.sqrt(seen2) / seen1)
        agreed = tree_vdot(updates, over_root(state.grad_sum, state.exp_avg_sq, eps), dtype)
        r = update_moment(root_b2, gamma * agreed, state.numerator_weighted)
        step = tree_scale(gamma, updates)
        m = update_moment(b1, step, state.exp_avg)
        v = update_moment(b2, squared(updates), state.exp_avg_sq)
        s = update_moment(root_b2, step, state.grad_sum)
        estimate = safe_divide(r, scalar(1 - root_b2, dtype) * tree_l1_norm(s, dtype))
        decay = tree_scale(gamma * like(weight_decay, gamma), params)
        new = DAdaptAdamWState(m, v, s, jnp.maximum(d, estimate), r, t)
        return tree_scale(-1, tree_add(over_root(m, v, eps), decay)), cast_like(new, state)

    return optax.GradientTransformationExtraArgs(init, update)


ENTRIES = (
    OptimizerEntry(
        name="dadapt_adamw",
        by_hand=dadapt_adamw,
        via_optax=optax.contrib.dadapt_adamw,
        search_space={"learning_rate": Float(1e-2, 1e1, log=True)},
        reference="Defazio & Mishchenko 2023, Adam with D-Adaptation",
        state_slots=3,
        rule="w ← w − η d m̂ / (√v̂ + ε);  d ← max(d, r / ‖s‖₁), "
        "r and s averages of η d ⟨g, s / √v⟩ and of η d g",
    ),
)
