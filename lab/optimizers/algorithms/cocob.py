"""COCOB: every coordinate bets on its own gradients."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
import optax.contrib

from lab.catalog import OptimizerEntry
from lab.optimizers.common.moments import squares_like, zeros_like
from lab.optimizers.common.numbers import (
    NonNegative,
    NonNegativeOrSchedule,
    cast_like,
    like,
    promote,
)
from lab.optimizers.common.parameter_checks import require_params
from lab.optimizers.common.scalars import safe_divide
from lab.optimizers.common.transformation import gradient_transformation, widened
from lab.optimizers.common.trees import tree_add, tree_sub
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.kinds import Mask


class COCOBState(NamedTuple):
    """The bets of every coordinate; all shaped as the parameters."""

    init_particles: Any  # w₀
    cumulative_gradients: Any  # θ: the sum of −g
    scale: Any  # L: the largest |g|
    subgradients: Any  # G: the sum of |g|
    reward: Any  # R: what was won


@gradient_transformation
def scale_by_cocob(
    alpha: NonNegative = 100.0, eps: NonNegative = 1e-8
) -> optax.GradientTransformation:
    """Replace gradients by COCOB's step, sign included: see `cocob`."""

    def init(params):
        return COCOBState(
            init_particles=widened(params),
            cumulative_gradients=zeros_like(params),
            scale=squares_like(params, eps),
            subgradients=squares_like(params),
            reward=squares_like(params),
        )

    def update(updates, state, params=None):  # Orabona & Tommasi, algorithm 2
        params = require_params(params, "cocob")
        w0 = state.init_particles
        size = jax.tree.map(jnp.abs, updates)
        scale = jax.tree.map(jnp.maximum, state.scale, size)
        total = tree_add(state.subgradients, size)
        theta = tree_sub(state.cumulative_gradients, updates)

        def won(reward, g, moved):
            return jnp.maximum(reward - jnp.real(jnp.conj(g) * moved), 0)

        def step(w0, w, theta, L, G, R):
            # the share θ / max(G + L, α L) of the wealth in units of L: nothing is squared
            wealth = 1 + safe_divide(R, L)
            share = safe_divide(wealth, jnp.maximum(G + L, like(alpha, L) * L))
            theta, share = promote(theta, share)
            return w0 - w + share * theta

        reward = jax.tree.map(won, state.reward, updates, tree_sub(params, w0))
        steps = jax.tree.map(step, w0, params, theta, scale, total, reward)
        new = COCOBState(w0, theta, scale, total, reward)
        return cast_like(steps, params), cast_like(new, state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def cocob(
    learning_rate: optax.ScalarOrSchedule = 1.0,
    alpha: NonNegative = 100.0,
    eps: NonNegative = 1e-8,
    weight_decay: NonNegativeOrSchedule = 0.0,
    mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """COCOB (continuous coin betting): no rate; what earlier steps won is put on the next.

        L ← max(L, |g|),    G ← G + |g|,    θ ← θ − g
        R ← max(R − g (w − w₀), 0)
        w ← w₀ + θ / (L max(G + L, α L)) · (L + R)

    Every coordinate bets a share of its wealth L + R on the sign of its next gradient; wealth,
    and with it the distance from w₀, grows exponentially while it wins. α holds back the first
    updates, about as many as it says. Of complex numbers the modulus counts, and the real part of
    ḡ (w − w₀).

    Args:
      learning_rate: η, a factor of the gradients; a number or a schedule. A constant one only
        moves ε.
      alpha: α.
      eps: ε, the first L.
      weight_decay: λ of a penalty added to g; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: w₀, θ, L, G and R.

    References:
      Orabona & Tommasi, Training deep networks without learning rates through coin betting, 2017,
      algorithm 2; ε as in its implementation.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.cocob(alpha=4.0)
      >>> params = jnp.array([1.0, -3.0])
      >>> updates, state = rule.update(params, rule.init(params), params)
      >>> print(updates)  # a quarter, whatever the gradient
      [-0.25  0.25]
    """
    return optax.chain(
        add_decayed_weights(weight_decay, mask),
        scale_by_learning_rate(learning_rate, flip_sign=False),
        scale_by_cocob(alpha, eps),
    )


PARTS = (scale_by_cocob,)
ENTRIES = (
    OptimizerEntry(
        name="cocob",
        by_hand=cocob,
        via_optax=optax.contrib.cocob,
        search_space={"learning_rate": Float(1e-2, 1e1, log=True)},
        reference="Orabona & Tommasi 2017, algorithm 2",
        state_slots=5,
        padding_safe=True,
        rule="L ← max(L, |g|);  G ← G + |g|;  θ ← θ − g;  R ← max(R − g (w − w₀), 0);  "
        "w ← w₀ + θ (L + R) / (L max(G + L, α L))",
    ),
)
