"""Stochastic gradient descent."""

import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common.numbers import FloatDType, NonNegative
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.optimizers.transforms.trace import trace
from lab.spaces import Float


@gradient_transformation
def sgd(
    learning_rate: optax.ScalarOrSchedule,
    momentum: NonNegative | None = None,
    nesterov: bool = False,
    accumulator_dtype: FloatDType = None,
) -> optax.GradientTransformationExtraArgs:
    """Stochastic gradient descent, with momentum if asked for.

        w ← w − η g                             (momentum None)
        v ← g + μ v,   w ← w − η v              (momentum μ)
        v ← g + μ v,   w ← w − η (g + μ v)      (momentum μ, nesterov)

    The baseline that everything else is measured against; with momentum and a good schedule it
    is often as good as anything in the end, and always the cheapest in memory. The learning rate
    stays outside the velocity (as in PyTorch): when it changes, the whole step changes at once.

    Args:
      learning_rate: η; a number or a schedule.
      momentum: μ; None (not 0) keeps no velocity.
      nesterov: Whether the step looks ahead.
      accumulator_dtype: The dtype of the velocity; None for that of the parameters (float32 for
        float16).

    Returns:
      The transformation. Memory: nothing without momentum, v with it.

    References:
      Robbins & Monro, A stochastic approximation method, 1951; Sutskever et al., On
      the importance of initialization and momentum in deep learning, 2013, equations 1-4.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.sgd(learning_rate=0.25)
      >>> params = jnp.array([1.0, -2.0])
      >>> updates, state = rule.update(2 * params, rule.init(params))
      >>> print(params + updates)
      [ 0.5 -1. ]
    """
    velocity = (
        optax.identity() if momentum is None else trace(momentum, nesterov, accumulator_dtype)
    )
    return optax.chain(velocity, scale_by_learning_rate(learning_rate))


ENTRIES = (
    OptimizerEntry(
        name="sgd",
        by_hand=sgd,
        via_optax=optax.sgd,
        search_space={"learning_rate": Float(1e-3, 1e1, log=True)},
        reference="Robbins & Monro 1951",
        state_slots=0,
        padding_safe=True,
        rule="w ← w − η g",
    ),
)
