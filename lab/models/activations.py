"""Activations by hand, [...] -> [...] elementwise, with the names and defaults of `jax.nn`.

Where a formula has a kink or overflows, what is written is what also has the right derivative
there; not-a-number passes through all of them, so that a diverged network shows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lab.catalog import Catalog


def step(x: jax.Array) -> jax.Array:
    """1 where x ≥ 0, else 0. Its derivative is 0 everywhere: no gradient passes."""
    return jnp.where(x >= 0, 1, jnp.where(x < 0, 0, x))


def linear(x: jax.Array) -> jax.Array:
    """Is x: layers of it are one linear layer."""
    return x


@jax.custom_jvp
def sigmoid(x: jax.Array) -> jax.Array:
    """1 / (1 + e^−x); the derivative σ(1 − σ) is at most ¼, and 0 where it saturates."""
    return 1 / (1 + jnp.exp(-x))


sigmoid.defjvps(lambda g, ans, x: g * ans * (1 - ans))


def hard_sigmoid(x: jax.Array) -> jax.Array:
    """x/6 + ½, kept within [0, 1]."""
    return jnp.clip(x + 3, 0, 6) / 6


def tanh(x: jax.Array) -> jax.Array:
    """(e^x − e^−x) / (e^x + e^−x) = 2σ(2x) − 1; the derivative is 1 − tanh²."""
    return jnp.tanh(x)


def relu(x: jax.Array) -> jax.Array:
    """max(x, 0), with derivative 0 at 0."""
    return jnp.where(x <= 0, 0, x)


def leaky_relu(x: jax.Array, negative_slope: Any = 0.01) -> jax.Array:
    """Where x ≥ 0 it is x, else αx with a small slope α: no unit is dead for good."""
    return jnp.where(x >= 0, x, jnp.asarray(negative_slope, x.dtype) * x)


def prelu(x: jax.Array, negative_slope: Any = 0.25) -> jax.Array:
    """Leaky ReLU whose slopes are learned; in `MLP` one per unit, beginning at ¼.

    He et al., arXiv:1502.01852, equation 1.
    """
    return leaky_relu(x, negative_slope)


def elu(x: jax.Array, alpha: Any = 1.0) -> jax.Array:
    """Where x > 0 it is x, else α(e^x − 1). Clevert et al., arXiv:1511.07289."""
    below = jnp.where(x > 0, 0, x)  # so that the branch not taken cannot overflow
    return jnp.where(x > 0, x, jnp.asarray(alpha, x.dtype) * jnp.expm1(below))


def selu(x: jax.Array) -> jax.Array:
    """λ·elu(x, α) with the λ and α at which N(0, 1) is a fixed point of a layer.

    Klambauer et al., arXiv:1706.02515, equation 2; to be used with `lecun_normal`.
    """
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def gelu(x: jax.Array, approximate: bool = True) -> jax.Array:
    """Is x Φ(x), Φ the normal distribution function, or ½x(1 + tanh(√(2/π)(x + 0.044715x³))).

    Hendrycks and Gimpel, arXiv:1606.08415, section 2. JAX and Flax use the approximation.
    """
    if approximate:
        return 0.5 * x * (1 + jnp.tanh(float(np.sqrt(2 / np.pi)) * (x + 0.044715 * x**3)))
    return 0.5 * x * jax.lax.erfc(-x * float(np.sqrt(0.5)))


def silu(x: jax.Array) -> jax.Array:
    """Is x σ(x), also called swish. Ramachandran et al., arXiv:1710.05941."""
    return x * sigmoid(x)


swish = silu


@jax.custom_jvp
def softplus(x: jax.Array) -> jax.Array:
    """log(1 + e^x) = max(x, 0) + log(1 + e^−|x|); the derivative is σ(x)."""
    return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))


softplus.defjvps(lambda g, ans, x: g * sigmoid(x))


def mish(x: jax.Array) -> jax.Array:
    """Is x tanh(softplus(x)). Misra, arXiv:1908.08681."""
    return x * jnp.tanh(softplus(x))


@dataclass(frozen=True)
class Activation:
    """A name, the function written here, and its twin in `jax.nn`."""

    name: str
    by_hand: Callable[..., jax.Array]
    via_jax: Callable[..., Any]

    def __call__(self, x: jax.Array) -> jax.Array:
        """By hand."""
        return self.by_hand(x)


def _step_via_jax(x):
    return jnp.heaviside(x, jnp.ones_like(x))


def _prelu_via_jax(x):
    return jax.nn.leaky_relu(x, 0.25)


ACTIVATIONS: Catalog[Activation] = Catalog(
    "activation",
    {
        name: Activation(name, by_hand, via_jax)
        for name, by_hand, via_jax in (
            ("step", step, _step_via_jax),
            ("linear", linear, jax.nn.identity),
            ("sigmoid", sigmoid, jax.nn.sigmoid),
            ("hard_sigmoid", hard_sigmoid, jax.nn.hard_sigmoid),
            ("tanh", tanh, jax.nn.tanh),
            ("relu", relu, jax.nn.relu),
            ("leaky_relu", leaky_relu, jax.nn.leaky_relu),
            ("prelu", prelu, _prelu_via_jax),
            ("elu", elu, jax.nn.elu),
            ("selu", selu, jax.nn.selu),
            ("gelu", gelu, jax.nn.gelu),
            ("silu", silu, jax.nn.silu),
            ("swish", swish, jax.nn.swish),
            ("softplus", softplus, jax.nn.softplus),
            ("mish", mish, jax.nn.mish),
        )
    },
)
