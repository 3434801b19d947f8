"""The chain rule by hand on two small nets: nine derivatives, and paths that are added.

w^l_ij leads from unit i of layer l − 1 to unit j of layer l; o_lj is the output of unit j of
layer l. Loss L = (y − ŷ)² of one example.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lab.foundations.backpropagation import Layer
from lab.shapes import require_alike
from lab.validation.checks import checked
from lab.validation.errors import require, shown
from lab.validation.kinds import Number


class LinearNet(NamedTuple):
    """The nine parameters of a 2-2-1 net without activations, scalars; or their derivatives."""

    w1_11: jax.Array
    w1_12: jax.Array
    w1_21: jax.Array
    w1_22: jax.Array
    b1_1: jax.Array
    b1_2: jax.Array
    w2_11: jax.Array
    w2_21: jax.Array
    b2_1: jax.Array


@checked
def linear_outputs(net: LinearNet, x: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """o₁₁, o₁₂ and ŷ: [2] -> three scalars."""
    _check_vector(x, 2)
    o11 = net.w1_11 * x[0] + net.w1_21 * x[1] + net.b1_1
    o12 = net.w1_12 * x[0] + net.w1_22 * x[1] + net.b1_2
    return o11, o12, net.w2_11 * o11 + net.w2_21 * o12 + net.b2_1


@checked
def linear_loss(net: LinearNet, x: jax.Array, y: Number) -> jax.Array:
    """L = (y − ŷ)²: []."""
    return jnp.square(y - linear_outputs(net, x)[2])


@checked
def nine_derivatives(net: LinearNet, x: jax.Array, y: Number) -> LinearNet:
    """∂L/∂ŷ = −2(y − ŷ), times ∂ŷ/∂ of each parameter.

    Second layer: ∂ŷ/∂w²₁₁ = o₁₁, ∂ŷ/∂w²₂₁ = o₁₂, ∂ŷ/∂b²₁ = 1. First layer, through unit j:
    ∂ŷ/∂w¹_ij = w²_j1 x_i, ∂ŷ/∂b¹_j = w²_j1.
    """
    o11, o12, prediction = linear_outputs(net, x)
    outer = -2 * (jnp.asarray(y) - prediction)
    return LinearNet(
        w1_11=outer * net.w2_11 * x[0],
        w1_12=outer * net.w2_21 * x[0],
        w1_21=outer * net.w2_11 * x[1],
        w1_22=outer * net.w2_21 * x[1],
        b1_1=outer * net.w2_11,
        b1_2=outer * net.w2_21,
        w2_11=outer * o11,
        w2_21=outer * o12,
        b2_1=outer,
    )


@checked
def deep_outputs(layers: list[Layer], x: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Outputs of a 3-3-2-1 net, all sigmoid: o₁ [3], o₂ [2], ŷ []."""
    _check_vector(x, 3)
    _check_layers(layers)
    o1 = jax.nn.sigmoid(x @ layers[0].weights + layers[0].bias)
    o2 = jax.nn.sigmoid(o1 @ layers[1].weights + layers[1].bias)
    return o1, o2, jax.nn.sigmoid(o2 @ layers[2].weights + layers[2].bias)[0]


@checked
def deep_loss(layers: list[Layer], x: jax.Array, y: Number) -> jax.Array:
    """L = (y − ŷ)²: []."""
    return jnp.square(y - deep_outputs(layers, x)[2])


@checked
def paths(layers: list[Layer], x: jax.Array, y: Number) -> jax.Array:
    """∂L/∂w¹_ij of the 3-3-2-1 net along each of its two paths, through o₂₁ and o₂₂: [2, 3, 3].

    A first-layer weight reaches ŷ through o₁_j and then through both units of layer 2; the chain
    rule multiplies along a path and adds the paths:
    ∂L/∂w¹_ij = −2(y − ŷ) ŷ' Σ_k w³_k1 o₂_k' w²_jk o₁_j' x_i, with o' = o(1 − o).
    """
    o1, o2, prediction = deep_outputs(layers, x)
    outer = -2 * (y - prediction) * prediction * (1 - prediction)
    through = []
    for k in range(2):
        from_k = outer * layers[2].weights[k, 0] * o2[k] * (1 - o2[k])  # ∂L/∂I of unit k
        from_j = from_k * layers[1].weights[:, k] * o1 * (1 - o1)  # [3]: ∂L/∂I_j along path k
        through.append(x[:, None] * from_j)  # [3, 3]: i, j
    return jnp.stack(through)


def _check_vector(x: jax.Array, length: int) -> None:
    require(np.shape(x) == (length,), f"x must have {length} numbers, given {shown(x)}.")


def _check_layers(layers: list[Layer]) -> None:
    expected = [Layer(jnp.zeros(shape), jnp.zeros(shape[1])) for shape in ((3, 3), (3, 2), (2, 1))]
    require_alike("layers", list(layers), "a 3-3-2-1 net", expected)
