"""Decoupled weight decay."""

import jax
import optax

from lab.optimizers.common.numbers import NonNegativeOrSchedule, like, promote
from lab.optimizers.common.parameter_checks import require_params
from lab.optimizers.common.scheduled import with_number
from lab.optimizers.common.transformation import gradient_transformation
from lab.validation.kinds import Mask


@gradient_transformation
def add_decayed_weights(
    weight_decay: NonNegativeOrSchedule = 0.0, mask: Mask = None
) -> optax.GradientTransformation:
    """Add a multiple of the parameters: u ← u + λ w.

    Before an adaptive scaling this is an L2 penalty; after it, it is the decoupled decay of
    Loshchilov & Hutter (2019, algorithm 2). Either way the learning rate that follows, its
    schedule included, multiplies it.

    Args:
      weight_decay: λ; a number (traced or not) or a schedule.
      mask: A tree of booleans (or a prefix of one, or a function of the parameters that returns
        one) that is True where weights decay; None for everywhere. Biases are often left out.

    Returns:
      The transformation; `update` needs the parameters, unless λ is a plain 0 (not a traced one),
      which costs nothing, as in optax.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> decay = optimizers.add_decayed_weights(0.5, mask={"w": True, "b": False})
      >>> params = {"w": jnp.ones(2), "b": jnp.ones(1)}
      >>> updates, _ = decay.update(params, decay.init(params), params)
      >>> print(updates["w"], updates["b"])
      [1.5 1.5] [1.]
    """

    def decayed(updates, params, rate):
        params = require_params(params, "weight decay")

        def leaf(u, w):
            u, w = promote(u, like(rate, w) * w)
            return u + w

        return jax.tree.map(leaf, updates, params)

    free = isinstance(weight_decay, int | float) and weight_decay == 0
    decay = optax.identity() if free else with_number(decayed, weight_decay)
    return decay if mask is None else optax.masked(decay, mask)


PARTS = (add_decayed_weights,)
