"""Gradient accumulation."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from lab.optimizers.common import counter
from lab.optimizers.common.moments import zeros_as
from lab.optimizers.common.numbers import FloatDType, TracedCount, cast_like, like, promote
from lab.optimizers.common.scalars import scalar, scalar_dtype
from lab.optimizers.common.transformation import gradient_transformation, wrapped


class MultiStepsState(NamedTuple):
    """The rule's state, and the gradients since its last step."""

    mini_step: jax.Array  # int32 []: gradients collected since the last step
    gradient_step: jax.Array  # int32 []: steps of the rule so far
    inner_opt_state: Any
    acc_grads: Any  # mean (or sum) of those gradients, shaped as the parameters
    acc_value: jax.Array  # mean (or sum) of their losses, where they are given


@gradient_transformation
def multi_steps(
    opt: optax.GradientTransformation,
    every_k_schedule: TracedCount | Callable[[jax.Array], Any],
    use_grad_mean: bool = True,
    accumulator_dtype: FloatDType = jnp.float32,
) -> optax.GradientTransformationExtraArgs:
    """Let the rule step once for every k gradients, on their mean; zero updates in between.

    A batch k times as large in the memory of a small one: exact, where the loss is a mean over
    examples of equal batches and the model has no batch normalization. Schedules and averages
    inside the rule count its own steps, not gradients. A loss given as `value` is averaged (or
    summed) as gradients are, and `grad` is what they have become; anything else is handed on as
    the last call gives it, so that functions (`value_fn`, `obj_fn`, `grad_fn`) should be of all
    examples of a step. This is `optax.MultiSteps` as a plain transformation, without its skipping
    (that is what `apply_if_finite` is for).

    Args:
      opt: The rule.
      every_k_schedule: k > 0, or a function of the rule's steps so far that returns it.
      use_grad_mean: Whether gradients are averaged rather than summed.
      accumulator_dtype: The dtype that they are collected in (its complex counterpart for complex
        parameters); None for that of the parameters.

    Returns:
      The transformation. Memory: one array more than the rule.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.multi_steps(optimizers.sgd(1.0), 2)
      >>> state = rule.init(jnp.zeros(1))
      >>> for gradient in (1.0, 3.0):
      ...     updates, state = rule.update(jnp.array([gradient]), state)
      ...     print(updates)
      [0.]
      [-2.]
    """
    rule = wrapped(opt)

    def empty(p):
        dtype = jnp.dtype(accumulator_dtype or jnp.result_type(p))
        if jnp.iscomplexobj(p):  # optax loses the imaginary part in a real accumulator
            dtype = np.promote_types(dtype, np.complex64)
        return jnp.zeros_like(p, dtype=dtype)

    def init(params):
        return MultiStepsState(
            mini_step=counter.zero(),
            gradient_step=counter.zero(),
            inner_opt_state=rule.init(params),
            acc_grads=jax.tree.map(empty, params),
            acc_value=scalar(0.0, scalar_dtype(params)),
        )

    def update(updates, state, params=None, **extra):
        every = every_k_schedule
        k = jnp.asarray(every(state.gradient_step) if callable(every) else every, jnp.int32)
        n = counter.safe_increment(state.mini_step)

        def collect(x, mean):
            x, mean = promote(x, mean)
            if not use_grad_mean:
                return mean + x
            # the mean so far, rather than the sum: it overflows only if it is infinite
            share = like(1 / jnp.asarray(n, mean.real.dtype), mean)
            return (1 - share) * mean + share * x

        gradient = jax.tree.map(collect, updates, state.acc_grads)
        value = state.acc_value
        if extra.get("value") is not None:
            value = collect(extra["value"], value)
            extra["value"] = value
        held = cast_like((gradient, value), (state.acc_grads, state.acc_value))
        gradient = cast_like(gradient, updates)
        if extra.get("grad") is not None:
            extra["grad"] = gradient

        # all arrays are operands: what a branch closes over loses its sharding
        def step(inner, gradient, held):
            moved, inner = rule.update(gradient, inner, params, **extra)
            empty = jax.tree.map(jnp.zeros_like, held)
            return moved, cast_like(inner, state.inner_opt_state), empty

        def wait(inner, gradient, held):
            moved, _, _ = jax.eval_shape(step, inner, gradient, held)
            return zeros_as(moved, gradient), inner, held

        emit = n >= k
        moved, inner, (grads, value) = jax.lax.cond(
            emit, step, wait, state.inner_opt_state, gradient, held
        )
        steps = jnp.where(emit, counter.safe_increment(state.gradient_step), state.gradient_step)
        return moved, MultiStepsState(jnp.where(emit, 0, n), steps, inner, grads, value)

    return optax.GradientTransformationExtraArgs(init, update)


PARTS = (multi_steps,)
