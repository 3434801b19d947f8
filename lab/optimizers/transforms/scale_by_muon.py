"""Muon's direction for matrices."""

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common import counter, newton_schulz
from lab.optimizers.common.mean_over_root import debiased_mean
from lab.optimizers.common.moments import moment_like, update_moment
from lab.optimizers.common.numbers import Decay, FloatDType, NonNegative, cast_like, like
from lab.optimizers.common.sharding import gathered, placed_like
from lab.optimizers.common.sides import as_matrices, dimension_numbers, sides
from lab.optimizers.common.transformation import gradient_transformation
from lab.validation.errors import require
from lab.validation.kinds import Tree, Whole


class MuonState(NamedTuple):
    """The momentum."""

    count: jax.Array  # int32 []: t, updates taken so far
    mu: Any  # m: mean gradient, shaped as the parameters
    ns_coeffs: jax.Array  # [3] or [steps, 3]


@gradient_transformation
def scale_by_muon(
    ns_coeffs: Tree = newton_schulz.STANDARD,
    ns_steps: Whole = 5,
    beta: Decay = 0.95,
    eps: NonNegative = 1e-8,
    mu_dtype: FloatDType = None,
    *,
    nesterov: bool = True,
    adaptive: bool = False,
    preconditioning: Literal["frobenius", "spectral", "aol", "schatten"] = "frobenius",
    weight_dimension_numbers: Tree | Callable[[Any], Any] = None,
) -> optax.GradientTransformation:
    """Replace matrices by their orthogonalized momentum: see `muon`."""

    def init(params):
        coefficients = jnp.asarray(ns_coeffs)
        require(
            coefficients.ndim in (1, 2) and coefficients.shape[-1] == 3,
            f"ns_coeffs must have the shape (3,) or (n, 3), given {coefficients.shape}.",
        )
        if coefficients.ndim == 2:
            require(
                len(coefficients) <= ns_steps,
                f"ns_coeffs has {len(coefficients)} rows for ns_steps={ns_steps}.",
            )
            coefficients = coefficients[-ns_steps:]
        return MuonState(counter.zero(), moment_like(params, mu_dtype), coefficients)

    def update(updates, state, params=None):
        del params
        t = counter.safe_increment(state.count)
        mu = update_moment(beta, updates, state.mu)
        mu_hat = debiased_mean(updates, mu, beta, t, nesterov=nesterov)

        def orthogonal(matrix):
            return newton_schulz.orthogonalize(
                matrix, state.ns_coeffs, ns_steps, preconditioning, eps
            )

        def leaf(m, numbers):
            whole = gathered(m)
            matrices, restore = as_matrices(whole, numbers)
            o = restore(jax.vmap(orthogonal)(matrices))
            o = jnp.sum(whole.conj() * o) * o if adaptive else o  # times the dual norm of m
            return placed_like(o, m)

        direction = jax.tree.map(leaf, mu_hat, dimension_numbers(weight_dimension_numbers, mu))
        return direction, cast_like(MuonState(t, mu, state.ns_coeffs), state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def scale_by_shape(
    weight_dimension_numbers: Tree | Callable[[Any], Any] = None,
    consistent_rms: NonNegative | None = None,
) -> optax.GradientTransformation:
    """Multiply matrices by √max(1, out / in), or by `consistent_rms` · √max(in, out).

    The first keeps a good learning rate good at other widths; the second gives every matrix the
    root mean square of an Adam step (0.2, say), so that Adam's rates can be used.
    """

    def leaf(u, numbers):
        fan_in, fan_out = sides(u.shape, numbers)
        if consistent_rms is None:
            return math.sqrt(max(1.0, fan_out / max(1, fan_in))) * u
        return like(consistent_rms * math.sqrt(max(fan_in, fan_out)), u) * u

    return optax.stateless(
        lambda updates, _: jax.tree.map(
            leaf, updates, dimension_numbers(weight_dimension_numbers, updates)
        )
    )


PARTS = (scale_by_muon, scale_by_shape)
