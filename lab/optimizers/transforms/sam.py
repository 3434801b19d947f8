"""Sharpness-aware minimization: descend by the gradient of the worst point nearby."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common.numbers import cast_like
from lab.optimizers.common.parameter_checks import require_params
from lab.optimizers.common.transformation import gradient_transformation, widened, wrapped
from lab.optimizers.common.trees import tree_add, tree_scale, tree_sub
from lab.validation.errors import InputError
from lab.validation.kinds import Count


class SAMState(NamedTuple):
    """The states of both rules, and between two updates the point that they started from."""

    steps_since_sync: jax.Array  # int32 []: climbing steps taken since the last update
    opt_state: Any
    adv_state: Any
    cache: Any  # shaped as the parameters; None in opaque mode


@gradient_transformation
def sam(
    optimizer: optax.GradientTransformation,
    adv_optimizer: optax.GradientTransformation,
    sync_period: Count = 2,
    reset_state: bool = True,
    opaque_mode: bool = False,
    batch_axis_name: str | None = None,
) -> optax.GradientTransformationExtraArgs:
    """SAM around a rule: climb first, then take the rule's step with the gradient found there.

        w̃ = w + ρ ∇f(w) / ‖∇f(w)‖          (minus a step of `adv_optimizer`)
        w ← w − η ∇f(w̃)                    (a step of `optimizer` from w)

    Args:
      optimizer: The rule.
      adv_optimizer: Whose steps are taken backwards: `chain(normalize(), sgd(rho))` is SAM,
        `sgd(rho)` is unnormalized SAM.
      sync_period: How many gradients make an update, all but one of them climbing; 1 is the rule
        alone.
      reset_state: Whether `adv_optimizer` starts anew after each update.
      opaque_mode: Whether one call makes a whole update, with a keyword argument
        `grad_fn(params, i)`; otherwise each call takes one step, up or down.
      batch_axis_name: An axis of `pmap` to average climbing gradients over, in opaque mode.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: both rules' own, and a
      copy of the parameters unless opaque.

    References:
      Foret et al., Sharpness-aware minimization for efficiently improving generalization, 2021,
      algorithm 1.

    Example:
      >>> import jax, jax.numpy as jnp, optax
      >>> from lab import optimizers
      >>> climb = optax.chain(optimizers.normalize(), optimizers.sgd(0.5))
      >>> rule = optimizers.sam(optimizers.sgd(0.1), climb, opaque_mode=True)
      >>> params, loss = jnp.array([3.0, -4.0]), lambda w: 0.5 * jnp.sum(w**2)
      >>> gradient = jax.grad(loss)
      >>> state = rule.init(params)
      >>> updates, _ = rule.update(
      ...     gradient(params), state, params, grad_fn=lambda w, i: gradient(w)
      ... )
      >>> print([f"{u:.2f}" for u in updates])  # as from [3.3, -4.4]
      ['-0.33', '0.44']
    """
    rule, climber = wrapped(optimizer), wrapped(adv_optimizer)

    def init(params):
        params = widened(params)
        return SAMState(
            steps_since_sync=jnp.zeros([], jnp.int32),
            opt_state=rule.init(params),
            adv_state=climber.init(params),
            cache=None if opaque_mode else params,
        )

    def climb(gradient, adv_state, params, extra):
        down, adv_state = climber.update(gradient, adv_state, params, **extra)
        return tree_scale(-1, down), adv_state

    def whole_update(updates, state, params=None, *, grad_fn: Callable | None = None, **extra):
        if params is None or grad_fn is None:
            raise InputError("opaque sam needs update(updates, state, params, grad_fn=grad_fn).")
        point, gradient, adv_state = params, updates, state.adv_state
        for i in range(sync_period - 1):
            up, adv_state = climb(gradient, adv_state, point, extra)
            point = optax.apply_updates(point, up)
            gradient = cast_like(grad_fn(point, i), updates)
            if batch_axis_name is not None:
                gradient = jax.lax.pmean(gradient, batch_axis_name)
        adv_state = climber.init(params) if reset_state else adv_state
        step, opt_state = rule.update(gradient, state.opt_state, params, **extra)
        return step, SAMState(jnp.zeros([], jnp.int32), opt_state, adv_state, None)

    def one_step(updates, state, params=None, **extra):
        params = require_params(params, "sam")
        first, last = state.steps_since_sync == 0, state.steps_since_sync == sync_period - 1

        def where(condition, yes, no):
            return jax.tree.map(lambda y, n: jnp.where(condition, y, n), yes, no)

        up, climbed = climb(updates, state.adv_state, params, extra)
        start = where(first, params, state.cache)  # the same point, where no step is a climb
        step, descended = rule.update(updates, state.opt_state, start, **extra)
        back = tree_add(tree_sub(start, params), step)
        anew = climber.init(params) if reset_state else state.adv_state
        new = SAMState(
            steps_since_sync=(state.steps_since_sync + 1) % sync_period,
            opt_state=where(last, descended, state.opt_state),
            adv_state=where(last, anew, climbed),
            cache=start,
        )
        return where(last, back, up), new

    return optax.GradientTransformationExtraArgs(init, whole_update if opaque_mode else one_step)


PARTS = (sam,)
