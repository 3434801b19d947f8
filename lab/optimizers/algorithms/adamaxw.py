"""AdamaxW: Adamax with decoupled weight decay."""

import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.adamax import scale_by_adamax
from lab.optimizers.common.numbers import Decay, NonNegative, NonNegativeOrSchedule
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.kinds import Mask


@gradient_transformation
def adamaxw(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-8,
    weight_decay: NonNegativeOrSchedule = 1e-4,
    mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """AdamaxW: Adamax whose weights shrink by a rate of their own.

        m ← (1 − β₁) g + β₁ m,    m̂ = m / (1 − β₁ᵗ)
        u ← max(β₂ u, |g| + ε)
        w ← w − η (m̂ / u + λ w)

    To Adamax what AdamW is to Adam: the decay bypasses the division, and is multiplied by the
    learning rate.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the mean.
      b2: β₂, how fast the maximum fades.
      eps: ε, against a division by zero.
      weight_decay: λ; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: m and u.

    References:
      Loshchilov & Hutter, Decoupled weight decay regularization, 2019, applied to Kingma & Ba
      2015, algorithm 2.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.adamaxw(learning_rate=0.1, weight_decay=0.5)
      >>> params = jnp.array([1.0, -2.0])
      >>> updates, state = rule.update(jnp.zeros(2), rule.init(params), params)
      >>> print(updates.round(3))
      [-0.05  0.1 ]
    """
    return optax.chain(
        scale_by_adamax(b1, b2, eps),
        add_decayed_weights(weight_decay, mask),
        scale_by_learning_rate(learning_rate),
    )


ENTRIES = (
    OptimizerEntry(
        name="adamaxw",
        by_hand=adamaxw,
        via_optax=optax.adamaxw,
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Loshchilov & Hutter 2019, on Kingma & Ba 2015, algorithm 2",
        state_slots=2,
        padding_safe=True,
        rule="w ← w − η (m̂ / u + λ w), m̂ and u as in Adamax",
    ),
)
