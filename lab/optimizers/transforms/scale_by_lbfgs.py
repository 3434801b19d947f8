"""The direction of L-BFGS: a memory of steps, and the two loops over it."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common import counter
from lab.optimizers.common.moments import zeros_like
from lab.optimizers.common.numbers import cast_like
from lab.optimizers.common.parameter_checks import require_params
from lab.optimizers.common.scalars import safe_divide
from lab.optimizers.common.transformation import gradient_transformation, widened
from lab.optimizers.common.trees import tree_add, tree_scale, tree_squared_norm, tree_sub, tree_vdot
from lab.validation.kinds import Count


class ScaleByLBFGSState(NamedTuple):
    """The last M pairs (s, y) of positive curvature, the newest last; zeros where none is yet."""

    count: jax.Array  # int32 []: k, updates taken so far
    params: Any  # w of the update before
    updates: Any  # g of the update before
    diff_params_memory: Any  # s, [M, ...] for every parameter
    diff_updates_memory: Any  # y, [M, ...] for every parameter
    weights_memory: jax.Array  # ρ = 1 / ⟨y, s⟩, or 0, float [M]


@gradient_transformation
def scale_by_lbfgs(
    memory_size: Count = 10, scale_init_precond: bool = True
) -> optax.GradientTransformation:
    """Multiply gradients by the inverse Hessian that the last steps tell of: see `lbfgs`.

    The first direction is the gradient, shortened to norm 1 where `scale_init_precond`.
    """

    def init(params):
        params = widened(params)

        def stack(p):
            return jnp.stack([jnp.zeros_like(p)] * memory_size)  # sharded as `p` is

        return ScaleByLBFGSState(
            count=counter.zero(),
            params=zeros_like(params),
            updates=zeros_like(params),
            diff_params_memory=jax.tree.map(stack, params),
            diff_updates_memory=jax.tree.map(stack, params),
            weights_memory=jnp.zeros(memory_size, jnp.result_type(float)),
        )

    def remember(updates, params, state):
        """The pairs, and this one if its curvature is positive (Nocedal & Wright, 6.7)."""
        dtype = state.weights_memory.dtype
        s, y = tree_sub(params, state.params), tree_sub(updates, state.updates)
        sy, s2, y2 = (tree_vdot(*pair, dtype) for pair in ((s, y), (s, s), (y, y)))
        rounding = jnp.finfo(dtype).eps * jnp.sqrt(s2) * jnp.sqrt(y2)
        good = (state.count > 0) & (sy > rounding)  # a pair takes two points
        rho = jnp.where(good, safe_divide(jnp.ones_like(sy), sy), 0)

        def pushed(memory, new):
            longer = jnp.concatenate([memory[1:], new.astype(memory.dtype)[None]])
            return jnp.where(good, longer, memory)

        memories = (state.diff_params_memory, state.diff_updates_memory, state.weights_memory)
        return jax.tree.map(pushed, memories, (s, y, rho))

    def guess(updates, pairs):
        """γ of the first guess γ I: by the newest pair (7.20), or a first step of length 1."""
        _, memory_y, rho = pairs
        newest = jax.tree.map(lambda y: y[-1], memory_y)
        curvature = rho[-1] * tree_squared_norm(newest, rho.dtype)
        length = jnp.sqrt(tree_squared_norm(updates, rho.dtype))
        return safe_divide(jnp.ones_like(curvature), curvature, 1 / jnp.maximum(length, 1))

    def update(updates, state, params=None):  # Nocedal & Wright, algorithm 7.4
        params = require_params(params, "lbfgs")
        pairs = remember(updates, params, state)
        dtype = state.weights_memory.dtype

        def newest_first(q, pair):
            s, y, rho = pair
            alpha = rho * tree_vdot(s, q, dtype)
            return tree_add(q, tree_scale(-alpha, y)), alpha

        def oldest_first(r, pair_alpha):
            (s, y, rho), alpha = pair_alpha
            beta = rho * tree_vdot(y, r, dtype)
            return tree_add(r, tree_scale(alpha - beta, s)), None

        q, alphas = jax.lax.scan(newest_first, updates, pairs, reverse=True)
        r = tree_scale(guess(updates, pairs), q) if scale_init_precond else q
        r, _ = jax.lax.scan(oldest_first, r, (pairs, alphas))
        memory_s, memory_y, rho = pairs
        new = ScaleByLBFGSState(
            count=counter.safe_increment(state.count),
            params=cast_like(params, state.params),
            updates=cast_like(updates, state.updates),
            diff_params_memory=memory_s,
            diff_updates_memory=memory_y,
            weights_memory=rho,
        )
        return r, new

    return optax.GradientTransformation(init, update)


PARTS = (scale_by_lbfgs,)
