"""LARS: momentum whose layers move in proportion to their size."""

import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common.numbers import NonNegative, NonNegativeOrSchedule
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.optimizers.transforms.scale_by_trust_ratio import scale_by_trust_ratio
from lab.optimizers.transforms.trace import trace
from lab.spaces import Float
from lab.validation.kinds import Mask


@gradient_transformation
def lars(
    learning_rate: optax.ScalarOrSchedule,
    weight_decay: NonNegativeOrSchedule = 0.0,
    weight_decay_mask: Mask = True,
    trust_coefficient: NonNegative = 0.001,
    eps: NonNegative = 0.0,
    trust_ratio_mask: Mask = True,
    momentum: NonNegative = 0.9,
    nesterov: bool = False,
) -> optax.GradientTransformationExtraArgs:
    """LARS: gradient descent with momentum and a learning rate per layer.

        u = g + λ w
        u ← κ ‖w‖ / (‖u‖ + ε) · u     for each array of weights; u unchanged if ‖w‖ or ‖u‖ is 0
        v ← η u + μ v
        w ← w − v

    For large batches of images, where plain momentum blows up in the layers with the smallest
    weights. Biases and scales of normalizations are usually left out of both masks. The learning
    rate is inside the velocity. The paper's denominator is ‖g‖ + λ ‖w‖ instead of ‖g + λ w‖.

    Args:
      learning_rate: η; a number or a schedule. κ is small, so η is often above 1.
      weight_decay: λ; a number or a schedule.
      weight_decay_mask: Where weights decay: see `add_decayed_weights`.
      trust_coefficient: κ, the relative change of a layer per update at η = 1.
      eps: ε.
      trust_ratio_mask: Where updates are scaled, a tree of booleans as in `add_decayed_weights`.
      momentum: μ.
      nesterov: Whether the step looks ahead: w ← w − (η u + μ v).

    Returns:
      The transformation, whose `update` needs the parameters. Memory: v.

    References:
      You, Gitman & Ginsburg, Large batch training of convolutional networks, 2017, algorithm 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.lars(learning_rate=1.0, trust_coefficient=0.1)
      >>> params = jnp.array([3.0, 4.0])
      >>> updates, state = rule.update(jnp.array([0.0, 7.0]), rule.init(params), params)
      >>> print(updates)
      [ 0.  -0.5]
    """
    scale = scale_by_trust_ratio(trust_coefficient=trust_coefficient, eps=eps)
    return optax.chain(
        add_decayed_weights(weight_decay, weight_decay_mask),
        optax.masked(scale, trust_ratio_mask),
        scale_by_learning_rate(learning_rate),
        trace(momentum, nesterov),
    )


ENTRIES = (
    OptimizerEntry(
        name="lars",
        by_hand=lars,
        via_optax=optax.lars,
        search_space={"learning_rate": Float(1e-2, 1e2, log=True)},
        reference="You, Gitman & Ginsburg 2017, algorithm 1",
        state_slots=1,
        rule="u = g + λ w;  v ← η κ ‖w‖ / ‖u‖ · u + μ v;  w ← w − v, per array",
    ),
)
