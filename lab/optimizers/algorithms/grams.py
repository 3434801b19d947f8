"""Grams: the gradient says where to, Adam how far."""

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.adam import scale_by_adam
from lab.optimizers.common.numbers import Decay, NonNegative, NonNegativeOrSchedule, promote
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.kinds import Mask


@gradient_transformation
def scale_by_grams(
    b1: Decay = 0.9, b2: Decay = 0.999, eps: NonNegative = 1e-6
) -> optax.GradientTransformation:
    """Replace gradients by their signs times the size of Adam's direction: see `grams`."""
    adam = scale_by_adam(b1, b2, eps)

    def update(updates, state, params=None):  # Cao, Li & Song, algorithm 1
        direction, state = adam.update(updates, state, params)

        def leaf(g, u):
            sign, size = promote(jnp.sign(g), jnp.abs(u))
            return sign * size

        return jax.tree.map(leaf, updates, direction), state

    return optax.GradientTransformation(adam.init, update)


@gradient_transformation
def grams(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-6,
    weight_decay: NonNegativeOrSchedule = 0.0,
    mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """Grams: no number ever moves against its present gradient.

        m, v as in Adam
        w ← w − η (sign(g) |m̂| / (√v̂ + ε) + λ w)

    Momentum gives the size of a step only. Where Adam's direction and the gradient agree it is
    Adam; where they do not, `cautious` stands still and Grams turns round. A gradient of exactly
    zero moves nothing. ε is added after the correction of v, as in Adam's paper and this one's; the
    authors' code adds it before, so that it is 1 / √(1 − β₂ᵗ) times as much at first.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the mean.
      b2: β₂, memory of the mean square.
      eps: ε, outside the root.
      weight_decay: λ, decoupled; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.

    Returns:
      The transformation; `update` needs the parameters unless λ is a plain 0. Memory: m and v.

    References:
      Cao, Li & Song, Grams: gradient descent with adaptive momentum scaling, 2024, algorithm 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.grams(learning_rate=0.1)
      >>> state = rule.init(jnp.zeros(1))
      >>> for g in (4.0, -0.01):
      ...     updates, state = rule.update(jnp.array([g]), state)
      ...     print(updates.round(3))  # Adam's second step is −0.067, too
      [-0.1]
      [0.067]
    """
    return optax.chain(
        scale_by_grams(b1, b2, eps),
        add_decayed_weights(weight_decay, mask),
        scale_by_learning_rate(learning_rate),
    )


PARTS = (scale_by_grams,)
ENTRIES = (
    OptimizerEntry(
        name="grams",
        by_hand=grams,
        via_optax=None,
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Cao, Li & Song 2024, algorithm 1",
        state_slots=2,
        padding_safe=True,
        rule="w ← w − η sign(g) |m̂| / (√v̂ + ε), m̂ and v̂ as in Adam",
    ),
)
