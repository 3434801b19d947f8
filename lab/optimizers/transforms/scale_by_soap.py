"""SOAP's direction: Adam in the axes in which Shampoo's preconditioner is diagonal."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

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
from lab.optimizers.common.sharding import gathered, placed_like
from lab.optimizers.common.transformation import gradient_transformation
from lab.validation.kinds import Count, Whole


class ScaleBySoapState(NamedTuple):
    """Adam's moments, and for every parameter a tuple of matrices, one for each axis."""

    count: jax.Array  # int32 []: calls so far; the first takes no step
    mu: Any  # M: mean gradient, shaped as the parameters
    nu: Any  # V: mean square of the turned gradient, shaped as the parameters
    statistics: Any  # L, R: mean of G Gᵀ and of Gᵀ G
    bases: Any  # Q: their eigenvectors, in columns


def _eigenvectors(statistics):
    """Q of each matrix, of the largest eigenvalue first, as `_refreshed` keeps them."""
    return tuple(axes.eigh(matrix)[1][:, ::-1] for matrix in statistics)


def _refreshed(statistics, bases, nu, max_size):
    """One step of orthogonal iteration, cheaper than eigenvectors and near to them; and V.

    QR leaves a column what it was only if larger eigenvalues are to its left: so columns are sorted
    by diag(Qᴴ L Q) first, and V, which is of these columns, with them.
    """
    new = []
    for axis, matrix, q in zip(axes.kept(nu.shape, max_size), statistics, bases, strict=True):
        image = matrix @ q
        order = jnp.argsort(jnp.sum(jnp.real(q.conj() * image), 0), descending=True)
        nu = jnp.take(nu, order, axis)
        new.append(axes.orthonormal(image[:, order]))
    return tuple(new), nu


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
        gradients = jax.tree.map(gathered, updates)
        state = state._replace(
            statistics=axes.tuples(gradients, state.statistics),
            bases=axes.tuples(gradients, state.bases),
        )
        first = state.count == 0  # only starts L and R, so that no gradient chooses its own axes
        t = jnp.maximum(state.count, 1)

        mu = update_moment(b1, gradients, jax.tree.map(gathered, state.mu))
        turned = jax.tree.map(into, gradients, state.bases)
        nu = update_moment(b2, squared(turned), jax.tree.map(gathered, state.nu))
        mu, nu = jax.tree.map(lambda mean: jnp.where(first, jnp.zeros_like(mean), mean), (mu, nu))

        m_turned = jax.tree.map(into, bias_corrected(mu, b1, t), state.bases)
        n = over_root(m_turned, bias_corrected(nu, b2, t), eps)
        steps = jax.tree.map(lambda n, q: jnp.where(first, 0, back(n, q)), n, state.bases)

        grams = jax.tree.map(lambda g: axes.grams(g, max_size), gradients)
        statistics = update_moment(b2, grams, state.statistics)

        def started():
            return jax.tree.map(lambda _, m: _eigenvectors(m), gradients, statistics), nu

        def refreshed():
            pairs = jax.tree.map(
                lambda _, matrices, q, v: _refreshed(matrices, q, v, max_size),
                gradients,
                statistics,
                state.bases,
                nu,
            )
            return (
                jax.tree.map(lambda _, pair: pair[0], gradients, pairs),
                jax.tree.map(lambda _, pair: pair[1], gradients, pairs),
            )

        later = jnp.where(state.count % update_interval == 0, 1, 2)
        bases, nu = jax.lax.switch(
            jnp.where(first, 0, later), (started, refreshed, lambda: (state.bases, nu))
        )
        mu, nu = jax.tree.map(placed_like, (mu, nu), (state.mu, state.nu))
        new = ScaleBySoapState(counter.safe_increment(state.count), mu, nu, statistics, bases)
        return jax.tree.map(placed_like, steps, updates), cast_like(new, state)

    return optax.GradientTransformation(init, update)


PARTS = (scale_by_soap,)
