"""MADGRAD: dual averaging with cube roots."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
import optax.contrib

from lab.catalog import OptimizerEntry
from lab.optimizers.common import counter
from lab.optimizers.common.moments import squared, squares_like, zeros_like
from lab.optimizers.common.numbers import (
    Decay,
    NonNegative,
    NonNegativeOrSchedule,
    cast_like,
    like,
    promote,
)
from lab.optimizers.common.parameter_checks import require_params
from lab.optimizers.common.scheduled import at
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.spaces import Float


class MadgradState(NamedTuple):
    """Weighted sums over the whole run, and where it began."""

    count: jax.Array  # int32 []: k, updates taken so far
    grad_sum_sq: Any  # ν, shaped as the parameters
    s: Any  # s, shaped as the parameters
    x0: Any  # w₀


@gradient_transformation
def scale_by_madgrad(
    learning_rate: optax.ScalarOrSchedule, momentum: Decay = 0.9, eps: NonNegative = 1e-6
) -> optax.GradientTransformation:
    """Replace gradients by MADGRAD's step, sign and rate included: see `madgrad`."""

    def init(params):
        return MadgradState(
            count=counter.zero(),
            grad_sum_sq=squares_like(params),
            s=zeros_like(params),
            x0=jax.tree.map(jnp.asarray, params),
        )

    def update(updates, state, params=None):  # Defazio & Jelassi, algorithm 1
        params = require_params(params, "madgrad")
        dtype = jnp.result_type(float)
        rate = jnp.asarray(at(learning_rate, state.count), dtype) + jnp.asarray(eps, dtype)
        weight = rate * jnp.sqrt(state.count.astype(dtype) + 1)  # λ_k

        def add(total, x):
            return total + (like(weight, x) * x).astype(total.dtype)

        s = jax.tree.map(add, state.s, updates)
        nu = jax.tree.map(add, state.grad_sum_sq, squared(updates))

        def step(s, nu, x0, x):
            s, root = promote(s, jnp.cbrt(nu) + like(eps, nu))
            x0, descended = promote(x0, s / root)
            z, x = promote(x0 - descended, x)
            # w' − w for w' = c z + (1 − c) w
            return like(1 - momentum, z) * (z - x)

        new = MadgradState(counter.safe_increment(state.count), nu, s, state.x0)
        return cast_like(jax.tree.map(step, s, nu, state.x0, params), params), new

    return optax.GradientTransformation(init, update)


@gradient_transformation
def madgrad(
    learning_rate: optax.ScalarOrSchedule,
    momentum: Decay = 0.9,
    weight_decay: NonNegativeOrSchedule = 0.0,
    eps: NonNegative = 1e-6,
) -> optax.GradientTransformationExtraArgs:
    """MADGRAD: momentumized, adaptive, dual averaged gradients.

        λ = (η + ε) √(k + 1)
        s ← s + λ g,    ν ← ν + λ g²
        z = w₀ − s / (∛ν + ε)
        w ← w + c (z − w),    c = 1 − `momentum`

    Every update starts from w₀ anew, with sums over all gradients. Adapts as AdaGrad does, but
    less (cube roots, and weights that grow), which generalizes about as well as SGD. Use less
    weight decay than elsewhere, often none; η differs from other rules' and needs its own search.

    Args:
      learning_rate: η; a number or a schedule.
      momentum: 1 − c.
      weight_decay: λ of a penalty added to g; a number or a schedule.
      eps: ε, added to η and to the root. Also to an η of exactly 0, so that a schedule that ends
        there goes on moving, if hardly; the authors' code stands still there.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: s, ν and w₀.

    References:
      Defazio & Jelassi, Adaptivity without compromise, 2021, algorithm 1; ε as in its
      implementation.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.madgrad(learning_rate=1.0, momentum=0.5)
      >>> params = jnp.array([8.0, -1.0])
      >>> updates, state = rule.update(params, rule.init(params), params)
      >>> print(updates.round(3))  # half of 8 / ∛64 and of 1 / ∛1
      [-1.   0.5]
    """
    return optax.chain(
        add_decayed_weights(weight_decay), scale_by_madgrad(learning_rate, momentum, eps)
    )


PARTS = (scale_by_madgrad,)
ENTRIES = (
    OptimizerEntry(
        name="madgrad",
        by_hand=madgrad,
        via_optax=optax.contrib.madgrad,
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Defazio & Jelassi 2021, algorithm 1",
        state_slots=3,
        padding_safe=True,
        rule="s ← s + λ g;  ν ← ν + λ g²;  w ← w + c (w₀ − s / ∛ν − w), with λ = η √(k + 1)",
    ),
)
