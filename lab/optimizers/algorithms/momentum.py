"""Heavy-ball momentum."""

import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.sgd import sgd
from lab.optimizers.common.numbers import FloatDType, NonNegative
from lab.optimizers.common.transformation import gradient_transformation
from lab.spaces import Float


@gradient_transformation
def momentum(
    learning_rate: optax.ScalarOrSchedule,
    momentum: NonNegative = 0.9,
    accumulator_dtype: FloatDType = None,
) -> optax.GradientTransformationExtraArgs:
    """Heavy-ball momentum: the velocity is a decaying sum of gradients.

        v ← g + μ v
        w ← w − η v

    Averages out noise and accelerates along directions where gradients agree: a steady gradient
    ends up 1 / (1 − μ) times as fast, so a good η is about (1 − μ) times that of plain descent.

    Args:
      learning_rate: η; a number or a schedule.
      momentum: μ, how much of the velocity survives an update.
      accumulator_dtype: The dtype of v; None for that of the parameters (float32 for float16).

    Returns:
      The transformation. Memory: v.

    References:
      Polyak, Some methods of speeding up the convergence of iteration methods, 1964, equation 9;
      in this form Sutskever et al. 2013, equations 1-2, with the rate outside the velocity.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.momentum(learning_rate=0.5, momentum=0.5)
      >>> state = rule.init(jnp.zeros(2))
      >>> for _ in range(2):
      ...     updates, state = rule.update(jnp.ones(2), state)
      >>> print(updates)
      [-0.75 -0.75]
    """
    return sgd(learning_rate, momentum, False, accumulator_dtype)


def _via_optax(learning_rate, momentum=0.9, accumulator_dtype=None):
    return optax.sgd(learning_rate, momentum, False, accumulator_dtype)


ENTRIES = (
    OptimizerEntry(
        name="momentum",
        by_hand=momentum,
        via_optax=_via_optax,
        search_space={"learning_rate": Float(1e-4, 1e0, log=True)},
        reference="Polyak 1964, equation 9",
        state_slots=1,
        padding_safe=True,
        rule="v ← g + μ v;  w ← w − η v",
    ),
)
