"""Prodigy: Adam that estimates its own learning rate."""

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
from lab.optimizers.common.trees import tree_add, tree_l1_norm, tree_scale, tree_sub, tree_vdot
from lab.spaces import Float


class ProdigyState(NamedTuple):
    """Adam's moments of d·g, and the estimate d with what it is made of."""

    exp_avg: Any  # m, shaped as the parameters
    exp_avg_sq: Any  # v, shaped as the parameters
    grad_sum: Any  # s, shaped as the parameters
    params0: Any  # w₀, the first parameters
    estim_lr: jax.Array  # float []: d
    numerator_weighted: jax.Array  # float []: r
    count: jax.Array  # int32 []: updates taken so far


@gradient_transformation
def prodigy(
    learning_rate: optax.ScalarOrSchedule = 1.0,
    betas: tuple[Decay, Decay] = (0.9, 0.999),
    beta3: Decay | None = None,
    eps: NonNegative = 1e-8,
    estim_lr0: Positive = 1e-6,
    estim_lr_coef: NonNegative = 1.0,
    weight_decay: NonNegative = 0.0,
    safeguard_warmup: bool = False,
) -> optax.GradientTransformationExtraArgs:
    """Prodigy: AdamW whose learning rate grows to the distance from the first point to a solution.

        γ = η d √(1 − β₂ᵗ) / (1 − β₁ᵗ)
        r ← β₃ r + γ (d / d₀) ⟨g, w₀ − w⟩
        s ← β₃ s + γ (d / d₀) g
        m ← β₁ m + (1 − β₁) d g,    v ← β₂ v + (1 − β₂) d² g²
        w ← w − γ (m / (√v + d ε) + λ w)
        d ← max(d, c r / ‖s‖₁)                   (from the next update on)

    The gradient tells how far from w₀ a solution is at least. For when nothing is to be tuned:
    leave η at 1, with a schedule that decays to zero. ε is multiplied by the old d, as in the
    paper; by the new one in optax and in the authors' code. A gradient of zero changes no d.

    The correction √(1 − β₂ᵗ) / (1 − β₁ᵗ) is off by default in the authors' code
    (`use_bias_correction`), and not in the paper: without it the first steps are
    (1 − β₁) / √(1 − β₂), about three times, as long.

    Args:
      learning_rate: η; a number or a schedule.
      betas: (β₁, β₂), memories of the mean and of the mean square.
      beta3: β₃, memory of the estimate; None for √β₂.
      eps: ε, outside the root.
      estim_lr0: d₀ > 0, the first estimate: too small costs a few updates, too large diverges.
      estim_lr_coef: c.
      weight_decay: λ, decoupled.
      safeguard_warmup: Leaves γ out of s, so that a warm-up of η does not make d too large.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: m, v, s and w₀.

    References:
      Mishchenko & Defazio, Prodigy: an expeditiously adaptive parameter-free learner, 2023,
      algorithm 4; corrections of the start and weight decay as in its implementation.

    Example:
      >>> import jax, jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule, params = optimizers.prodigy(), jnp.array([1.0, -2.0])
      >>> state = rule.init(params)
      >>> for _ in range(100):
      ...     updates, state = jax.jit(rule.update)(2 * params, state, params)
      ...     params = params + updates
      >>> print(bool(state.estim_lr > 0.1), bool(jnp.all(jnp.abs(params) < 0.5)))
      True True
    """
    b1, b2 = betas
    b3 = b2**0.5 if beta3 is None else beta3

    def init(params):
        dtype = scalar_dtype(params)
        m, s, w0 = zeros_like(params), zeros_like(params), jax.tree.map(jnp.asarray, params)
        d, r = scalar(estim_lr0, dtype), scalar(0.0, dtype)
        return ProdigyState(m, squares_like(params), s, w0, d, r, counter.zero())

    def update(updates, state, params=None, **extra):
        del extra
        params = require_params(params, "prodigy")
        d, dtype = state.estim_lr, state.estim_lr.dtype
        t = counter.safe_increment(state.count)
        seen1, seen2 = (scalar(bias_correction_factor(b, t), dtype) for b in betas)
        gamma = d * scalar(at(learning_rate, state.count), dtype) * (jnp.sqrt(seen2) / seen1)
        growth = d / like(estim_lr0, d)
        weight = growth * (d if safeguard_warmup else gamma)
        ahead = tree_vdot(updates, tree_sub(state.params0, params), dtype)
        r = like(b3, d) * state.numerator_weighted + growth * gamma * ahead
        s = tree_add(
            tree_scale(b3, state.grad_sum), tree_scale(weight, cast_like(updates, state.grad_sum))
        )
        m = update_moment(b1, tree_scale(d, updates), state.exp_avg)
        v = update_moment(b2, squared(tree_scale(d, updates)), state.exp_avg_sq)
        step = tree_add(over_root(m, v, d * like(eps, d)), tree_scale(weight_decay, params))
        estimate = safe_divide(like(estim_lr_coef, r) * r, tree_l1_norm(s, dtype))
        new = ProdigyState(m, v, s, state.params0, jnp.maximum(d, estimate), r, t)
        return tree_scale(-gamma, step), cast_like(new, state)

    return optax.GradientTransformationExtraArgs(init, update)


ENTRIES = (
    OptimizerEntry(
        name="prodigy",
        by_hand=prodigy,
        via_optax=optax.contrib.prodigy,
        search_space={"learning_rate": Float(1e-2, 1e1, log=True)},
        reference="Mishchenko & Defazio 2023, algorithm 4",
        state_slots=4,
        rule="w ← w − η d m̂ / (√v̂ + d ε);  d ← max(d, r / ‖s‖₁), "
        "r and s sums of ⟨g, w₀ − w⟩ and of g",
    ),
)
