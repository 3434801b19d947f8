"""Adam-mini: Adam with one mean square per neuron."""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
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
from lab.optimizers.common.numbers import Decay, NonNegative, NonNegativeOrSchedule, cast_like
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.kinds import Mask


class ScaleByAdamMiniState(NamedTuple):
    """A first moment, and a second for every block of parameters."""

    count: jax.Array  # int32 []: t, updates taken so far
    mu: Any  # m: mean gradient, shaped as the parameters
    nu: Any  # v: mean squares; as the parameters without their axes in a block


def _block_mean(x: jax.Array) -> jax.Array:
    """The mean along the axes in a block: of [in, out] the first, of more axes all."""
    block = () if x.ndim < 2 else (0,) if x.ndim == 2 else tuple(range(x.ndim))
    size = math.prod(x.shape[axis] for axis in block)
    return jnp.sum(x, block) / max(1, size)


@gradient_transformation
def scale_by_adam_mini(
    b1: Decay = 0.9, b2: Decay = 0.999, eps: NonNegative = 1e-8
) -> optax.GradientTransformation:
    """Replace gradients by Adam-mini's direction: see `adam_mini`."""

    def init(params):
        nu = jax.tree.map(_block_mean, squares_like(params))
        return ScaleByAdamMiniState(counter.zero(), zeros_like(params), nu)

    def update(updates, state, params=None):  # Zhang et al., algorithm 1
        del params
        t = counter.safe_increment(state.count)
        mu = update_moment(b1, updates, state.mu)
        nu = update_moment(b2, jax.tree.map(_block_mean, squared(updates)), state.nu)
        every = jax.tree.map(
            lambda v, g: jnp.broadcast_to(v, g.shape), bias_corrected(nu, b2, t), updates
        )
        new = ScaleByAdamMiniState(t, mu, nu)
        return over_root(bias_corrected(mu, b1, t), every, eps), cast_like(new, state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def adam_mini(
    learning_rate: optax.ScalarOrSchedule = 1e-3,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-8,
    weight_decay: NonNegativeOrSchedule = 0.0,
    mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """Adam-mini: the weights of one neuron share one mean square.

        m ← (1 − β₁) g + β₁ m,    m̂ = m / (1 − β₁ᵗ)
        v ← (1 − β₂) mean(g² over the block) + β₂ v,    v̂ = v / (1 − β₂ᵗ)
        w ← w − η (m̂ / (√v̂ + ε) + λ w)

    The Hessian of a perceptron is nearly block-diagonal, with a block for each neuron; inside a
    block one rate serves as well as many, and costs half of Adam's memory. Blocks are those of
    the authors' code: of a matrix [in, out] the weights into one neuron; of scalars and vectors
    (biases) every entry, so they are Adam's; arrays of more axes are one block each. There, names
    tell which matrices are attention's queries and keys, with a block per head, and which are in
    no list, and one block; and biases do not decay, which here is for `mask` to say.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the mean.
      b2: β₂, memory of the mean square.
      eps: ε, outside the root.
      weight_decay: λ, decoupled; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: m, and a number per block.

    References:
      Zhang et al., Adam-mini: use fewer learning rates to gain more, 2024, algorithm 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.adam_mini(learning_rate=1.0)
      >>> gradient = jnp.array([[1.0, 0.1], [7.0, 0.1]])  # into one neuron 1 and 7
      >>> updates, state = rule.update(gradient, rule.init(gradient), gradient)
      >>> print(updates.round(1))  # over the root mean squares 5 and 0.1
      [[-0.2 -1. ]
       [-1.4 -1. ]]
    """
    return optax.chain(
        scale_by_adam_mini(b1, b2, eps),
        add_decayed_weights(weight_decay, mask),
        scale_by_learning_rate(learning_rate),
    )


PARTS = (scale_by_adam_mini,)
ENTRIES = (
    OptimizerEntry(
        name="adam_mini",
        by_hand=adam_mini,
        via_optax=None,
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Zhang et al. 2024, algorithm 1",
        state_slots=1,
        rule="as AdamW, with one v per neuron: v ← (1 − β₂) mean(g²) + β₂ v",
    ),
)
