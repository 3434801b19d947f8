"""AdaGrad."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common.moments import squared, squares_like
from lab.optimizers.common.numbers import NonNegative, cast_like, like, promote
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float


class ScaleByRssState(NamedTuple):
    """The running sum."""

    sum_of_squares: Any  # G: Σ |g|², shaped as the parameters


@gradient_transformation
def scale_by_rss(
    initial_accumulator_value: NonNegative = 0.1, eps: NonNegative = 1e-7
) -> optax.GradientTransformation:
    """Divide by the root of the sum of all squared gradients so far: see `adagrad`."""

    def init(params):
        return ScaleByRssState(sum_of_squares=squares_like(params, initial_accumulator_value))

    def update(updates, state, params=None):
        del params

        def accumulated(g2, total):  # G ← G + g²
            g2, total = promote(g2, total)
            return g2 + total

        def scaled(g, total):  # g / √(G + ε), and 0 where nothing was ever seen
            inverse = jnp.where(total > 0, jax.lax.rsqrt(total + like(eps, total)), 0.0)
            inverse, g = promote(inverse, g)
            return inverse * g

        total = jax.tree.map(accumulated, squared(updates), state.sum_of_squares)
        total = cast_like(total, state.sum_of_squares)
        return jax.tree.map(scaled, updates, total), ScaleByRssState(total)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def adagrad(
    learning_rate: optax.ScalarOrSchedule,
    initial_accumulator_value: NonNegative = 0.1,
    eps: NonNegative = 1e-7,
) -> optax.GradientTransformationExtraArgs:
    """AdaGrad: a learning rate per coordinate that shrinks with everything seen so far.

        G ← G + g²,   G₀ = `initial_accumulator_value`
        w ← w − η g / √(G + ε)

    For sparse features and convex problems, where it has its regret bound; on a long training of
    a network the rate dies out. PyTorch and Keras differ: PyTorch starts at G₀ = 0 with ε = 1e-10
    outside the root.

    Args:
      learning_rate: η; a number or a schedule.
      initial_accumulator_value: G₀ ≥ 0; larger values make the first steps gentler.
      eps: ε, inside the root.

    Returns:
      The transformation. Memory: G.

    References:
      Duchi, Hazan & Singer, Adaptive subgradient methods for online learning and stochastic
      optimization, 2011, equation 1 with the diagonal matrix of section 1.1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.adagrad(0.1, initial_accumulator_value=0.0)
      >>> gradient = jnp.array([4.0, -0.01])
      >>> updates, state = rule.update(gradient, rule.init(gradient))
      >>> print(updates.round(3))
      [-0.1  0.1]
    """
    return optax.chain(
        scale_by_rss(initial_accumulator_value, eps), scale_by_learning_rate(learning_rate)
    )


PARTS = (scale_by_rss,)
ENTRIES = (
    OptimizerEntry(
        name="adagrad",
        by_hand=adagrad,
        via_optax=optax.adagrad,
        search_space={"learning_rate": Float(1e-3, 1e0, log=True)},
        reference="Duchi, Hazan & Singer 2011, equation 1 (diagonal)",
        state_slots=1,
        padding_safe=True,
        rule="G ← G + g²;  w ← w − η g / √(G + ε)",
    ),
)
