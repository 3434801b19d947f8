"""Nesterov's accelerated gradient."""

import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.sgd import sgd
from lab.optimizers.common.numbers import FloatDType, NonNegative
from lab.optimizers.common.transformation import gradient_transformation
from lab.spaces import Float


@gradient_transformation
def nesterov(
    learning_rate: optax.ScalarOrSchedule,
    momentum: NonNegative = 0.9,
    accumulator_dtype: FloatDType = None,
) -> optax.GradientTransformationExtraArgs:
    """Nesterov's accelerated gradient, in the variables of the look-ahead point.

        v ← g + μ v
        w ← w − η (g + μ v)

    With w standing for the point where the gradient is taken (the iterate pushed ahead by
    μ times the velocity), gradient, velocity and step are all of the same w, as in optax, PyTorch
    and Keras. Like heavy ball, but a velocity that overshoots is corrected one step earlier:
    stable at larger μ on stiff directions.

    Args:
      learning_rate: η; a number or a schedule.
      momentum: μ, how much of the velocity survives an update.
      accumulator_dtype: The dtype of v; None for that of the parameters (float32 for float16).

    Returns:
      The transformation. Memory: v.

    References:
      Nesterov, A method of solving a convex programming problem with convergence rate O(1/k²),
      1983; Sutskever et al. 2013, equations 3-4; Bengio et al., Advances in optimizing recurrent
      networks, 2013, section 3.5 (the change of variables).

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.nesterov(learning_rate=1.0, momentum=0.5)
      >>> gradient = jnp.array([1.0, -2.0])
      >>> updates, state = rule.update(gradient, rule.init(gradient))
      >>> print(updates)
      [-1.5  3. ]
    """
    return sgd(learning_rate, momentum, True, accumulator_dtype)


def _via_optax(learning_rate, momentum=0.9, accumulator_dtype=None):
    return optax.sgd(learning_rate, momentum, True, accumulator_dtype)


ENTRIES = (
    OptimizerEntry(
        name="nesterov",
        by_hand=nesterov,
        via_optax=_via_optax,
        search_space={"learning_rate": Float(1e-4, 1e0, log=True)},
        reference="Nesterov 1983; Sutskever et al. 2013, equations 3-4",
        state_slots=1,
        padding_safe=True,
        rule="v ← g + μ v;  w ← w − η (g + μ v)",
    ),
)
