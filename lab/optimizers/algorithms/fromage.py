"""Fromage: relative steps, layer by layer."""

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common import repaired
from lab.optimizers.common.numbers import NonNegative
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.optimizers.transforms.scale_by_trust_ratio import scale_by_trust_ratio
from lab.spaces import Float


def _stretch(rate: jax.typing.ArrayLike) -> jax.Array:
    """√(1 + η²)."""
    rate = jnp.asarray(rate)
    return jnp.sqrt(1 + rate * rate)


def _shrinkage(rate: jax.typing.ArrayLike) -> jax.Array:
    """1 / √(1 + η²) − 1, without the cancellation that leaves nothing of it at small η."""
    rate, stretch = jnp.asarray(rate), _stretch(rate)
    return -rate * rate / (stretch * (1 + stretch))


@gradient_transformation
def fromage(
    learning_rate: optax.ScalarOrSchedule, min_norm: NonNegative = 1e-6
) -> optax.GradientTransformationExtraArgs:
    """Fromage (Frobenius matched gradient descent): every layer moves by the same proportion.

        w ← (w − η ‖w‖ / ‖g‖ · g) / √(1 + η²)     for each array of weights

    Gradient descent for compositions of layers, where it is the relative size of a change that
    counts: one learning rate does for many networks. The division keeps norms from growing, since
    a step is nearly orthogonal to its weights. No momentum; needs an η that falls at the end.

    Args:
      learning_rate: η, the relative change per update; a number or a schedule.
      min_norm: Both norms count at least that much, so that arrays of zeros move, by η times it
        at first. In the authors' code norms count as they are, and where one is 0 the step is
        −η g: with the default, biases that begin at 0 leave it 1 / `min_norm` times as slowly
        for a gradient of norm 1. 0 is theirs.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: nothing.

    References:
      Bernstein et al., On the distance between two neural networks and the stability of
      learning, 2020, algorithm 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.fromage(learning_rate=0.75)
      >>> params = jnp.array([0.0, 4.0])
      >>> updates, state = rule.update(jnp.array([2.0, 0.0]), rule.init(params), params)
      >>> print(params + updates)
      [-2.4  3.2]
    """
    if callable(learning_rate):
        schedule = learning_rate
        step = scale_by_learning_rate(lambda t: schedule(t) / _stretch(schedule(t)))
        shrink = add_decayed_weights(lambda t: _shrinkage(schedule(t)))
    else:
        step = scale_by_learning_rate(learning_rate / _stretch(learning_rate))
        shrink = add_decayed_weights(_shrinkage(learning_rate))
    return optax.chain(scale_by_trust_ratio(min_norm), step, shrink)


ENTRIES = (
    OptimizerEntry(
        name="fromage",
        by_hand=fromage,
        via_optax=repaired.fromage,
        search_space={"learning_rate": Float(1e-4, 1e0, log=True)},
        reference="Bernstein et al. 2020, algorithm 1",
        state_slots=0,
        rule="w ← (w − η ‖w‖ / ‖g‖ · g) / √(1 + η²), per array",
    ),
)
