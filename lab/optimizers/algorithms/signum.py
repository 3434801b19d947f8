"""Signum: the sign of momentum."""

import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.sign_sgd import scale_by_sign
from lab.optimizers.common.numbers import Decay, FloatDType
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.ema import ema
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float


@gradient_transformation
def signum(
    learning_rate: optax.ScalarOrSchedule,
    beta: Decay = 0.9,
    accumulator_dtype: FloatDType = None,
) -> optax.GradientTransformationExtraArgs:
    """Signum: sign gradient descent on a running mean of gradients.

        m ← (1 − β) g + β m
        w ← w − η sign(m)

    The mean takes the noise out before the sign throws the size away, which plain sign descent
    does the other way round. Half of Adam's memory; Lion is the same with a second interpolation.

    Args:
      learning_rate: η; a number or a schedule.
      beta: β, memory of the mean.
      accumulator_dtype: The dtype of m; None for the parameters', of 32 bits at least.

    Returns:
      The transformation. Memory: m.

    References:
      Bernstein et al., signSGD: compressed optimisation for non-convex problems, 2018,
      algorithm 2.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.signum(learning_rate=0.25)
      >>> state = rule.init(jnp.zeros(2))
      >>> for gradient in (jnp.array([4.0, 4.0]), jnp.array([4.0, -1.0])):
      ...     updates, state = rule.update(gradient, state)
      >>> print(updates)
      [-0.25 -0.25]
    """
    return optax.chain(
        ema(beta, debias=False, accumulator_dtype=accumulator_dtype),
        scale_by_sign(),
        scale_by_learning_rate(learning_rate),
    )


ENTRIES = (
    OptimizerEntry(
        name="signum",
        by_hand=signum,
        via_optax=optax.signum,
        search_space={"learning_rate": Float(1e-5, 1e-1, log=True)},
        reference="Bernstein et al. 2018, algorithm 2",
        state_slots=1,
        padding_safe=True,
        rule="m ← (1 − β) g + β m;  w ← w − η sign(m)",
    ),
)
