"""Sign gradient descent."""

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float


@gradient_transformation
def scale_by_sign() -> optax.GradientTransformation:
    """Replace every entry by its sign (for complex entries the phase, x / |x|): see `sign_sgd`."""
    return optax.stateless(lambda updates, _: jax.tree.map(jnp.sign, updates))


@gradient_transformation
def sign_sgd(learning_rate: optax.ScalarOrSchedule) -> optax.GradientTransformationExtraArgs:
    """Sign gradient descent: every coordinate moves by the learning rate.

        w ← w − η sign(g)

    The steepest descent for the largest coordinate's norm, and what Adam becomes without its two
    memories. One bit per coordinate to send between machines; with small batches the sign is
    mostly noise, and a constant η never settles: see `signum` for the version with momentum.

    Args:
      learning_rate: η; a number or a schedule. Needs to fall for the iterate to converge.

    Returns:
      The transformation. Memory: nothing.

    References:
      Bernstein et al., signSGD: compressed optimisation for non-convex problems, 2018,
      algorithm 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.sign_sgd(learning_rate=0.25)
      >>> gradient = jnp.array([4.0, -0.01, 0.0])
      >>> updates, state = rule.update(gradient, rule.init(gradient))
      >>> print(updates)
      [-0.25  0.25 -0.  ]
    """
    return optax.chain(scale_by_sign(), scale_by_learning_rate(learning_rate))


PARTS = (scale_by_sign,)
ENTRIES = (
    OptimizerEntry(
        name="sign_sgd",
        by_hand=sign_sgd,
        via_optax=optax.sign_sgd,
        search_space={"learning_rate": Float(1e-5, 1e-1, log=True)},
        reference="Bernstein et al. 2018, algorithm 1",
        state_slots=0,
        padding_safe=True,
        rule="w ← w − η sign(g)",
    ),
)
