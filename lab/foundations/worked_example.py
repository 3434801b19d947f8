"""A pass of back-propagation by hand: four inputs, two hidden units, one output, all sigmoid.

The printed solution adds w15 where the net input of unit 6 needs w16, so that it finds I6 = 1.2
in place of 1.0, and carries on from there. `steps()` is the exact calculation, `steps(slip=True)`
the one with that slip: every printed number follows from it but one, I7 of the second pass. There
−.326 is printed, which is I7 of the first pass; the printed output .474 belongs to −.1033.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from lab.foundations.backpropagation import Layer
from lab.validation.checks import checked
from lab.validation.kinds import DType

ALPHA = 0.8
INPUT = (1.0, 1.0, 0.0, 1.0)  # x1 ... x4
TARGET = 1.0


class Pass(NamedTuple):
    """Net inputs and outputs of units 5, 6, 7, and the error 1 − O7 of the whole; scalars."""

    net5: jax.Array
    net6: jax.Array
    net7: jax.Array
    out5: jax.Array
    out6: jax.Array
    out7: jax.Array
    error: jax.Array


class Steps(NamedTuple):
    """Everything that the solution writes down."""

    first: Pass
    err7: jax.Array
    err6: jax.Array
    err5: jax.Array
    updated: list[Layer]  # hidden [4, 2], output [2, 1]
    second: Pass


@checked
def layers(dtype: DType = jnp.float32) -> list[Layer]:
    """The first weights: columns of the hidden layer are units 5 and 6, the output is unit 7."""
    hidden = [[0.3, 0.1], [-0.2, 0.4], [0.2, -0.3], [0.1, 0.4]]  # w15 w16; w25 w26; w35 ...
    return [
        Layer(jnp.array(hidden, dtype), jnp.array([0.2, 0.1], dtype)),
        Layer(jnp.array([[-0.3], [0.2]], dtype), jnp.array([-0.3], dtype)),
    ]


@checked
def steps(*, slip: bool = False, dtype: DType = jnp.float32) -> Steps:
    """Forward, errors, update, forward again: O = σ(I), Err7 = O7 (1 − O7)(t − O7),
    Err_j = O_j (1 − O_j) w_j7 Err7, w_ij ← w_ij + α Err_j O_i, θ_j ← θ_j + α Err_j.

    Args:
      slip: Whether unit 6 reads w15 in place of w16, in both passes, as in print.
      dtype: Of all numbers.
    """
    x, (hidden, output) = jnp.array(INPUT, dtype), layers(dtype)
    first = _forward(x, hidden, output, slip)
    err7 = first.out7 * (1 - first.out7) * (TARGET - first.out7)
    err6 = first.out6 * (1 - first.out6) * err7 * output.weights[1, 0]
    err5 = first.out5 * (1 - first.out5) * err7 * output.weights[0, 0]
    err_hidden, out_hidden = jnp.stack([err5, err6]), jnp.stack([first.out5, first.out6])
    updated = [
        Layer(hidden.weights + ALPHA * x[:, None] * err_hidden, hidden.bias + ALPHA * err_hidden),
        Layer(output.weights + ALPHA * out_hidden[:, None] * err7, output.bias + ALPHA * err7),
    ]
    return Steps(first, err7, err6, err5, updated, _forward(x, updated[0], updated[1], slip))


def _forward(x: jax.Array, hidden: Layer, output: Layer, slip: bool) -> Pass:
    net5, net6 = x @ hidden.weights + hidden.bias
    if slip:
        net6 = net6 + x[0] * (hidden.weights[0, 0] - hidden.weights[0, 1])
    out5, out6 = _sigmoid(net5), _sigmoid(net6)
    net7 = out5 * output.weights[0, 0] + out6 * output.weights[1, 0] + output.bias[0]
    out7 = _sigmoid(net7)
    return Pass(net5, net6, net7, out5, out6, out7, TARGET - out7)


def _sigmoid(net: jax.Array) -> jax.Array:
    return 1 / (1 + jnp.exp(-net))


# What the source prints, rounded as there; unit 6 with the slip.
PRINTED = {
    "net6": 1.2, "out5": 0.599, "out6": 0.769, "out7": 0.419,
    "err7": 0.141, "err6": 0.005, "err5": -0.0101,
    "w57": -0.232, "w67": 0.287, "bias7": -0.187,
    "second out7": 0.474, "error": 0.581, "second error": 0.526,
    "second net7": -0.326,  # the misprint
}  # fmt: skip
