"""L-BFGS: Newton's direction from the last few steps."""

import inspect
import math
from typing import Any

import jax
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common.sharding import gathered, placed_like
from lab.optimizers.common.transformation import Rule, gradient_transformation
from lab.optimizers.transforms.scale_by_lbfgs import scale_by_lbfgs
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.errors import InputError
from lab.validation.kinds import Count

LINESEARCH = Rule(*inspect.signature(optax.lbfgs).parameters["linesearch"].default)  # zoom, 20


@gradient_transformation
def lbfgs(
    learning_rate: optax.ScalarOrSchedule | None = None,
    memory_size: Count = 10,
    scale_init_precond: bool = True,
    linesearch: optax.GradientTransformation | None = LINESEARCH,
) -> optax.GradientTransformationExtraArgs:
    """L-BFGS: quasi-Newton, for losses without noise (the whole data in each batch).

        s = w − w₋₁,  y = g − g₋₁,  ρ = 1 / ⟨y, s⟩,  γ = ⟨y, s⟩ / ‖y‖²      (the last M pairs kept)
        q ← g;    from the newest pair:  α = ρ ⟨s, q⟩,  q ← q − α y
        r ← γ q;  from the oldest pair:  β = ρ ⟨y, r⟩,  r ← r + (α − β) s
        w ← w − η r,    η found by line search

    Far fewer iterations than any other rule here where the gradient is exact and the parameters
    are not millions; with noisy batches the pairs are wrong, and it fails. A pair whose ⟨y, s⟩
    is not positive is skipped (not damped), so that r descends: steps without a line search make
    such pairs where the loss is not convex, and optax 0.2.8 keeps them.

    Args:
      learning_rate: A factor of the direction; a number or a schedule; None for 1.
      memory_size: M, pairs kept.
      scale_init_precond: Whether γ multiplies the first guess of the inverse Hessian.
      linesearch: A transformation that scales the step and is given `value`, `grad` and
        `value_fn`: optax's zoom line search (strong Wolfe conditions); None for none.

    Returns:
      The transformation, whose `update` needs the parameters and what the line search needs.
      Memory: 2 M + 2 copies of the parameters, and 1 of the line search.

    References:
      Nocedal & Wright, Numerical optimization, 2006, algorithms 7.4 and 7.5; Liu & Nocedal 1989.

    Example:
      >>> import jax, jax.numpy as jnp
      >>> from lab import optimizers
      >>> loss = lambda w: jnp.sum(jnp.array([1.0, 9.0]) * w**2)
      >>> rule, params = optimizers.lbfgs(), jnp.array([1.0, -2.0])
      >>> state = rule.init(params)
      >>> for _ in range(5):
      ...     value, gradient = jax.value_and_grad(loss)(params)
      ...     updates, state = rule.update(
      ...         gradient, state, params, value=value, grad=gradient, value_fn=loss
      ...     )
      ...     params = params + updates
      >>> print(bool(loss(params) < 1e-6))
      True
    """
    return optax.chain(
        scale_by_lbfgs(memory_size, scale_init_precond),
        scale_by_learning_rate(learning_rate),
        optax.identity() if linesearch is None else _informed(linesearch),
    )


def _informed(linesearch: optax.GradientTransformation) -> optax.GradientTransformationExtraArgs:
    """The line search, given what it and the loss can use; optax's refuses anything else."""
    search = optax.with_extra_args_support(linesearch)

    def whole(tree):  # optax's takes products of vectors
        return jax.tree.map(gathered, tree)

    def init(params):  # optax's has no state for a tree without arrays
        return search.init(whole(params)) if jax.tree.leaves(params) else optax.EmptyState()

    def update(updates, state, params=None, **extra):
        if not jax.tree.leaves(updates):
            return updates, state
        value_fn = extra.get("value_fn")
        if value_fn is None:
            raise InputError(
                "lbfgs needs update(updates, state, params, value=, grad=, value_fn=)."
            )
        known = {"value", "grad", "value_fn", *inspect.signature(value_fn).parameters}
        given = {k: whole(x) if k == "grad" else x for k, x in extra.items() if k in known}
        steps, state = search.update(whole(updates), state, whole(params), **given)
        return jax.tree.map(placed_like, steps, updates), state

    return optax.GradientTransformationExtraArgs(init, update)


def _gradients_used(state: Any) -> Any:
    return 1 + optax.tree.get(state, "num_linesearch_steps", 0)


ENTRIES = (
    OptimizerEntry(
        name="lbfgs",
        by_hand=lbfgs,
        via_optax=optax.lbfgs,
        search_space={"learning_rate": Float(1e-2, 1e1, log=True)},
        reference="Nocedal & Wright 2006, algorithms 7.4 and 7.5",
        state_slots=23,
        rule="w ← w − η P g, P from the last M pairs of (w − w₋₁, g − g₋₁), η by line search",
        needs=frozenset({"value", "value_fn"}),
        gradient_evaluations=math.nan,  # as many as its line search wants
        gradients_used=_gradients_used,
    ),
)
