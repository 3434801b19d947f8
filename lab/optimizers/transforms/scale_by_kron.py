"""Kron's direction: momentum, whitened by a Kronecker product that is fitted by gradient steps."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from lab.optimizers.common import axes, counter, kronecker
from lab.optimizers.common.keys import typed_key
from lab.optimizers.common.moments import bias_corrected, moment_like, update_moment
from lab.optimizers.common.numbers import (
    Decay,
    FloatDType,
    NonNegative,
    Positive,
    ProbabilityOrSchedule,
    cast_like,
    wide_dtype,
)
from lab.optimizers.common.scheduled import at
from lab.optimizers.common.sharding import gathered, placed_like
from lab.optimizers.common.transformation import gradient_transformation
from lab.validation.kinds import KeyOrSeed, Whole

DAMPING = float(np.sqrt(np.finfo(np.float32).eps))  # times mean |m̂|, of the probe in it
LEAST_DAMPING = 1e-9  # so that QᵀQ stays below 1e9 where gradients die out
LARGEST_RMS = 1.1  # of an update; whitened ones have 1


class ScaleByKronState(NamedTuple):
    """The momentum, and for every parameter a tuple of factors, one for each axis."""

    count: jax.Array  # int32 []: t, updates taken so far
    mu: Any  # m: mean gradient, shaped as the parameters
    factors: Any  # Q: [n, n] or [n] for every axis
    fitted: jax.Array  # int32 []: t at which the factors were last fitted, 0 at first
    key: jax.Array  # key []: of the probes to come


def falling_probability(count: jax.typing.ArrayLike) -> jax.Array:
    """1 for 500 updates, then exp(−(t − 500) / 1000), and at least 0.03."""
    t = jnp.asarray(count, jnp.result_type(float))
    return jnp.clip(jnp.exp(-0.001 * (t - 500)), 0.03, 1.0)


@gradient_transformation
def scale_by_kron(
    b1: Decay = 0.9,
    preconditioner_update_probability: ProbabilityOrSchedule = falling_probability,
    max_size_triangular: Whole = 8192,
    min_ndim_triangular: Whole = 2,
    preconditioner_lr: NonNegative = 0.1,
    preconditioner_init_scale: Positive = 1.0,
    mu_dtype: FloatDType = None,
    key: KeyOrSeed = None,
) -> optax.GradientTransformation:
    """Replace gradients by Kron's direction: see `kron`."""

    def init(params):
        def identity(p):
            scale = jnp.asarray(preconditioner_init_scale, wide_dtype(p))
            return kronecker.identity(p.shape, scale, max_size_triangular, min_ndim_triangular)

        return ScaleByKronState(
            count=counter.zero(),
            mu=moment_like(params, mu_dtype),
            factors=jax.tree.map(identity, params),
            fitted=counter.zero(),
            key=typed_key(key),
        )

    def fitted(m, q, key):
        if not q:
            return q
        v = jax.random.normal(key, m.shape, m.dtype)
        delta = jnp.maximum(DAMPING * jnp.mean(jnp.abs(m)), LEAST_DAMPING)
        a = kronecker.multiply(m + delta * v, q)
        b = kronecker.solve_adjoint(v, q)
        return kronecker.balanced(kronecker.moved(q, a, b, preconditioner_lr))

    def fit(m, q, keys):
        return cast_like(jax.tree.map(fitted, m, q, keys), q)

    def keep(m, q, keys):
        del m, keys
        return q

    def whitened(m, q):
        if not q:
            return m
        u = kronecker.multiply_adjoint(kronecker.multiply(m, q), q)
        square = jnp.mean(jnp.real(u * u.conj()))
        return u / jnp.sqrt(jnp.maximum(1, square / LARGEST_RMS**2))

    def update(updates, state, params=None):
        del params
        t = counter.safe_increment(state.count)
        mu = update_moment(b1, updates, state.mu)
        m = jax.tree.map(gathered, bias_corrected(mu, b1, t))

        following, now = jax.random.split(state.key)
        structure = jax.tree.structure(updates)
        keys = structure.unflatten(jax.random.split(now, structure.num_leaves))
        interval = 1 / jnp.asarray(at(preconditioner_update_probability, t), float)
        due = (t - state.fitted).astype(interval.dtype) >= interval
        q = jax.lax.cond(due, fit, keep, m, axes.tuples(updates, state.factors), keys)

        steps = jax.tree.map(placed_like, jax.tree.map(whitened, m, q), updates)
        new = ScaleByKronState(t, mu, q, jnp.where(due, t, state.fitted), following)
        return steps, new._replace(mu=cast_like(mu, state.mu))

    return optax.GradientTransformation(init, update)


PARTS = (scale_by_kron,)
