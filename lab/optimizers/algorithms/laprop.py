"""LaProp: momentum of normalized gradients, where Adam normalizes a momentum."""

from typing import Any, NamedTuple

import jax
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common import counter
from lab.optimizers.common.mean_over_root import over_root
from lab.optimizers.common.moments import (
    bias_corrected,
    squared,
    squares_like,
    update_moment,
    zeros_like,
)
from lab.optimizers.common.numbers import Decay, NonNegative, cast_like
from lab.optimizers.common.parameter_checks import require_params
from lab.optimizers.common.scalars import safe_divide, scalar, scalar_dtype
from lab.optimizers.common.scheduled import at, with_number
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.common.trees import tree_add, tree_scale, tree_sub
from lab.spaces import Float
from lab.validation.kinds import Mask


class LaPropState(NamedTuple):
    """The two moments, and the mean rate that the first is weighted with."""

    count: jax.Array  # int32 []: t, updates taken so far
    rate: jax.Array  # float []: a, mean learning rate
    mu: Any  # m: mean of the rate times the normalized gradient, shaped as the parameters
    nu: Any  # v: mean squared gradient, shaped as the parameters


def _steps(
    learning_rate: optax.ScalarOrSchedule, b1: Decay, b2: Decay, eps: NonNegative
) -> optax.GradientTransformation:
    """Replace gradients by −η m / a."""

    def init(params):
        nothing = scalar(0.0, scalar_dtype(params))
        return LaPropState(counter.zero(), nothing, zeros_like(params), squares_like(params))

    def update(updates, state, params=None):  # Ziyin et al., algorithm 1
        del params
        t = counter.safe_increment(state.count)
        eta = scalar(at(learning_rate, state.count), state.rate.dtype)
        nu = update_moment(b2, squared(updates), state.nu)
        normalized = over_root(updates, bias_corrected(nu, b2, t), eps)
        mu = update_moment(b1, tree_scale(eta, normalized), state.mu)
        rate = update_moment(b1, eta, state.rate)
        new = LaPropState(t, rate, mu, nu)
        return tree_scale(-safe_divide(eta, rate), mu), cast_like(new, state)

    return optax.GradientTransformation(init, update)


def _decay_after_step(
    learning_rate: optax.ScalarOrSchedule, weight_decay: NonNegative
) -> optax.GradientTransformation:
    """U ← u − η λ (w + u): what the step leads to decays, not what it comes from."""
    if isinstance(weight_decay, float) and weight_decay == 0:
        return optax.identity()

    def decayed(updates, params, rate):
        ahead = tree_scale(weight_decay, tree_add(require_params(params, "laprop"), updates))
        return tree_sub(updates, tree_scale(rate, ahead))

    return with_number(decayed, learning_rate)


@gradient_transformation
def laprop(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-15,
    weight_decay: NonNegative = 0.0,
    mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """LaProp: gradients are normalized first and averaged then.

        v ← (1 − β₂) g² + β₂ v,                       v̂ = v / (1 − β₂ᵗ)
        m ← (1 − β₁) η g / (√v̂ + ε) + β₁ m
        a ← (1 − β₁) η + β₁ a                         (η (1 − β₁ᵗ), where η is constant)
        w ← (1 − η λ) (w − η m / a)

    Adam divides old gradients by a root that they have no part in any more, and its steps have no
    bound unless β₁ < √β₂. Here they have one for any β₁ and β₂, down to β₂ = 0, where m is a
    momentum of signs.

    A gradient keeps the rate it came with, so that after a decay the larger steps of before weigh
    more; this, and the decay of weights after the step, are from the authors' code. There λ is not
    multiplied by η (they ask that one decays both), and a rate of exactly 0 takes the step m; here
    it takes none.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the mean.
      b2: β₂, memory of the mean square.
      eps: ε, outside the root.
      weight_decay: λ, decoupled.
      mask: Where weights decay: see `add_decayed_weights`.

    Returns:
      The transformation; `update` needs the parameters unless λ is a plain 0. Memory: m and v.

    References:
      Ziyin, Wang & Ueda, LaProp: separating momentum and adaptivity in Adam, 2020, algorithm 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.laprop(learning_rate=0.1, b1=0.5, b2=0.0)
      >>> state = rule.init(jnp.zeros(1))
      >>> for g in (4.0, -0.01):  # signs 1 and −1, with weights 1/4 and 1/2 of 3/4
      ...     updates, state = rule.update(jnp.array([g]), state)
      >>> print(updates.round(4))
      [0.0333]
    """
    decay = _decay_after_step(learning_rate, weight_decay)
    return optax.chain(
        _steps(learning_rate, b1, b2, eps), decay if mask is None else optax.masked(decay, mask)
    )


ENTRIES = (
    OptimizerEntry(
        name="laprop",
        by_hand=laprop,
        via_optax=None,
        search_space={"learning_rate": Float(1e-5, 1e-1, log=True)},
        reference="Ziyin, Wang & Ueda 2020, algorithm 1",
        state_slots=2,
        padding_safe=True,
        rule="v as in Adam;  m ← (1 − β₁) g / (√v̂ + ε) + β₁ m;  w ← w − η m / (1 − β₁ᵗ)",
    ),
)
