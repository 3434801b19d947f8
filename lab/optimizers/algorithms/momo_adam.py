"""MoMo-Adam: Adam with a step as long as the loss says it may be."""

from typing import Any, NamedTuple

import jax
import optax
import optax.contrib

from lab.catalog import OptimizerEntry
from lab.optimizers.common import counter
from lab.optimizers.common.mean_over_root import over_root
from lab.optimizers.common.model_step import Model, model_step, moved
from lab.optimizers.common.moments import (
    bias_corrected,
    bias_correction_factor,
    squared,
    squares_like,
    update_moment,
    zeros_like,
)
from lab.optimizers.common.numbers import Decay, NonNegative, Number, cast_like, like
from lab.optimizers.common.scalars import scalar, scalar_dtype
from lab.optimizers.common.scheduled import at
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.common.trees import tree_vdot
from lab.spaces import Float
from lab.validation.errors import InputError


class MomoAdamState(NamedTuple):
    """Adam's moments; running means of losses and of ⟨g, w⟩."""

    exp_avg: Any  # d: mean gradient, shaped as the parameters
    exp_avg_sq: Any  # v: mean squared gradient, shaped as the parameters
    barf: jax.Array  # float []: f̄, mean loss
    gamma: jax.Array  # float []: γ, mean of ⟨g, w⟩
    lb: jax.Array  # float []: f*, the lower bound
    count: jax.Array  # int32 []: t, updates taken so far


@gradient_transformation
def momo_adam(
    learning_rate: optax.ScalarOrSchedule = 1e-2,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-8,
    lower_bound: Number = 0.0,
    weight_decay: NonNegative = 0.0,
    adapt_lower_bound: bool = False,
) -> optax.GradientTransformationExtraArgs:
    """MoMo-Adam: Adam with a Polyak step; `update` needs `value=`, the loss of the batch.

        d ← (1 − β₁) g + β₁ d,    f̄ ← (1 − β₁) f + β₁ f̄,    γ ← (1 − β₁) ⟨g, w⟩ + β₁ γ
        v ← (1 − β₂) g² + β₂ v,    D = √(v / (1 − β₂ᵗ)) + ε,    b = 1 − β₁ᵗ
        τ = min(η / b, ((1 + η λ) (f̄ − b f* − γ) + ⟨d, w⟩)₊ / ⟨d, d / D⟩)
        w ← (w − τ d / D) / (1 + η λ)

    Adam's step wherever the loss allows it, a shorter one near the lower bound f*: Adam with a
    rate that may be too large. See `momo`.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the means.
      b2: β₂, memory of the mean square.
      eps: ε, outside the root.
      lower_bound: f*; 0 for most losses.
      weight_decay: λ of λ/2 ‖w‖² in the norm of D, taken proximally; in optax the step is not
        divided.
      adapt_lower_bound: Whether f* is estimated on the way, from `lower_bound` up.

    Returns:
      The transformation, whose `update` needs the parameters and `value`. Memory: d and v.

    References:
      Schaipp et al., MoMo: momentum models for adaptive learning rates, 2023, algorithms 2 and 3.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.momo_adam(learning_rate=0.1)
      >>> params = jnp.array([1.0, -2.0])
      >>> loss, gradient = jnp.sum(params**2), 2 * params
      >>> updates, _ = rule.update(gradient, rule.init(params), params, value=loss)
      >>> print(updates.round(3))
      [-0.1  0.1]
    """

    def init(params):
        dtype = scalar_dtype(params)
        return MomoAdamState(
            exp_avg=zeros_like(params),
            exp_avg_sq=squares_like(params),
            barf=scalar(0.0, dtype),
            gamma=scalar(0.0, dtype),
            lb=scalar(lower_bound, dtype),
            count=counter.zero(),
        )

    def update(updates, state, params=None, *, value=None, **extra):
        del extra
        if params is None or value is None:
            raise InputError("momo_adam needs update(updates, state, params, value=loss).")
        dtype = state.barf.dtype
        t = counter.safe_increment(state.count)
        d = cast_like(update_moment(b1, updates, state.exp_avg), state.exp_avg)
        f = update_moment(b1, scalar(value, dtype), state.barf)
        gamma = update_moment(b1, tree_vdot(updates, params, dtype), state.gamma)
        v = cast_like(update_moment(b2, squared(updates), state.exp_avg_sq), state.exp_avg_sq)

        direction = over_root(d, bias_corrected(v, b2, t), eps)  # d / D
        d2, along = tree_vdot(d, direction, dtype), tree_vdot(d, params, dtype)
        rate = scalar(at(learning_rate, state.count), dtype)
        decayed = 1 + rate * like(weight_decay, rate)
        b = scalar(bias_correction_factor(b1, t), dtype)
        floor = scalar(lower_bound, dtype) if adapt_lower_bound else None
        model = Model(f, gamma, along, d2, b)
        tau, bound = model_step(model, rate / b, decayed, state.lb, floor)
        return moved(params, direction, tau, decayed), MomoAdamState(d, v, f, gamma, bound, t)

    return optax.GradientTransformationExtraArgs(init, update)


ENTRIES = (
    OptimizerEntry(
        name="momo_adam",
        by_hand=momo_adam,
        via_optax=optax.contrib.momo_adam,
        search_space={"learning_rate": Float(1e-3, 1.0, log=True)},
        reference="Schaipp et al. 2023, algorithms 2 and 3",
        state_slots=2,
        rule="w ← w − min(η / b, (f̄ + ⟨d, w⟩ − γ − b f*)₊ / ⟨d, d / D⟩) d / D, D = √v̂ + ε",
        needs=frozenset({"value"}),
    ),
)
