"""Schedule-free learning: averaging in place of momentum and of a decaying rate."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common import counter
from lab.optimizers.common.numbers import FloatDType, Number, OpenShare, cast_like, like, wide_dtype
from lab.optimizers.common.scalars import safe_divide, scalar, scalar_dtype
from lab.optimizers.common.scheduled import at
from lab.optimizers.common.states import evaluation_point
from lab.optimizers.common.transformation import gradient_transformation, wrapped
from lab.optimizers.common.trees import tree_add, tree_scale, tree_sub
from lab.validation.checks import checked
from lab.validation.kinds import Tree


class ScheduleFreeState(NamedTuple):
    """The base rule's point z, and what the average needs; x follows from y and z."""

    b1: jax.Array  # float []: β, for `schedule_free_eval_params`
    weight_sum: jax.Array  # float []: Σ of the weights so far
    step_count: jax.Array  # int32 []: updates taken so far, plus 1
    max_lr: jax.Array  # float []: the largest learning rate so far
    base_optimizer_state: Any
    z: Any  # shaped as the parameters


@checked
def schedule_free_eval_params(state: Any, params: Tree) -> Any:
    """The average x, where a schedule-free rule is to be evaluated: (y − (1 − β) z) / β.

    Args:
      state: The state of the rule (optax's will do), alone or in `optax.chain`, `masked`,
        `partition`, `MultiSteps`, `inject_hyperparams` and other wrappers.
      params: y, the parameters that the rule updates.

    Returns:
      x, shaped as the parameters; what a wrapper keeps from the rule is returned as it is.
    """
    return evaluation_point(state, params, "a schedule-free rule", ("z", "b1"), _average)


def _average(node: Any, z: jax.Array, y: jax.Array) -> jax.Array:
    return tree_add(tree_scale(1 / node.b1, y), tree_scale(1 - 1 / node.b1, z))


@gradient_transformation
def schedule_free(
    base_optimizer: optax.GradientTransformation,
    learning_rate: optax.ScalarOrSchedule,
    b1: OpenShare = 0.9,
    weight_lr_power: Number = 2.0,
    state_dtype: FloatDType = None,
) -> optax.GradientTransformationExtraArgs:
    """Make a rule without momentum schedule-free.

        y = (1 − β) z + β x                        (gradients are taken here)
        z ← z + base(∇f(y)),    c = γ² / Σ γ²      (γ: the largest learning rate so far)
        x ← (1 − c) x + c z                        (to be evaluated here)

    No horizon needs to be known: x does at any time about as well as the end of a run whose rate
    was brought down to zero by then. The parameters are y; see `schedule_free_eval_params`
    for x. Batch statistics have to be gathered at x too.

    Args:
      base_optimizer: The rule; momentum switched off.
      learning_rate: γ, the same that the rule was given; a number or a schedule, evaluated at
        t = 0, 1, … as the rule does, so that a point is weighted by the rate that led to it.
      b1: β > 0, as x is not to be had from y otherwise.
      weight_lr_power: The power of γ by which z is weighted.
      state_dtype: The dtype of z; None for the parameters', of 32 bits at least.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: z, and the rule's own.

    References:
      Defazio et al., The road less scheduled, 2024, equations 1–3.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.schedule_free(optimizers.sgd(0.25), learning_rate=0.25)
      >>> params = jnp.array([1.0, -2.0])
      >>> updates, state = rule.update(2 * params, rule.init(params), params)
      >>> print(optimizers.schedule_free_eval_params(state, params + updates).round(3))
      [ 0.5 -1. ]
    """
    base = wrapped(base_optimizer)

    def init(params):
        dtype = scalar_dtype(params)
        return ScheduleFreeState(
            b1=scalar(b1, dtype),
            weight_sum=scalar(0.0, dtype),
            step_count=jnp.ones([], jnp.int32),
            max_lr=scalar(0.0, dtype),
            base_optimizer_state=base.init(params),
            # a copy, so that both may be donated
            z=jax.tree.map(lambda p: jnp.array(p, state_dtype or wide_dtype(p)), params),
        )

    def update(updates, state, params=None, **extra):
        dtype = state.max_lr.dtype
        rate = scalar(at(learning_rate, state.step_count - 1), dtype)
        max_lr = jnp.maximum(state.max_lr, rate)
        weight = max_lr ** like(weight_lr_power, max_lr)
        weight_sum = state.weight_sum + weight
        c = safe_divide(weight, weight_sum)  # 0 while the rate is 0

        steps, base_state = base.update(updates, state.base_optimizer_state, params, **extra)
        z = cast_like(tree_add(state.z, steps), state.z)
        x = tree_add(tree_scale(1 / b1, params), tree_scale(1 - 1 / b1, state.z))
        # y' − y = β (x' − x) + (1 − β) (z' − z), and x' − x = c (z' − x): nothing large cancels
        move = tree_add(
            tree_scale(b1 * c, tree_sub(z, x)), tree_scale(1 - b1, tree_sub(z, state.z))
        )
        t = counter.safe_increment(state.step_count)
        new = ScheduleFreeState(state.b1, weight_sum, t, max_lr, base_state, z)
        return cast_like(move, params), new

    return optax.GradientTransformationExtraArgs(init, update)


PARTS = (schedule_free, schedule_free_eval_params)
