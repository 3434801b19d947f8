"""MoMo: momentum with a step as long as the loss says it may be."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
import optax.contrib

from lab.catalog import OptimizerEntry
from lab.optimizers.common import counter
from lab.optimizers.common.model_step import Model, model_step, moved
from lab.optimizers.common.moments import update_moment, zeros_like
from lab.optimizers.common.numbers import Decay, NonNegative, Number, cast_like, like
from lab.optimizers.common.scalars import scalar, scalar_dtype
from lab.optimizers.common.scheduled import at
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.common.trees import tree_squared_norm, tree_vdot
from lab.spaces import Float
from lab.validation.errors import InputError


class MomoState(NamedTuple):
    """Running means of gradients, losses and their products."""

    exp_avg: Any  # d: mean gradient, shaped as the parameters
    barf: jax.Array  # float []: f̄, mean loss
    gamma: jax.Array  # float []: γ, mean of ⟨g, w⟩
    lb: jax.Array  # float []: f*, the lower bound
    count: jax.Array  # int32 []: updates taken so far


@gradient_transformation
def momo(
    learning_rate: optax.ScalarOrSchedule = 1.0,
    beta: Decay = 0.9,
    lower_bound: Number = 0.0,
    weight_decay: NonNegative = 0.0,
    adapt_lower_bound: bool = False,
) -> optax.GradientTransformationExtraArgs:
    """MoMo: SGD with momentum and a Polyak step; `update` needs `value=`, the loss of the batch.

        d ← (1 − β) g + β d,    f̄ ← (1 − β) f + β f̄,    γ ← (1 − β) ⟨g, w⟩ + β γ
        τ = min(η, ((1 + η λ) (f̄ − f* − γ) + ⟨d, w⟩)₊ / ‖d‖²)
        w ← (w − τ d) / (1 + η λ)                    (lemma 3.1)

    The averages are a linear model of the loss, and the step goes to where the model reaches its
    lower bound f*, at rate η at most. Less sensitive than SGD to a rate that is too large: take a
    large one. The first gradient and loss start the averages.

    Args:
      learning_rate: η; a number or a schedule.
      beta: β, memory of the averages.
      lower_bound: f*; 0 for most losses.
      weight_decay: λ of λ/2 ‖w‖², taken proximally; in optax the step is not divided.
      adapt_lower_bound: Whether f* is estimated on the way, from `lower_bound` up.

    Returns:
      The transformation, whose `update` needs the parameters and `value`. Memory: d.

    References:
      Schaipp et al., MoMo: momentum models for adaptive learning rates, 2023, algorithms 1 and 3.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.momo()
      >>> params = jnp.array([1.0, -2.0])
      >>> loss, gradient = jnp.sum(params**2), 2 * params
      >>> updates, _ = rule.update(gradient, rule.init(params), params, value=loss)
      >>> print(updates)  # half-way: Polyak's step
      [-0.5  1. ]
    """

    def init(params):
        dtype = scalar_dtype(params)
        zero = scalar(0.0, dtype)
        return MomoState(zeros_like(params), zero, zero, scalar(lower_bound, dtype), counter.zero())

    def update(updates, state, params=None, *, value=None, **extra):
        del extra
        if params is None or value is None:
            raise InputError("momo needs update(updates, state, params, value=loss).")
        dtype = state.barf.dtype
        beta_t = jnp.where(state.count == 0, 0.0, beta)
        d = cast_like(update_moment(beta_t, updates, state.exp_avg), state.exp_avg)
        f = update_moment(beta_t, scalar(value, dtype), state.barf)
        gamma = update_moment(beta_t, tree_vdot(updates, params, dtype), state.gamma)
        d2, along = tree_squared_norm(d, dtype), tree_vdot(d, params, dtype)
        rate = scalar(at(learning_rate, state.count), dtype)
        decayed = 1 + rate * like(weight_decay, rate)
        floor = scalar(lower_bound, dtype) if adapt_lower_bound else None
        model = Model(f, gamma, along, d2, scalar(1.0, dtype))
        tau, bound = model_step(model, rate, decayed, state.lb, floor)
        new = MomoState(d, f, gamma, bound, counter.safe_increment(state.count))
        return moved(params, d, tau, decayed), new

    return optax.GradientTransformationExtraArgs(init, update)


ENTRIES = (
    OptimizerEntry(
        name="momo",
        by_hand=momo,
        via_optax=optax.contrib.momo,
        search_space={"learning_rate": Float(1e-2, 1e2, log=True)},
        reference="Schaipp et al. 2023, algorithms 1 and 3",
        state_slots=1,
        rule="w ← w − min(η, (f̄ + ⟨d, w⟩ − γ − f*)₊ / ‖d‖²) d;  d, f̄, γ means of g, f, ⟨g, w⟩",
        needs=frozenset({"value"}),
    ),
)
