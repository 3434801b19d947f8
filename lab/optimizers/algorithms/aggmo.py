"""AggMo: the mean of several momenta."""

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common.numbers import Decay, NonNegativeOrSchedule
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.common.trees import tree_add, tree_scale
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.optimizers.transforms.trace import trace
from lab.spaces import Float
from lab.validation.errors import require
from lab.validation.kinds import Mask


class ScaleByAggMoState(NamedTuple):
    """The velocities."""

    velocities: tuple[Any, ...]  # states of `trace` for v₁ … v_K, each shaped as the parameters


@gradient_transformation
def scale_by_aggmo(betas: Sequence[Decay] = (0.0, 0.9, 0.99)) -> optax.GradientTransformation:
    """Replace gradients by the mean of K decaying sums of them: see `aggmo`."""
    require(len(betas) > 0, "betas must hold one number at least, given none.")
    momenta = [trace(beta) for beta in betas]

    def init(params):
        return ScaleByAggMoState(tuple(momentum.init(params) for momentum in momenta))

    def update(updates, state, params=None):  # Lucas et al., section 3
        del params
        pairs = zip(momenta, state.velocities, strict=True)
        moved = [momentum.update(updates, old) for momentum, old in pairs]
        total = functools.reduce(tree_add, [velocity for velocity, _ in moved])
        new = ScaleByAggMoState(tuple(velocity for _, velocity in moved))
        return tree_scale(1 / len(momenta), total), new

    return optax.GradientTransformation(init, update)


@gradient_transformation
def aggmo(
    learning_rate: optax.ScalarOrSchedule,
    betas: Sequence[Decay] = (0.0, 0.9, 0.99),
    weight_decay: NonNegativeOrSchedule = 0.0,
    mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """AggMo (aggregated momentum): velocities of several memories, averaged.

        g ← g + λ w
        vₖ ← g + βₖ vₖ                   for each of K memories
        w ← w − (η / K) Σₖ vₖ

    A velocity with a long memory is fast along shallow directions and swings across steep ones;
    velocities with other memories swing at other frequencies and damp it. So a β of 0.999 can be
    afforded. The paper's choice for K memories is βₖ = 1 − 0.1ᵏ⁻¹. With one β it is momentum.

    Args:
      learning_rate: η; a number or a schedule.
      betas: β₁ … β_K, how much of each velocity survives an update.
      weight_decay: λ of a penalty added to g; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.

    Returns:
      The transformation; `update` needs the parameters unless λ is a plain 0. Memory: K
      velocities.

    Raises:
      InputError: If there are no betas.

    References:
      Lucas et al., Aggregated momentum: stability through passive damping, 2019, section 3.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.aggmo(learning_rate=1.0, betas=(0.0, 0.5))
      >>> state = rule.init(jnp.zeros(1))
      >>> for _ in range(2):  # velocities 1 and 1, then 1 and 1.5
      ...     updates, state = rule.update(jnp.ones(1), state)
      >>> print(updates)
      [-1.25]
    """
    return optax.chain(
        add_decayed_weights(weight_decay, mask),
        scale_by_aggmo(betas),
        scale_by_learning_rate(learning_rate),
    )


PARTS = (scale_by_aggmo,)
ENTRIES = (
    OptimizerEntry(
        name="aggmo",
        by_hand=aggmo,
        via_optax=None,
        search_space={"learning_rate": Float(1e-4, 1e0, log=True)},
        reference="Lucas et al. 2019, section 3",
        state_slots=3,
        padding_safe=True,
        rule="vₖ ← g + βₖ vₖ;  w ← w − (η / K) Σₖ vₖ",
    ),
)
