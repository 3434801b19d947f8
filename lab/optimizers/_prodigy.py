"""Prodigy: Adam that estimates its own learning rate."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
import optax.contrib

from lab.catalog import OptimizerEntry
from lab.errors import InputError
from lab.optimizers import _counter as counter
from lab.optimizers._moments import average, squared, squares_like, zeros_like
from lab.optimizers._numbers import Number, cast_like, like, together
from lab.optimizers._scalars import dot, minus, one_norm, quotient, scalar, scalar_dtype, times
from lab.optimizers._scheduled import at
from lab.spaces import LogRange


class ProdigyState(NamedTuple):
    """Adam's moments of d·g, and the estimate d with what it is made of."""

    exp_avg: Any  # m, shaped as the parameters
    exp_avg_sq: Any  # v, shaped as the parameters
    grad_sum: Any  # s, shaped as the parameters
    params0: Any  # w₀, the first parameters
    estim_lr: jax.Array  # float []: d
    numerator_weighted: jax.Array  # float []: r
    count: jax.Array  # int32 []: updates taken so far


def prodigy(
    learning_rate: optax.ScalarOrSchedule = 1.0,
    betas: tuple[Number, Number] = (0.9, 0.999),
    beta3: Number | None = None,
    eps: Number = 1e-8,
    estim_lr0: Number = 1e-6,
    estim_lr_coef: Number = 1.0,
    weight_decay: Number = 0.0,
    safeguard_warmup: bool = False,
) -> optax.GradientTransformationExtraArgs:
    """Prodigy: AdamW whose learning rate grows to the distance from the first point to a solution.

        γ = η d √(1 − β₂ᵗ) / (1 − β₁ᵗ)
        r ← β₃ r + γ (d / d₀) ⟨g, w₀ − w⟩
        s ← β₃ s + γ (d / d₀) g
        m ← β₁ m + (1 − β₁) d g,    v ← β₂ v + (1 − β₂) d² g²
        w ← w − γ (m / (√v + d ε) + λ w)
        d ← max(d, c r / ‖s‖₁)                   (from the next update on)

    The gradient tells how much further than w₀ a solution is at least, and d never falls. For
    when nothing is to be tuned: leave η at 1, with a schedule that decays to zero. It asks for
    twice Adam's memory. Until the first gradient that is not zero, d stays what it was (in optax it
    is NaN from then on).

    Args:
      learning_rate: η; a number or a schedule.
      betas: (β₁, β₂), memories of mean and mean square.
      beta3: β₃, memory of the estimate; None for √β₂.
      eps: ε, outside the root.
      estim_lr0: d₀ > 0, the first estimate: too small costs a few updates, too large diverges.
      estim_lr_coef: c.
      weight_decay: λ, decoupled, multiplied by γ.
      safeguard_warmup: Leaves γ out of s, so that a warm-up of η does not make d too large.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: m, v, s and w₀.

    References:
      Mishchenko & Defazio, Prodigy: an expeditiously adaptive parameter-free learner, 2023,
      algorithm 4.

    Example:
      >>> import jax, jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.prodigy()
      >>> params = jnp.array([1.0, -2.0])
      >>> state = rule.init(params)
      >>> for _ in range(100):
      ...     updates, state = jax.jit(rule.update)(2 * params, state, params)
      ...     params = params + updates
      >>> print(bool(state.estim_lr > 0.1), bool(jnp.all(jnp.abs(params) < 0.5)))
      True True
    """
    b1, b2 = betas
    b3 = b2**0.5 if beta3 is None else beta3

    def init(params):
        dtype = scalar_dtype(params)
        return ProdigyState(
            exp_avg=zeros_like(params),
            exp_avg_sq=squares_like(params),
            grad_sum=zeros_like(params),
            params0=jax.tree.map(jnp.asarray, params),
            estim_lr=scalar(estim_lr0, dtype),
            numerator_weighted=scalar(0.0, dtype),
            count=counter.zero(),
        )

    def update(updates, state, params=None, **extra):
        del extra
        if params is None:
            raise InputError("prodigy needs params: call update(updates, state, params).")
        d, dtype = state.estim_lr, state.estim_lr.dtype
        t = counter.one_more(state.count)

        def left(decay):  # 1 − decayᵗ
            return scalar(1 - jax.lax.pow(jnp.asarray(decay), t), dtype)

        rate = scalar(at(learning_rate, state.count), dtype)
        gamma = d * rate * (jnp.sqrt(left(b2)) / left(b1))
        growth = d / like(estim_lr0, d)
        dg = times(d, updates)
        r = like(b3, d) * state.numerator_weighted
        r = r + growth * gamma * dot(updates, minus(state.params0, params), dtype)
        weight = growth * (d if safeguard_warmup else gamma)
        s = jax.tree.map(
            lambda s, g: like(b3, s) * s + like(weight, s) * g.astype(s.dtype),
            state.grad_sum,
            updates,
        )
        m = average(b1, dg, state.exp_avg)
        v = average(b2, squared(dg), state.exp_avg_sq)

        def step(m, v, w):
            m, root = together(m, jnp.sqrt(v) + like(d * like(eps, d), v))
            direction, w = together(m / root, like(weight_decay, w) * w)
            return like(-gamma, direction) * (direction + w)

        estimate = quotient(like(estim_lr_coef, r) * r, one_norm(s, dtype))
        new = ProdigyState(m, v, s, state.params0, jnp.maximum(d, estimate), r, t)
        return jax.tree.map(step, m, v, params), cast_like(new, state)

    return optax.GradientTransformationExtraArgs(init, update)


ENTRIES = (
    OptimizerEntry(
        name="prodigy",
        by_hand=prodigy,
        via_optax=optax.contrib.prodigy,
        search_space={"learning_rate": LogRange(1e-2, 1e1)},
        reference="Mishchenko & Defazio 2023, algorithm 4",
        state_slots=4,
        rule="w ← w − η d m̂ / (√v̂ + d ε);  d ← max(d, r / ‖s‖₁), "
        "r and s sums of ⟨g, w₀ − w⟩ and of g",
    ),
)
