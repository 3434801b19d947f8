"""Mechanic: the scale of another rule's steps, learned on the way."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common.moments import zeros_like
from lab.optimizers.common.numbers import NonNegative, Positive, cast_like, like
from lab.optimizers.common.parameter_checks import require_params
from lab.optimizers.common.scalars import safe_divide, scalar_dtype
from lab.optimizers.common.transformation import gradient_transformation, wrapped
from lab.optimizers.common.trees import tree_add, tree_scale, tree_squared_norm, tree_vdot
from lab.validation.kinds import Count


class MechanicState(NamedTuple):
    """The rule's own state, the sum of its steps, and n bettors on their scale."""

    base_optimizer_state: Any
    r: jax.Array  # float [n]: what was won
    m: jax.Array  # float [n]: the largest |h| of late
    v: jax.Array  # float [n]: Σ h², fading
    s: jax.Array  # float [n]: their scales; the steps are multiplied by the sum
    delta: Any  # Δ, shaped as the parameters


@gradient_transformation
def mechanize(
    base_optimizer: optax.GradientTransformation,
    weight_decay: NonNegative = 1e-2,
    eps: NonNegative = 1e-8,
    s_init: Positive = 1e-8,
    num_betas: Count = 6,
) -> optax.GradientTransformationExtraArgs:
    """Mechanic around a rule: learns what its learning rate is to be multiplied by.

        h = ⟨g + λ S ‖g‖ w / (‖w‖ + ε), Δ⟩,    S = Σ s
        m ← max(β m, |h|),    v ← β² v + h²,    r ← max(β r − s h, 0)
        s ← (m s₀ / n + r) / (√v + ε)
        Δ ← Δ + step(g),    w ← w₀ + S Δ

    There are n copies of m, v, r and s, with β = 0.9, 0.99, … . Each bets on a scale by what
    earlier scales would have won: ⟨g, Δ⟩ < 0 says that the rule went the right way. The schedule
    stays the rule's own, of any height; S grows by a factor per update from s₀ to what it ought
    to be. The first update does nothing. Not for rules that look at how far parameters moved.

    Δ is kept and w moved by S' Δ' − S Δ, so that w₀ need not be. The authors' packages keep w₀
    instead, and Δ = (w − w₀) / (S + ε) is too small there at first. In optax there is also a
    bound of |h| by the m before, which the paper lacks; r may fall below zero; and s begins at
    s₀ = 1e-6.

    Args:
      base_optimizer: The rule, with a learning rate of 1 or a schedule of that height.
      weight_decay: λ; it makes S smaller rather than parameters.
      eps: ε.
      s_init: s₀ > 0, rather too small than too large.
      num_betas: n.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: Δ, and the rule's own.

    References:
      Cutkosky, Defazio & Mehta, Mechanic: a learning rate tuner, 2023, algorithm 1; |h| as in
      its implementations.

    Example:
      >>> import jax, jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule, params = optimizers.mechanize(optimizers.sgd(100.0)), jnp.array([1.0, -2.0])
      >>> state, update = rule.init(params), jax.jit(rule.update)
      >>> for _ in range(100):
      ...     updates, state = update(params, state, params)
      ...     params = params + updates
      >>> print(bool(1e-5 < state.s.sum() < 1e-2), bool(jnp.all(jnp.abs(params) < 0.5)))
      True True
    """
    base = wrapped(base_optimizer)
    betas = [1 - 0.1**k for k in range(1, num_betas + 1)]

    def init(params):
        none = jnp.zeros([num_betas], scalar_dtype(params))
        return MechanicState(base.init(params), none, none, none, none, zeros_like(params))

    def update(updates, state, params=None, **extra):
        params = require_params(params, "mechanize")
        dtype = state.s.dtype
        beta, scale = jnp.asarray(betas, dtype), jnp.sum(state.s)
        g_norm, w_norm = (jnp.sqrt(tree_squared_norm(x, dtype)) for x in (updates, params))
        pull = like(weight_decay, scale) * scale * safe_divide(g_norm, w_norm + like(eps, w_norm))
        h = tree_vdot(updates, state.delta, dtype) + pull * tree_vdot(params, state.delta, dtype)

        m = jnp.maximum(beta * state.m, jnp.abs(h))
        v = beta**2 * state.v + h**2
        r = jnp.maximum(beta * state.r - state.s * h, 0)
        wealth = m * like(s_init, m) / num_betas + r
        s = safe_divide(wealth, jnp.sqrt(v) + like(eps, v))

        steps, base_state = base.update(updates, state.base_optimizer_state, params, **extra)
        delta = tree_add(state.delta, steps)
        # S' Δ' − S Δ = S' (Δ' − Δ) + (S' − S) Δ: nothing large cancels
        move = tree_add(tree_scale(jnp.sum(s), steps), tree_scale(jnp.sum(s) - scale, state.delta))
        new = MechanicState(base_state, r, m, v, s, delta)
        return cast_like(move, params), new._replace(delta=cast_like(delta, state.delta))

    return optax.GradientTransformationExtraArgs(init, update)


PARTS = (mechanize,)
