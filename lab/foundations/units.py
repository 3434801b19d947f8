"""One unit, four models: what the perceptron becomes with another activation and loss.

Net input z = Σ w x + b. In each of them the learning rule is w ← w + α (t − y) x: the
derivative of the loss by z is y − t, because loss and activation belong together.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lab import losses
from lab.validation.checks import checked
from lab.validation.errors import UnknownNameError, require
from lab.validation.kinds import Number


class Unit(NamedTuple):
    """An activation, the loss that goes with it, and what the pair is called."""

    model: str
    activation: Callable[[jax.Array], jax.Array]  # z [..., M] -> y [..., M]
    loss: Callable[[jax.Array, jax.Array], jax.Array]  # (z [M], t [M]) -> []


def _sign_loss(z: jax.Array, t: jax.Array) -> jax.Array:
    """Σ max(0, −2 t z), twice the perceptron loss: sign z − t is ±2 where the sign is wrong."""
    return jnp.sum(jnp.where(t * z < 0, -2 * t * z, 0.0).astype(z.dtype))


UNITS: dict[str, Unit] = {
    "sign": Unit("perceptron, targets −1 and 1", jnp.sign, _sign_loss),
    "identity": Unit(
        "linear regression",
        lambda z: z,
        lambda z, t: jnp.sum(0.5 * losses.squared_error(z, t)),
    ),
    "sigmoid": Unit(
        "logistic regression, targets 0 and 1",
        jax.nn.sigmoid,
        lambda z, t: jnp.sum(losses.sigmoid_binary_cross_entropy(z, t)),
    ),
    "softmax": Unit(
        "softmax regression, one-hot targets",
        jax.nn.softmax,
        lambda z, t: losses.softmax_cross_entropy(z, t),
    ),
}


@checked
def delta_rule(
    weights: jax.Array,
    bias: jax.Array,
    x: jax.Array,
    t: jax.Array,
    *,
    activation: str,
    alpha: Number,
) -> tuple[jax.Array, jax.Array]:
    """One step of w ← w + α (t − y) x, b ← b + α (t − y) on one example.

    Args:
      weights: [D, M].
      bias: [M].
      x: [D].
      t: [M].
      activation: A key of `UNITS`.
      alpha: Learning rate.
    """
    if activation not in UNITS:
        raise UnknownNameError("activation", activation, UNITS)
    shapes = tuple(map(np.shape, (weights, bias, x, t)))
    d, m = shapes[2], shapes[1]
    require(
        len(d) == len(m) == 1 and shapes == ((*d, *m), m, d, m),
        f"weights must be [D, M], bias [M], x [D] and t [M], given {', '.join(map(str, shapes))}.",
    )
    y = UNITS[activation].activation(x @ weights + bias)
    change = alpha * (t - y)
    return weights + x[:, None] * change, bias + change
