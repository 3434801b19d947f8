"""Initializers by hand: `(key, shape, dtype) -> array`, the signature of `jax.nn.initializers`.

A dense kernel has shape [fan_in, fan_out]. Of normal and uniform initializers with the same
variance, uniform ones have the limit √(3·variance). JAX's `glorot_normal`, `he_normal` and
`lecun_normal` cut the normal at two standard deviations and widen it so that the variance stays;
these do not cut, as in the papers, and are `variance_scaling(..., "normal")` to a rounding.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax.nn.initializers import variance_scaling

from lab.catalog import Catalog
from lab.validation.errors import require

Shape = tuple[int, ...]


def fans(shape: Shape) -> tuple[int, int]:
    """Inputs and outputs of a unit: the last two axes, times any axes before (a receptive field).

    Raises:
      InputError: If there are fewer than two axes.
    """
    require(len(shape) >= 2, f"an initializer scaled by fans needs two axes, given shape {shape}.")
    field = math.prod(shape[:-2])
    return field * shape[-2], field * shape[-1]


def lecun(fan_in: Any, fan_out: Any) -> Any:
    """The variance 1/fan_in, which keeps that of linear and SELU units."""
    del fan_out
    return 1 / fan_in


def glorot(fan_in: Any, fan_out: Any) -> Any:
    """The variance 2/(fan_in + fan_out), a compromise of the forward and the backward signal."""
    return 1 / ((fan_in + fan_out) / 2)


def glorot_logistic(fan_in: Any, fan_out: Any) -> Any:
    """16 times Glorot's: the gain of 4 makes up for σ'(0) = ¼."""
    return 16 / ((fan_in + fan_out) / 2)


def he(fan_in: Any, fan_out: Any) -> Any:
    """The variance 2/fan_in: the 2 makes up for the half that ReLU cuts."""
    del fan_out
    return 2 / fan_in


def zeros(key: Any, shape: Shape, dtype: Any = jnp.float32) -> jax.Array:
    """All 0: every hidden unit gets the same gradient, and stays like the others."""
    return jnp.zeros(shape, dtype)


def constant(key: Any, shape: Shape, dtype: Any = jnp.float32) -> jax.Array:
    """All ½: as with zeros, the units of a layer stay identical."""
    return jnp.full(shape, 0.5, dtype)


def small_normal(key: Any, shape: Shape, dtype: Any = jnp.float32) -> jax.Array:
    """N(0, 0.0001²): too small, signals and gradients vanish with depth."""
    return _normal(key, shape, dtype, 1e-8)


def large_normal(key: Any, shape: Shape, dtype: Any = jnp.float32) -> jax.Array:
    """N(0, 1): too large, sigmoids saturate and linear units explode with depth."""
    return _normal(key, shape, dtype, 1.0)


def uniform_half(key: Any, shape: Shape, dtype: Any = jnp.float32) -> jax.Array:
    """U[−½, ½], whatever the fans: the habit of old texts."""
    return jax.random.uniform(key, shape, dtype, -0.5, 0.5)


def lecun_normal(key: Any, shape: Shape, dtype: Any = jnp.float32) -> jax.Array:
    """N(0, 1/fan_in): keeps the variance of linear and SELU units. LeCun et al., 1998, eq. 16."""
    return _normal(key, shape, dtype, lecun(*fans(shape)))


def lecun_uniform(key: Any, shape: Shape, dtype: Any = jnp.float32) -> jax.Array:
    """U[−√(3/fan_in), √(3/fan_in)], of variance 1/fan_in."""
    return _uniform(key, shape, dtype, lecun(*fans(shape)))


def glorot_normal(key: Any, shape: Shape, dtype: Any = jnp.float32) -> jax.Array:
    """N(0, 2/(fan_in + fan_out)): a compromise of the forward and the backward signal.

    Also called Xavier. Glorot and Bengio, 2010, equation 12.
    """
    return _normal(key, shape, dtype, glorot(*fans(shape)))


def glorot_uniform(key: Any, shape: Shape, dtype: Any = jnp.float32) -> jax.Array:
    """U[−√(6/(fan_in + fan_out)), √(6/(fan_in + fan_out))]. Glorot and Bengio, equation 16."""
    return _uniform(key, shape, dtype, glorot(*fans(shape)))


def glorot_logistic_normal(key: Any, shape: Shape, dtype: Any = jnp.float32) -> jax.Array:
    """N(0, 16 · 2/(fan_in + fan_out)): Glorot with the gain of 4 that makes up for σ'(0) = ¼."""
    return _normal(key, shape, dtype, glorot_logistic(*fans(shape)))


def glorot_logistic_uniform(key: Any, shape: Shape, dtype: Any = jnp.float32) -> jax.Array:
    """U[−4√(6/(fan_in + fan_out)), 4√(6/(fan_in + fan_out))], for logistic units.

    Bengio, arXiv:1206.5533, section 3.2 on initial weights.
    """
    return _uniform(key, shape, dtype, glorot_logistic(*fans(shape)))


def he_normal(key: Any, shape: Shape, dtype: Any = jnp.float32) -> jax.Array:
    """N(0, 2/fan_in): the 2 makes up for the half that ReLU cuts.

    He et al., arXiv:1502.01852, equation 10.
    """
    return _normal(key, shape, dtype, he(*fans(shape)))


def he_uniform(key: Any, shape: Shape, dtype: Any = jnp.float32) -> jax.Array:
    """U[−√(6/fan_in), √(6/fan_in)], of variance 2/fan_in."""
    return _uniform(key, shape, dtype, he(*fans(shape)))


def orthogonal(key: Any, shape: Shape, dtype: Any = jnp.float32) -> jax.Array:
    """QᵀQ = 1 (or QQᵀ = 1 for wide kernels), uniformly among all such matrices.

    Q of the QR decomposition of a normal matrix, columns multiplied by the signs of R's diagonal
    (Mezzadri, arXiv:math-ph/0609050). Saxe et al., arXiv:1312.6120.
    """
    require(len(shape) >= 2, f"orthogonal kernels need two axes, given shape {shape}.")
    rows, columns = math.prod(shape[:-1]), shape[-1]
    tall = jax.random.normal(key, (max(rows, columns), min(rows, columns)), dtype)
    q, r = _qr(tall)
    q = q * jnp.sign(jnp.diagonal(r))[None, :]
    return (q.T if rows < columns else q).reshape(shape)


@jax.custom_batching.sequential_vmap
def _qr(matrix):
    # One after the other: batches of LAPACK calls wait for ever for the threads that they run on
    # where there are two CPU devices (jaxlib 0.10.2).
    q, r = jnp.linalg.qr(matrix)
    return q, r


def _normal(key, shape, dtype, variance):
    return jax.random.normal(key, shape, dtype) * jnp.sqrt(jnp.asarray(variance, dtype))


def _uniform(key, shape, dtype, variance):
    limit = jnp.sqrt(3 * jnp.asarray(variance, dtype))
    return jax.random.uniform(key, shape, dtype, -1) * limit


@dataclass(frozen=True)
class Initializer:
    """A name, the function written here, and its twin, equal to the bit for the same key.

    Those that are scaled by fans also say how: `draw` of elements with variance 1, and
    `variance(fan_in, fan_out)`.
    """

    name: str
    by_hand: Callable[..., jax.Array]
    via_jax: Callable[..., Any]
    draw: Callable[..., jax.Array] | None = None
    variance: Callable[..., Any] | None = None

    def __call__(self, key: Any, shape: Shape, dtype: Any = jnp.float32) -> jax.Array:
        """By hand."""
        return self.by_hand(key, shape, dtype)


def _normal_unit(key, shape, dtype):
    return _normal(key, shape, dtype, 1.0)


def _uniform_unit(key, shape, dtype):
    return _uniform(key, shape, dtype, 1.0)


def _uniform_half_via_jax(key, shape, dtype=jnp.float32):
    return jax.nn.initializers.uniform(1.0)(key, shape, dtype) - 0.5


_jax = jax.nn.initializers

INITIALIZERS: Catalog[Initializer] = Catalog(
    "initializer",
    {
        by_hand.__name__: Initializer(by_hand.__name__, by_hand, via_jax, *by_fans)
        for by_hand, via_jax, *by_fans in (
            (zeros, _jax.zeros),
            (constant, _jax.constant(0.5)),
            (small_normal, _jax.normal(1e-4)),
            (large_normal, _jax.normal(1.0)),
            (uniform_half, _uniform_half_via_jax),
            (lecun_normal, variance_scaling(1.0, "fan_in", "normal"), _normal_unit, lecun),
            (lecun_uniform, _jax.lecun_uniform(), _uniform_unit, lecun),
            (glorot_normal, variance_scaling(1.0, "fan_avg", "normal"), _normal_unit, glorot),
            (glorot_uniform, _jax.glorot_uniform(), _uniform_unit, glorot),
            (
                glorot_logistic_normal,
                variance_scaling(16.0, "fan_avg", "normal"),
                _normal_unit,
                glorot_logistic,
            ),
            (
                glorot_logistic_uniform,
                variance_scaling(16.0, "fan_avg", "uniform"),
                _uniform_unit,
                glorot_logistic,
            ),
            (he_normal, variance_scaling(2.0, "fan_in", "normal"), _normal_unit, he),
            (he_uniform, _jax.he_uniform(), _uniform_unit, he),
            (orthogonal, _jax.orthogonal()),
        )
    },
)
