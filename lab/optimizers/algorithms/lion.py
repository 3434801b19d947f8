"""Lion: the sign of an interpolated momentum."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common import counter
from lab.optimizers.common.moments import moment_like, update_moment
from lab.optimizers.common.numbers import (
    Decay,
    FloatDType,
    NonNegative,
    NonNegativeOrSchedule,
    Number,
    cast_like,
    like,
)
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.errors import UnknownNameError
from lab.validation.kinds import Mask


class ScaleByLionState(NamedTuple):
    """The momentum."""

    count: jax.Array  # int32 []: updates taken so far
    mu: Any  # m, shaped as the parameters


_MODES: dict[str, Callable[[jax.Array, Number], jax.Array]] = {
    "hard": lambda c, beta: jnp.sign(c),
    "smooth": lambda c, beta: jnp.tanh(like(beta, c) * c),
    "refined": lambda c, beta: jnp.where(jnp.abs(c) < 1.0, c, jnp.sign(c)),
}


@gradient_transformation
def scale_by_lion(
    b1: Decay = 0.9,
    b2: Decay = 0.99,
    mu_dtype: FloatDType = None,
    *,
    mode: Literal["hard", "smooth", "refined"] = "hard",
    smooth_beta: NonNegative = 1.0,
) -> optax.GradientTransformation:
    """Replace gradients by the sign of a momentum: see `lion`.

    `mode` replaces the sign of c (hard, as published) by tanh(`smooth_beta`·c) or by c cut off at
    ±1 (refined).
    """
    if mode not in _MODES:
        raise UnknownNameError("mode", mode, _MODES)
    squash = _MODES[mode]

    def init(params):
        return ScaleByLionState(counter.zero(), moment_like(params, mu_dtype))

    def update(updates, state, params=None):  # algorithm 2
        del params
        c = update_moment(b1, updates, state.mu)
        mu = update_moment(b2, updates, state.mu)
        new = ScaleByLionState(counter.safe_increment(state.count), mu)
        return jax.tree.map(lambda x: squash(x, smooth_beta), c), cast_like(new, state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def lion(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.9,
    b2: Decay = 0.99,
    mu_dtype: FloatDType = None,
    weight_decay: NonNegativeOrSchedule = 1e-3,
    mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """Lion (evolved sign momentum): every coordinate moves by the learning rate.

        c = (1 − β₁) g + β₁ m
        w ← w − η (sign(c) + λ w)
        m ← (1 − β₂) g + β₂ m

    Half of Adam's memory. All steps have the same size, so η is 3-10 times smaller than Adam's
    and λ that much larger; it likes large batches, and needs a schedule that ends near zero.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, of the interpolation whose sign is taken.
      b2: β₂, memory of the momentum.
      mu_dtype: The dtype of m; None for the parameters', of 32 bits at least.
      weight_decay: λ, decoupled; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: m.

    References:
      Chen et al., Symbolic discovery of optimization algorithms, 2023, algorithm 2.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.lion(learning_rate=0.1, weight_decay=0.0)
      >>> gradient = jnp.array([4.0, -0.01])
      >>> updates, state = rule.update(gradient, rule.init(gradient), gradient)
      >>> print(updates)
      [-0.1  0.1]
    """
    return optax.chain(
        scale_by_lion(b1, b2, mu_dtype),
        add_decayed_weights(weight_decay, mask),
        scale_by_learning_rate(learning_rate),
    )


PARTS = (scale_by_lion,)
ENTRIES = (
    OptimizerEntry(
        name="lion",
        by_hand=lion,
        via_optax=optax.lion,
        search_space={"learning_rate": Float(1e-5, 1e-2, log=True)},
        reference="Chen et al. 2023, algorithm 2",
        state_slots=1,
        padding_safe=True,
        rule="w ← w − η (sign((1 − β₁) g + β₁ m) + λ w);  m ← (1 − β₂) g + β₂ m",
    ),
)
