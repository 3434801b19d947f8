"""SM3: AdaGrad with one accumulator per row and column."""

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common import repaired
from lab.optimizers.common.moments import update_moment, zeros_like
from lab.optimizers.common.numbers import (
    Decay,
    NonNegative,
    Share,
    cast_like,
    like,
    promote,
    wide_dtype,
)
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float


class ScaleBySM3State(NamedTuple):
    """Accumulators of the axes, and momentum."""

    mu: Any  # μ: for every parameter a list, [size of the axis] for each axis ([1] for a scalar)
    nu: Any  # m: mean step, shaped as the parameters


@gradient_transformation
def scale_by_sm3(
    b1: Decay = 0.9, b2: Share = 1.0, eps: NonNegative = 1e-30
) -> optax.GradientTransformation:
    """Replace gradients by SM3's direction: see `sm3`.

    `b2` is the share of the accumulators that survives an update; below 1 they become averages.
    `eps` is beside ν, so √eps has to be small beside gradients: 1e-30 as its authors have it, not
    optax's 1e-8, which shortens the steps of gradients of 1e-4 already.
    """

    def along_axes(p):
        dtype = jnp.finfo(wide_dtype(p)).dtype
        return [jnp.zeros([n], dtype) for n in jnp.shape(p) or (1,)]

    def bound(g, mu):  # ν = min over the axes of μ, + g²
        shape = jnp.shape(g)

        def spread(m, axis):
            return m.reshape([n if i == axis else 1 for i, n in enumerate(shape)])

        gain = jnp.where(jnp.asarray(b2) == 1, 1, 1 - jnp.asarray(b2))
        least = functools.reduce(jnp.minimum, (spread(m, i) for i, m in enumerate(mu)))
        g2, least = promote(jnp.real(jnp.conj(g) * g), least)
        return like(gain, g2) * g2 + like(b2, least) * least

    def largest(v):  # μ: for each axis, the largest ν of every slice
        axes = range(v.ndim)
        if v.ndim == 0:
            return [v.reshape([1])]
        return [jnp.max(v, [j for j in axes if j != i], initial=0) for i in axes]

    def scaled(g, v):  # g / √ν, and 0 where nothing was ever seen
        inverse = jnp.where(v > 0, jax.lax.rsqrt(v + like(eps, v)), 0)
        g, inverse = promote(g, inverse)
        return g * inverse

    def init(params):
        return ScaleBySM3State(jax.tree.map(along_axes, params), zeros_like(params))

    def update(updates, state, params=None):  # Anil et al., algorithm SM3-II
        del params
        old = jax.tree.map(lambda _, mu: jax.tree.leaves(mu), updates, state.mu)  # lists, for NNX
        total = jax.tree.map(bound, updates, old)
        mean = update_moment(b1, jax.tree.map(scaled, updates, total), state.nu)
        mu = cast_like(jax.tree.map(largest, total), old)
        return mean, ScaleBySM3State(mu, cast_like(mean, state.nu))

    return optax.GradientTransformation(init, update)


@gradient_transformation
def sm3(
    learning_rate: optax.ScalarOrSchedule, momentum: Decay = 0.9
) -> optax.GradientTransformationExtraArgs:
    """SM3: AdaGrad whose memory for a matrix is a row and a column.

        ν = minᵢ μᵢ + g²              (μᵢ the accumulator of axis i, spread over the others)
        μᵢ ← max over the other axes of ν
        m ← (1 − β) g / √ν + β m      (0 where ν = 0)
        w ← w − η m

    ν bounds AdaGrad's sum of squares from above; tight where large gradients share rows or
    columns, as in embeddings. For models whose optimizer does not fit into memory. As AdaGrad it
    never forgets, so η decays by itself.

    Args:
      learning_rate: η; a number (or a schedule, which optax's does not take).
      momentum: β.

    Returns:
      The transformation. Memory: m, and the length of every axis. Scalars have an accumulator of
      their own (optax 0.2.8 fails on them), vectors are AdaGrad's, complex entries count by |g|².

    References:
      Anil et al., Memory-efficient adaptive optimization, 2019, algorithm SM3-II.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.sm3(learning_rate=0.1, momentum=0.0)
      >>> state = rule.init(jnp.zeros([2, 2]))
      >>> for gradient in (jnp.array([[3.0, 0.0], [0.0, 4.0]]), jnp.ones([2, 2])):
      ...     updates, state = rule.update(gradient, state)
      >>> print(updates.round(3))
      [[-0.032 -0.032]
       [-0.032 -0.024]]
    """
    return optax.chain(scale_by_sm3(momentum), scale_by_learning_rate(learning_rate))


PARTS = (scale_by_sm3,)
ENTRIES = (
    OptimizerEntry(
        name="sm3",
        by_hand=sm3,
        via_optax=repaired.sm3,
        search_space={"learning_rate": Float(1e-3, 1e1, log=True)},
        reference="Anil et al. 2019, algorithm SM3-II",
        state_slots=1,
        rule="ν = minᵢ μᵢ + g²;  μᵢ ← max ν over the other axes;  w ← w − η · mean of g / √ν",
    ),
)
