"""AdaDelta."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common.moments import squared, squares_like, update_moment
from lab.optimizers.common.numbers import (
    Decay,
    NonNegative,
    NonNegativeOrSchedule,
    cast_like,
    like,
    promote,
)
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.kinds import Mask


class ScaleByAdaDeltaState(NamedTuple):
    """The two averages."""

    e_g: Any  # E[g²], shaped as the parameters
    e_x: Any  # E[Δx²], shaped as the parameters


@gradient_transformation
def scale_by_adadelta(rho: Decay = 0.9, eps: NonNegative = 1e-6) -> optax.GradientTransformation:
    """Scale by the ratio of the RMS of past steps to that of gradients: see `adadelta`."""

    def root(mean):  # RMS[·] = √(E[·²] + ε), equation 9
        return jnp.sqrt(mean + like(eps, mean))

    def step(g, e_g, e_x):  # equation 14, the sign left to the learning rate
        ratio, g = promote(root(e_x) / root(e_g), g)
        return ratio * g

    def init(params):
        return ScaleByAdaDeltaState(e_g=squares_like(params), e_x=squares_like(params))

    def update(updates, state, params=None):  # algorithm 1
        del params
        e_g = cast_like(update_moment(rho, squared(updates), state.e_g), state.e_g)  # line 4
        steps = jax.tree.map(step, updates, e_g, state.e_x)  # line 5
        e_x = cast_like(update_moment(rho, squared(steps), state.e_x), state.e_x)  # line 6
        return steps, ScaleByAdaDeltaState(e_g, e_x)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def adadelta(
    learning_rate: optax.ScalarOrSchedule | None = None,
    rho: Decay = 0.9,
    eps: NonNegative = 1e-6,
    weight_decay: NonNegativeOrSchedule = 0.0,
    weight_decay_mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """AdaDelta: steps in the units of the parameters, with no learning rate needed.

        g ← g + λ w
        E[g²] ← (1 − ρ) g² + ρ E[g²]
        Δ = √(E[Δ²] + ε) / √(E[g²] + ε) · g
        E[Δ²] ← (1 − ρ) Δ² + ρ E[Δ²]
        w ← w − η Δ

    It starts slowly, since E[Δ²] grows from zero at a pace set by ε, and is of interest chiefly
    for history and for problems of unknown scale. Without a learning rate it descends, as in the
    paper; optax 0.2.8 then leaves the sign out and ascends.

    Args:
      learning_rate: η; a number or a schedule, None for 1.
      rho: ρ.
      eps: ε, inside both roots; it also sets the size of the first steps.
      weight_decay: λ, an L2 penalty (it enters before the scaling).
      weight_decay_mask: Where λ applies; see `add_decayed_weights`.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: E[g²] and E[Δ²].

    References:
      Zeiler, ADADELTA: an adaptive learning rate method, 2012, algorithm 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.adadelta()
      >>> params = jnp.array([1.0, -2.0])
      >>> updates, state = rule.update(params, rule.init(params), params)
      >>> print((1e3 * updates).round())
      [-3.  3.]
    """
    return optax.chain(
        add_decayed_weights(weight_decay, weight_decay_mask),
        scale_by_adadelta(rho, eps),
        scale_by_learning_rate(learning_rate),
    )


PARTS = (scale_by_adadelta,)
ENTRIES = (
    OptimizerEntry(
        name="adadelta",
        by_hand=adadelta,
        via_optax=optax.adadelta,
        search_space={"learning_rate": Float(1e-2, 1e2, log=True)},
        reference="Zeiler 2012, algorithm 1",
        state_slots=2,
        padding_safe=True,
        rule="Δ = g √(E[Δ²] + ε) / √(E[g²] + ε);  w ← w − η Δ",
    ),
)
