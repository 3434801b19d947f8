"""Optimistic gradient descent."""

import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common.numbers import Number
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.optimizers.transforms.scale_by_optimistic_gradient import scale_by_optimistic_gradient
from lab.spaces import Float


@gradient_transformation
def optimistic_gradient_descent(
    learning_rate: optax.ScalarOrSchedule, alpha: Number = 1.0, beta: Number = 1.0
) -> optax.GradientTransformationExtraArgs:
    """Optimistic gradient descent: a step by the gradient that is expected next.

        w ← w − η (α g + β (g − g₋₁))

    For games (one network against another), where gradient descent circles around the solution
    and this spirals in. On a plain loss it is momentum of the other sign. The first step is
    −η α g.

    Args:
      learning_rate: η; a number or a schedule.
      alpha: α, weight of the gradient.
      beta: β, weight of its last change.

    Returns:
      The transformation. Memory: g₋₁.

    References:
      Mokhtari, Ozdaglar & Pattathil, A unified analysis of extra-gradient and optimistic gradient
      methods for saddle point problems, 2019, equation 26; Popov 1980.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.optimistic_gradient_descent(learning_rate=0.1)
      >>> state = rule.init(jnp.zeros(2))
      >>> _, state = rule.update(jnp.array([1.0, 1.0]), state)
      >>> updates, state = rule.update(jnp.array([1.0, 3.0]), state)
      >>> print(updates)
      [-0.1 -0.5]
    """
    return optax.chain(
        scale_by_optimistic_gradient(alpha, beta), scale_by_learning_rate(learning_rate)
    )


ENTRIES = (
    OptimizerEntry(
        name="optimistic_gradient_descent",
        by_hand=optimistic_gradient_descent,
        via_optax=optax.optimistic_gradient_descent,
        search_space={"learning_rate": Float(1e-3, 1e1, log=True)},
        reference="Mokhtari, Ozdaglar & Pattathil 2019, equation 26",
        state_slots=1,
        rule="w ← w − η (α g + β (g − g₋₁))",
    ),
)
