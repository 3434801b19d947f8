"""The direction of L-BFGS: a memory of steps, and the two loops over it."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.errors import require
from lab.kinds import Count
from lab.optimizers.common import counter
from lab.optimizers.common.arguments import require_params
from lab.optimizers.common.moments import zeros_like
from lab.optimizers.common.numbers import cast_like
from lab.optimizers.common.scalars import safe_divide
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.common.trees import tree_add, tree_scale, tree_squared_norm, tree_sub, tree_vdot


class ScaleByLBFGSState(NamedTuple):
    """The last M pairs (s, y), in a ring: k-th at k mod M."""

    count: jax.Array  # int32 []: k, updates taken so far
    params: Any  # w of the update before
    updates: Any  # g of the update before
    diff_params_memory: Any  # s, [M, ...] for every parameter
    diff_updates_memory: Any  # y, [M, ...] for every parameter
    weights_memory: jax.Array  # ρ = 1 / ⟨y, s⟩, float [M]


@gradient_transformation
def scale_by_lbfgs(
    memory_size: Count = 10, scale_init_precond: bool = True
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

        s, y = if_known(tree_sub(params, state.params)), if_known(tree_sub(updates, state.updates))
        sy = tree_vdot(y, s, dtype)
        rho = safe_divide(jnp.ones_like(sy), sy)
        place = (state.count - 1) % memory_size
        memories = jax.tree.map(
            lambda memory, new: memory.at[place].set(new.astype(memory.dtype)),
            (state.diff_params_memory, state.diff_updates_memory, state.weights_memory),
            (s, y, rho),
        )
        length = jnp.sqrt(tree_squared_norm(updates, dtype))
        first = safe_divide(jnp.ones_like(length), jnp.maximum(length, 1))
        gamma = jnp.where(known, safe_divide(sy, tree_squared_norm(y, dtype), 1.0), first)
        return memories, gamma if scale_init_precond else jnp.ones_like(gamma)

    def update(updates, state, params=None):  # Nocedal & Wright, algorithm 7.4
        params = require_params(params, "lbfgs")
        (memory_s, memory_y, rho), gamma = remember(updates, params, state)
        dtype = rho.dtype

        def pair(i):
            return jax.tree.map(lambda x: x[i], (memory_s, memory_y))

        def newest_first(q, i):
            s, y = pair(i)
            alpha = rho[i] * tree_vdot(s, q, dtype)
            return tree_add(q, tree_scale(-alpha, y)), alpha

        def oldest_first(r, i_alpha):
            i, alpha = i_alpha
            s, y = pair(i)
            beta = rho[i] * tree_vdot(y, r, dtype)
            return tree_add(r, tree_scale(alpha - beta, s)), None

        order = (state.count + jnp.arange(memory_size)) % memory_size  # oldest first
        q, alphas = jax.lax.scan(newest_first, updates, order, reverse=True)
        r, _ = jax.lax.scan(oldest_first, tree_scale(gamma, q), (order, alphas))
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
