"""Scion: steps of a fixed length in a norm that suits each layer."""

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import optax
from optax.contrib import MuonDimensionNumbers

from lab.catalog import OptimizerEntry
from lab.optimizers.common.matrices import orthogonal
from lab.optimizers.common.moments import update_moment, zeros_like
from lab.optimizers.common.numbers import Decay, NonNegative, cast_like, like, promote
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.kinds import Whole


class ScionState(NamedTuple):
    """The momentum."""

    mu: Any  # m: mean gradient, shaped as the parameters


def _over_rms(m: jax.Array, axis: int | None, factor: float = 1.0) -> jax.Array:
    """`m` over `factor` times its root mean square along the axis, None for all of it."""
    entries = m.size if axis is None else m.shape[axis]
    mean = jnp.sum(jnp.real(m.conj() * m), axis, keepdims=True) / max(1, entries)
    m, root = promote(m, factor * jnp.sqrt(mean) + 1e-8)
    return m / root


def _ratio(m: jax.Array) -> float:
    """√(out / in)."""
    *_, fan_in, fan_out = m.shape
    return math.sqrt(fan_out / max(1, fan_in))


def _spectral(m: jax.Array, steps: int) -> jax.Array:
    return _ratio(m) * orthogonal(m, MuonDimensionNumbers(), steps)


def _spectral_max(m: jax.Array, steps: int) -> jax.Array:
    return max(1.0, _ratio(m)) * orthogonal(m, MuonDimensionNumbers(), steps)


def _sign(m: jax.Array, steps: int) -> jax.Array:
    del steps
    return jnp.sign(m) / max(1, m.shape[0])


def _colnorm(m: jax.Array, steps: int) -> jax.Array:
    del steps
    return _over_rms(m, 1)


def _rownorm(m: jax.Array, steps: int) -> jax.Array:
    del steps
    return _over_rms(m, 0, factor=m.shape[0])


NORMS: dict[str, Callable[[jax.Array, int], jax.Array]] = {
    "spectral": _spectral,
    "spectral_max": _spectral_max,
    "sign": _sign,
    "colnorm": _colnorm,
    "rownorm": _rownorm,
}


def _kernel(m: jax.Array, steps: int) -> jax.Array:
    """Of [*window, in, out], all of whose axes but the last lead in."""
    numbers = MuonDimensionNumbers(tuple(range(m.ndim - 1)), m.ndim - 1)
    return _ratio(m) / max(1, math.prod(m.shape[:-2])) * orthogonal(m, numbers, steps)


def _direction(b1, scale, norm, ns_steps):
    def init(params):
        return ScionState(zeros_like(params))

    def update(updates, state, params=None):  # Pethick et al., algorithms 1 and 2
        del params
        mu = update_moment(b1, updates, state.mu)

        def longest(m):  # of norm `scale`, and as much along m as can be
            if m.ndim < 2:
                step = _over_rms(m, None)
            elif m.ndim == 2:
                step = NORMS[norm](m, ns_steps)
            else:
                step = _kernel(m, ns_steps)
            return like(scale, step) * step

        return jax.tree.map(longest, mu), cast_like(ScionState(mu), state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def scion(
    learning_rate: optax.ScalarOrSchedule = 1e-3,
    b1: Decay = 0.9,
    scale: NonNegative = 1.0,
    *,
    norm: Literal["spectral", "spectral_max", "sign", "colnorm", "rownorm"] = "spectral",
    constrained: bool = True,
    ns_steps: Whole = 5,
) -> optax.GradientTransformationExtraArgs:
    """Scion: of all steps of norm ρ, that which goes farthest down; weights stay within norm ρ.

        m ← (1 − β) g + β m
        w ← (1 − γ) w − γ ρ d(m)           (constrained)
        w ← w − γ ρ d(m)                   (unconstrained)

        d = √(out / in) U Vᵀ               "spectral", for m = U S Vᵀ, nearly: see `muon`
            max(1, √(out / in)) U Vᵀ       "spectral_max", for a first layer
            sign(m) / in                   "sign", for a last layer
            mᵢⱼ / rms(mᵢ)                  "colnorm", for tokens in: i in, j out
            mᵢⱼ / (in · rms(m̄ⱼ))           "rownorm", m̄ⱼ what leads to j
            √(out / in) U Vᵀ / window      kernels (window, in, out) as (window · in, out)
            m / rms(m)                     biases and scalars

    A good γ stays good as layers grow wider. Constrained, it is a Frank–Wolfe method, and weight
    decay of 1 that bounds the weights: ρ is to be tuned, larger for a last layer. One call has one
    norm for all matrices; give layers theirs with `optax.partition`. Its authors have the momentum
    α = 1 − β, and 1 by default, which is none, but recommend 0.1; they take windows for square.

    Args:
      learning_rate: γ; a number or a schedule.
      b1: β, memory of the momentum.
      scale: ρ, the radius.
      norm: d of matrices (in, out). Kernels, biases and scalars have theirs.
      constrained: Whether the weights shrink towards the ball of radius ρ.
      ns_steps: Newton–Schulz iterations.

    Returns:
      The transformation, whose `update` needs the parameters if constrained. Memory: m.

    References:
      Pethick et al., Training deep learning models with norm-constrained LMOs, 2025, algorithms 1
      (unconstrained) and 2.

    Example:
      >>> import jax.numpy as jnp
      >>> import optax
      >>> from lab import optimizers
      >>> hidden, last = optimizers.scion(0.5), optimizers.scion(0.5, scale=2.0, norm="sign")
      >>> labels = {"hidden": "hidden", "last": "last"}
      >>> rule = optax.partition({"hidden": hidden, "last": last}, labels)
      >>> params = {"hidden": jnp.eye(2), "last": jnp.ones([2, 1])}
      >>> updates, _ = rule.update(params, rule.init(params), params)
      >>> print(updates["last"].round(2).T)
      [[-1. -1.]]
    """
    return optax.chain(
        _direction(b1, scale, norm, ns_steps),
        add_decayed_weights(1.0) if constrained else optax.identity(),
        scale_by_learning_rate(learning_rate),
    )


ENTRIES = (
    OptimizerEntry(
        name="scion",
        by_hand=scion,
        via_optax=None,
        search_space={
            "learning_rate": Float(3e-4, 3e-1, log=True),
            "scale": Float(1.0, 1e2, log=True),
        },
        reference="Pethick et al. 2025, algorithms 1 and 2",
        state_slots=1,
        rule="m ← (1 − β) g + β m;  w ← (1 − γ) w − γ ρ d(m), "
        "d the step of norm 1 farthest along m",
    ),
)
