"""LAMB: Adam whose layers move in proportion to their size."""

import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.adam import scale_by_adam
from lab.optimizers.common.numbers import Decay, NonNegative, NonNegativeOrSchedule
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.optimizers.transforms.scale_by_trust_ratio import scale_by_trust_ratio
from lab.spaces import Float
from lab.validation.kinds import Mask


@gradient_transformation
def lamb(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-6,
    eps_root: NonNegative = 0.0,
    weight_decay: NonNegativeOrSchedule = 0.0,
    mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """LAMB: AdamW's direction, scaled layer by layer to the norm of the weights.

        m ← (1 − β₁) g  + β₁ m,    m̂ = m / (1 − β₁ᵗ)
        v ← (1 − β₂) g² + β₂ v,    v̂ = v / (1 − β₂ᵗ)
        u = m̂ / (√(v̂ + ε̄) + ε) + λ w
        w ← w − η ‖w‖ / ‖u‖ · u     for each array of weights; w ← w − η u if ‖w‖ or ‖u‖ is 0

    Made for batches of thousands, where one learning rate does not suit all layers. η is the
    relative change of a layer per update. Arrays that begin at zero (biases) take one plain step
    and are held to their own small size from then on.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the mean.
      b2: β₂, memory of the mean square.
      eps: ε, outside the root.
      eps_root: ε̄, inside the root.
      weight_decay: λ, inside the norm of u; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: m and v.

    References:
      You et al., Large batch optimization for deep learning: training BERT in 76 minutes, 2020,
      algorithm 2.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.lamb(learning_rate=0.1)
      >>> params = jnp.array([3.0, 4.0])
      >>> updates, state = rule.update(jnp.array([0.0, 7.0]), rule.init(params), params)
      >>> print(updates)
      [-0.  -0.5]
    """
    return optax.chain(
        scale_by_adam(b1, b2, eps, eps_root),
        add_decayed_weights(weight_decay, mask),
        scale_by_trust_ratio(),
        scale_by_learning_rate(learning_rate),
    )


ENTRIES = (
    OptimizerEntry(
        name="lamb",
        by_hand=lamb,
        via_optax=optax.lamb,
        search_space={"learning_rate": Float(1e-4, 1e0, log=True)},
        reference="You et al. 2020, algorithm 2",
        state_slots=2,
        rule="u = m̂ / (√v̂ + ε) + λ w;  w ← w − η ‖w‖ / ‖u‖ · u, per array",
    ),
)
