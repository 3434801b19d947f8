"""L-BFGS: Newton's direction from the last few steps."""

import inspect
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.errors import InputError, require
from lab.optimizers import _counter as counter
from lab.optimizers._learning_rate import scale_by_learning_rate
from lab.optimizers._moments import zeros_like
from lab.optimizers._numbers import cast_like, like
from lab.optimizers._scalars import dot, minus, quotient, square_norm, times
from lab.spaces import LogRange

LINESEARCH = inspect.signature(optax.lbfgs).parameters["linesearch"].default  # zoom, 20 steps


class ScaleByLBFGSState(NamedTuple):
    """The last M pairs (s, y), in a ring: k-th at k mod M."""

    count: jax.Array  # int32 []: k, updates taken so far
    params: Any  # w of the update before
    updates: Any  # g of the update before
    diff_params_memory: Any  # s, [M, ...] for every parameter
    diff_updates_memory: Any  # y, [M, ...] for every parameter
    weights_memory: jax.Array  # ρ = 1 / ⟨y, s⟩, float [M]


def scale_by_lbfgs(
    memory_size: int = 10, scale_init_precond: bool = True
) -> optax.GradientTransformation:
    """Multiply gradients by the inverse Hessian that the last steps tell of: see `lbfgs`.

    The first direction is the gradient, shortened to norm 1 where `scale_init_precond`.
    """
    require(memory_size >= 1, f"memory_size must be at least 1, given {memory_size}.")

    def init(params):
        def stack(p):
            return jnp.zeros((memory_size, *jnp.shape(p)), jnp.result_type(p))

        return ScaleByLBFGSState(
            count=counter.zero(),
            params=zeros_like(params),
            updates=zeros_like(params),
            diff_params_memory=jax.tree.map(stack, params),
            diff_updates_memory=jax.tree.map(stack, params),
            weights_memory=jnp.zeros(memory_size, jnp.result_type(float)),
        )

    def remember(updates, params, state):
        dtype = state.weights_memory.dtype
        known = state.count > 0  # a pair takes two points

        def if_known(tree):
            return jax.tree.map(lambda x: jnp.where(known, x, jnp.zeros_like(x)), tree)

        s, y = if_known(minus(params, state.params)), if_known(minus(updates, state.updates))
        sy = dot(y, s, dtype)
        rho = quotient(jnp.ones_like(sy), sy)
        place = (state.count - 1) % memory_size
        memories = jax.tree.map(
            lambda memory, new: memory.at[place].set(new.astype(memory.dtype)),
            (state.diff_params_memory, state.diff_updates_memory, state.weights_memory),
            (s, y, rho),
        )
        length = jnp.sqrt(square_norm(updates, dtype))
        first = quotient(jnp.ones_like(length), jnp.maximum(length, 1))
        gamma = jnp.where(known, quotient(sy, square_norm(y, dtype), 1.0), first)
        return memories, gamma if scale_init_precond else jnp.ones_like(gamma)

    def update(updates, state, params=None):  # Nocedal & Wright, algorithm 7.4
        if params is None:
            raise InputError("lbfgs needs params: call update(updates, state, params, ...).")
        (memory_s, memory_y, rho), gamma = remember(updates, params, state)
        dtype = rho.dtype

        def pair(i):
            return jax.tree.map(lambda x: x[i], (memory_s, memory_y))

        def plus(q, factor, v):
            return jax.tree.map(lambda a, b: a + like(factor, b) * b, q, v)

        def newest_first(q, i):
            s, y = pair(i)
            alpha = rho[i] * dot(s, q, dtype)
            return plus(q, -alpha, y), alpha

        def oldest_first(r, i_alpha):
            i, alpha = i_alpha
            s, y = pair(i)
            beta = rho[i] * dot(y, r, dtype)
            return plus(r, alpha - beta, s), None

        order = (state.count + jnp.arange(memory_size)) % memory_size  # oldest first
        q, alphas = jax.lax.scan(newest_first, updates, order, reverse=True)
        r, _ = jax.lax.scan(oldest_first, times(gamma, q), (order, alphas))
        new = ScaleByLBFGSState(
            count=counter.one_more(state.count),
            params=cast_like(params, state.params),
            updates=cast_like(updates, state.updates),
            diff_params_memory=memory_s,
            diff_updates_memory=memory_y,
            weights_memory=rho,
        )
        return r, new

    return optax.GradientTransformation(init, update)


def lbfgs(
    learning_rate: optax.ScalarOrSchedule | None = None,
    memory_size: int = 10,
    scale_init_precond: bool = True,
    linesearch: Any = LINESEARCH,
) -> optax.GradientTransformationExtraArgs:
    """L-BFGS: quasi-Newton, for losses without noise (the whole data in each batch).

        s = w − w₋₁,  y = g − g₋₁,  ρ = 1 / ⟨y, s⟩,  γ = ⟨y, s⟩ / ‖y‖²      (the last M pairs kept)
        q ← g;    from the newest pair:  α = ρ ⟨s, q⟩,  q ← q − α y
        r ← γ q;  from the oldest pair:  β = ρ ⟨y, r⟩,  r ← r + (α − β) s
        w ← w − η r,    η found by line search

    Far fewer iterations than any other rule here where the gradient is exact and the parameters
    are not millions; with noisy batches the pairs are wrong, and it fails.

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

    def update(updates, state, params=None, **extra):
        value_fn = extra.get("value_fn")
        if value_fn is None:
            raise InputError(
                "lbfgs needs update(updates, state, params, value=, grad=, value_fn=)."
            )
        known = {"value", "grad", "value_fn", *inspect.signature(value_fn).parameters}
        return search.update(
            updates, state, params, **{k: x for k, x in extra.items() if k in known}
        )

    return optax.GradientTransformationExtraArgs(search.init, update)


PARTS = (scale_by_lbfgs,)
ENTRIES = (
    OptimizerEntry(
        name="lbfgs",
        by_hand=lbfgs,
        via_optax=optax.lbfgs,
        search_space={"learning_rate": LogRange(1e-2, 1e1)},
        reference="Nocedal & Wright 2006, algorithms 7.4 and 7.5",
        state_slots=23,
        rule="w ← w − η P g, P from the last M pairs of (w − w₋₁, g − g₋₁), η by line search",
        needs=frozenset({"value", "value_fn"}),
        gradient_evaluations=math.nan,  # as many as its line search wants
        gradients_used=lambda state: 1 + optax.tree.get(state, "num_linesearch_steps", 0),
    ),
)
