"""Shampoo: AdaGrad's preconditioner, a matrix for each axis."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common import axes, counter
from lab.optimizers.common.numbers import NonNegative, cast_like
from lab.optimizers.common.sharding import gathered, placed_like
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.optimizers.transforms.trace import trace
from lab.spaces import Float
from lab.validation.kinds import Count, Whole


class ScaleByShampooState(NamedTuple):
    """For every parameter a tuple with an [n, n] matrix for each of its axes."""

    count: jax.Array  # int32 []: updates taken so far
    statistics: Any  # ε I + Σ G Gᵀ
    roots: Any  # their inverse roots, as of the last time they were taken


@gradient_transformation
def scale_by_shampoo(
    eps: NonNegative = 1e-4, update_interval: Count = 1, max_size: Whole = 1024
) -> optax.GradientTransformation:
    """Multiply gradients along each axis by its inverse root: see `shampoo`."""

    def start(size, dtype):
        return jnp.asarray(eps, dtype) * axes.identity(size, dtype)

    def init(params):
        params = jax.tree.map(jnp.atleast_1d, params)
        statistics = axes.matrices(params, max_size, start)
        roots = axes.matrices(params, max_size, axes.identity)
        return ScaleByShampooState(counter.zero(), statistics, roots)

    def roots_of(matrices):
        return tuple(axes.inverse_root(matrix, 0.5 / len(matrices)) for matrix in matrices)

    def update(updates, state, params=None):  # Gupta, Koren & Singer, algorithms 1 and 2
        del params
        gradients = jax.tree.map(lambda g: jnp.atleast_1d(gathered(g)), updates)

        def add(g, matrices):
            return tuple(a + b for a, b in zip(matrices, axes.grams(g, max_size), strict=True))

        statistics = jax.tree.map(add, gradients, axes.tuples(gradients, state.statistics))
        roots = jax.lax.cond(
            state.count % update_interval == 0,
            lambda: jax.tree.map(lambda _, m: roots_of(m), gradients, statistics),
            lambda: axes.tuples(gradients, state.roots),
        )
        steps = jax.tree.map(lambda g, r: axes.multiply(g, r, max_size), gradients, roots)
        steps = jax.tree.map(lambda u, g: placed_like(u.reshape(g.shape), g), steps, updates)
        new = ScaleByShampooState(counter.safe_increment(state.count), statistics, roots)
        return cast_like(steps, updates), new

    return optax.GradientTransformation(init, update)


@gradient_transformation
def shampoo(
    learning_rate: optax.ScalarOrSchedule,
    momentum: NonNegative | None = None,
    eps: NonNegative = 1e-4,
    update_interval: Count = 1,
    max_size: Whole = 1024,
) -> optax.GradientTransformationExtraArgs:
    """Shampoo: each side of a matrix is whitened by the gradients so far.

        L ← L + G Gᵀ,    R ← R + Gᵀ G               (from ε I)
        W ← W − η L^(−1/4) G R^(−1/4)

    An array of k axes gets k matrices and the power −1 / (2k), axes of length one among them; a
    vector full-matrix AdaGrad, and a scalar, as a vector of one entry, AdaGrad. Knows how entries
    of a gradient go together, which Adam does not; the rate decays as AdaGrad's does. Roots cost
    about 25 n³ per axis: take them every `update_interval` updates (under `vmap` they are computed
    every time all the same).

    Args:
      learning_rate: η; a number or a schedule.
      momentum: Of preconditioned gradients; None keeps none.
      eps: ε, the first L and R.
      update_interval: How often roots are taken.
      max_size: Axes longer than this get no matrix and do not count in k, so that a matrix with
        one of them is whitened by the power −1/2 of the other side alone; an array of nothing
        else is left as it is.

    Returns:
      The transformation. Memory: two n × n matrices per axis of n entries.

    References:
      Gupta, Koren & Singer, Shampoo: preconditioned stochastic tensor optimization, 2018,
      algorithms 1 and 2.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule, gradient = optimizers.shampoo(learning_rate=0.1), jnp.diag(jnp.array([4.0, -0.5]))
      >>> updates, _ = rule.update(gradient, rule.init(gradient))
      >>> print(jnp.diagonal(updates).round(3))
      [-0.1  0.1]
    """
    return optax.chain(
        scale_by_shampoo(eps, update_interval, max_size),
        optax.identity() if momentum is None else trace(momentum),
        scale_by_learning_rate(learning_rate),
    )


PARTS = (scale_by_shampoo,)
ENTRIES = (
    OptimizerEntry(
        name="shampoo",
        by_hand=shampoo,
        via_optax=None,
        search_space={"learning_rate": Float(1e-3, 1e1, log=True)},
        reference="Gupta, Koren & Singer 2018, algorithms 1 and 2",
        state_slots=0,
        rule="L ← L + G Gᵀ;  R ← R + Gᵀ G;  W ← W − η L^(−1/4) G R^(−1/4)",
    ),
)
