"""Averaged SGD."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common import counter
from lab.optimizers.common.moments import zeros_like
from lab.optimizers.common.numbers import NonNegative, cast_like, like, promote
from lab.optimizers.common.parameter_checks import require_params
from lab.optimizers.common.scheduled import at
from lab.optimizers.common.states import evaluation_point
from lab.optimizers.common.transformation import gradient_transformation
from lab.spaces import Float
from lab.validation.checks import checked
from lab.validation.kinds import Tree


class ASGDState(NamedTuple):
    """The average."""

    count: jax.Array  # int32 []: t, updates taken so far
    ax: Any  # w̄, shaped as the parameters


@checked
def asgd_eval_params(state: Any, params: Tree) -> Any:
    """The average w̄, where averaged SGD is to be evaluated; before any update, the parameters.

    Args:
      state: The state of the rule, alone or in `optax.chain`, `masked` and other wrappers.
      params: w, the parameters that the rule updates.

    Returns:
      w̄, shaped as the parameters; what a wrapper keeps from the rule is returned as it is.
    """
    return evaluation_point(state, params, "asgd", ("ax", "count"), _average)


def _average(node: Any, ax: jax.Array, w: jax.Array) -> jax.Array:
    ax, w = promote(ax, w)
    return jnp.where(node.count > 0, ax, w)


@gradient_transformation
def asgd(
    learning_rate: optax.ScalarOrSchedule = 1e-2,
    lambd: NonNegative = 1e-4,
    alpha: NonNegative = 0.75,
    t0: NonNegative = 1e6,
    weight_decay: NonNegative = 0.0,
) -> optax.GradientTransformationExtraArgs:
    """Averaged SGD, as in PyTorch: a slowly falling rate, and the mean of the later iterates.

        η_t = η / (1 + λ η t)^α,    t = 0, 1, …
        w ← (1 − λ η_t) w − η_t (g + ω w)
        w̄ ← w̄ + μ_t (w − w̄),    μ_t = 1 / max(1, t − t₀)

    The mean of noisy iterates is nearer to the solution than any of them: near a solution it is
    as good as Newton's method. w̄ is w until t₀: set t₀ to about half of the run, or use a
    schedule-free rule, which needs no such number.

    Args:
      learning_rate: η; a number or a schedule.
      lambd: λ, both decay of weights and fall of the rate.
      alpha: α, power of the fall.
      t0: t₀, updates before averaging starts.
      weight_decay: ω of a penalty added to g.

    Returns:
      The transformation, whose `update` needs the parameters; `asgd_eval_params` gives w̄.
      Memory: w̄.

    References:
      Polyak & Juditsky, Acceleration of stochastic approximation by averaging, 1992; Bottou, SGD
      tricks, 2012; `torch.optim.ASGD`.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule, params = optimizers.asgd(learning_rate=0.5, lambd=0.0, t0=0.0), jnp.array([4.0])
      >>> state = rule.init(params)
      >>> for _ in range(3):
      ...     updates, state = rule.update(params, state, params)
      ...     params = params + updates
      >>> print(params, optimizers.asgd_eval_params(state, params))  # mean of 1 and 0.5
      [0.5] [0.75]
    """

    def init(params):
        return ASGDState(counter.zero(), zeros_like(params))

    def update(updates, state, params=None, **extra):
        del extra
        params = require_params(params, "asgd")
        dtype = jnp.result_type(float)
        t = state.count.astype(dtype)
        rate, lam, power = (
            jnp.asarray(x, dtype) for x in (at(learning_rate, state.count), lambd, alpha)
        )
        eta = rate / (1 + lam * rate * t) ** power
        mu = 1 / jnp.maximum(1, counter.since(state.count, t0, dtype))

        def step(g, w):
            g, w = promote(g, w)
            return like(-eta, g) * (g + like(weight_decay, w) * w) - like(lam * eta, w) * w

        def mean(a, w, u):
            new, a = promote(w + u.astype(w.dtype), a)
            return jnp.where(mu == 1, new, a + like(mu, a) * (new - a))

        steps = jax.tree.map(step, updates, params)
        ax = cast_like(jax.tree.map(mean, state.ax, params, steps), state.ax)
        return steps, ASGDState(counter.safe_increment(state.count), ax)

    return optax.GradientTransformationExtraArgs(init, update)


PARTS = (asgd_eval_params,)
ENTRIES = (
    OptimizerEntry(
        name="asgd",
        by_hand=asgd,
        via_optax=None,
        search_space={"learning_rate": Float(1e-3, 1e1, log=True)},
        reference="Polyak & Juditsky 1992; torch.optim.ASGD",
        state_slots=1,
        rule="w ← (1 − λ η_t) w − η_t g, η_t = η / (1 + λ η t)^α;  w̄ the mean of w from t₀ on",
        eval_params=asgd_eval_params,
    ),
)
