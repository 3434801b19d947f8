"""Sophia's direction: momentum over a diagonal of the Hessian looked at now and then, clipped."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common import counter
from lab.optimizers.common.moments import moment_like, update_moment, zeros_like
from lab.optimizers.common.numbers import Decay, FloatDType, NonNegative, cast_like, like, promote
from lab.optimizers.common.parameter_checks import require_params, require_real
from lab.optimizers.common.transformation import gradient_transformation, wrapped
from lab.optimizers.transforms.hutchinson import hutchinson_estimator_diag_hessian
from lab.validation.kinds import Count, Whole

HUTCHINSON = hutchinson_estimator_diag_hessian()


class SophiaState(NamedTuple):
    """Momentum and curvature."""

    count: jax.Array  # int32 []: t, updates taken so far
    mu: Any  # m: mean gradient, shaped as the parameters
    nu: Any  # h: mean diagonal of the Hessian, shaped as the parameters
    hessian_fn_state: Any


@gradient_transformation
def scale_by_sophia(
    b1: Decay = 0.965,
    b2: Decay = 0.99,
    eps: NonNegative = 1e-8,
    gamma: NonNegative = 0.01,
    clip_threshold: NonNegative | None = 1.0,
    update_interval: Count = 10,
    hessian_diagonal_fn: optax.GradientTransformation = HUTCHINSON,
    mu_dtype: FloatDType = None,
    verbose: bool = False,
    print_win_rate_every_n_steps: Whole = 0,
) -> optax.GradientTransformationExtraArgs:
    """Replace gradients by Sophia's direction: see `sophia`."""
    bound: Any = clip_threshold
    diagonal = wrapped(hessian_diagonal_fn)

    def init(params):
        require_real(params, "sophia")
        return SophiaState(
            counter.zero(), moment_like(params, mu_dtype), zeros_like(params), diagonal.init(params)
        )

    def newton(m, h):
        m, h = promote(m, jnp.maximum(like(gamma, h) * h, like(eps, h)))
        return m / h

    def clip(u):
        b: Any = like(bound, u)
        return jnp.clip(u, -b, b)

    def win_rate(steps, t):
        inside = jax.tree.map(lambda u: jnp.sum(jnp.abs(u) < like(bound, u)), steps)
        share = sum(jax.tree.leaves(inside)) / sum(u.size for u in jax.tree.leaves(steps))
        jax.lax.cond(
            t % print_win_rate_every_n_steps == 0,
            lambda: jax.debug.print("Sophia's share of unclipped steps: {}", share),
            lambda: None,
        )

    def update(updates, state, params=None, **extra):  # Liu et al., algorithm 3
        params = require_params(params, "sophia")
        t = counter.safe_increment(state.count)
        mu = update_moment(b1, updates, state.mu)  # line 4

        def look():
            curvature, seen = diagonal.update(
                updates, state.hessian_fn_state, params=params, **extra
            )
            return cast_like(update_moment(b2, curvature, state.nu), state.nu), seen

        nu, seen = jax.lax.cond(  # lines 5-9: t mod k = 1, at k = 1 always
            state.count % update_interval == 0, look, lambda: (state.nu, state.hessian_fn_state)
        )
        steps = jax.tree.map(newton, mu, nu)  # line 11
        if bound is not None:
            if verbose and print_win_rate_every_n_steps:
                win_rate(steps, t)
            steps = jax.tree.map(clip, steps)
        return steps, SophiaState(t, cast_like(mu, state.mu), nu, seen)

    return optax.GradientTransformationExtraArgs(init, update)


PARTS = (scale_by_sophia,)
