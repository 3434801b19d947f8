"""SOAP's direction: Adam in the axes in which Shampoo's preconditioner is diagonal."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.kinds import Count, Whole
from lab.optimizers.common import axes, counter
from lab.optimizers.common.mean_over_root import over_root
from lab.optimizers.common.moments import (
    bias_corrected,
    squared,
    squares_like,
    update_moment,
    zeros_like,
)
from lab.optimizers.common.numbers import Decay, NonNegative, cast_like
from lab.optimizers.common.transformation import gradient_transformation


class ScaleBySoapState(NamedTuple):
    """Adam's moments, and for every parameter a tuple of matrices, one for each axis."""

    count: jax.Array  # int32 []: calls so far; the first takes no step
    mu: Any  # M: mean gradient, shaped as the parameters
    nu: Any  # V: mean square of the turned gradient, shaped as the parameters
    statistics: Any  # L, R: mean of G Gᵀ and of Gᵀ G
    bases: Any  # Q: their eigenvectors, in columns


def _eigenvectors(matrices):
    return tuple(axes.eigh(matrix)[1] for matrix in matrices)


def _power_step(matrices, bases):
    """One step of orthogonal iteration: cheaper than eigenvectors, and near to them."""
    return tuple(axes.orthonormal(m @ q) for m, q in zip(matrices, bases, strict=True))


@gradient_transformation
def scale_by_soap(
    b1: Decay = 0.95,
    b2: Decay = 0.95,
    eps: NonNegative = 1e-8,
    update_interval: Count = 10,
    max_size: Whole = 1024,
) -> optax.GradientTransformation:
    """Replace gradients by SOAP's direction: see `soap`."""

    def init(params):
        return ScaleBySoapState(
            count=counter.zero(),
            mu=zeros_like(params),
            nu=squares_like(params),
            statistics=axes.matrices(params, max_size, axes.zeros),
            bases=axes.matrices(params, max_size, axes.identity),
        )

    def into(x, q):  # Q_Lᵀ X Q_R
        return axes.multiply(x, tuple(m.conj().T for m in q), max_size)

    def back(x, q):  # Q_L X Q_Rᵀ
        return axes.multiply(x, q, max_size)

    def update(updates, state, params=None):  # Vyas et al., algorithm 3
        del params
        state = state._replace(
            statistics=axes.tuples(updates, state.statistics),
            bases=axes.tuples(updates, state.bases),
        )
        first = state.count == 0  # only starts L and R, so that no gradient chooses its own axes
        t = jnp.maximum(state.count, 1)

        turned = jax.tree.map(into, updates, state.bases)
        mu = update_moment(b1, updates, state.mu)
        nu = update_moment(b2, squared(turned), state.nu)
        mu, nu = jax.tree.map(
            lambda new, old: jnp.where(first, old, new.astype(old.dtype)),
            (mu, nu),
            (state.mu, state.nu),
        )

        m_turned = jax.tree.map(into, bias_corrected(mu, b1, t), state.bases)
        n = over_root(m_turned, bias_corrected(nu, b2, t), eps)
        steps = jax.tree.map(back, n, state.bases)

        statistics = update_moment(
            b2, jax.tree.map(lambda g: axes.grams(g, max_size), updates), state.statistics
        )
        bases = jax.lax.cond(
            first,
            lambda: jax.tree.map(lambda _, m: _eigenvectors(m), updates, statistics),
            lambda: jax.lax.cond(
                state.count % update_interval == 0,
                lambda: jax.tree.map(
                    lambda _, m, q: _power_step(m, q), updates, statistics, state.bases
                ),
                lambda: state.bases,
            ),
        )
        new = ScaleBySoapState(counter.safe_increment(state.count), mu, nu, statistics, bases)
        return cast_like(steps, updates), cast_like(new, state)

    return optax.GradientTransformation(init, update)


PARTS = (scale_by_soap,)
