"""Back-propagation of a multilayer perceptron, written out: forward, errors, gradients.

Notation of the textbooks: I_j net input, O_j = σ(I_j) output, Err_j = −∂L/∂I_j the error of a
unit, Δw_ij = α Err_j O_i. Rumelhart, Hinton & Williams, Learning representations by
back-propagating errors, 1986. Loss: L = ½ Σ_k (t_k − O_k)², averaged over the batch.
Shapes: B examples, n_l units of layer l, n_0 the inputs.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from lab.catalog import Catalog
from lab.shapes import require_alike, require_layers
from lab.validation.checks import checked
from lab.validation.errors import require, shown
from lab.validation.kinds import Count, DType, Key, Number


class Layer(NamedTuple):
    """Weights of one layer."""

    weights: jax.Array  # [n_{l−1}, n_l]
    bias: jax.Array  # [n_l]


class Activation(NamedTuple):
    """A non-linearity and its slope, as a function of its *output*: nothing is computed twice."""

    name: str
    value: Callable[[jax.Array], jax.Array]  # I -> O
    slope: Callable[[jax.Array], jax.Array]  # O -> dO/dI


ACTIVATIONS: Catalog[Activation] = Catalog(
    "activation",
    {
        "identity": Activation("identity", lambda i: i, jnp.ones_like),
        "relu": Activation(
            "relu", lambda i: jnp.maximum(i, 0), lambda o: jnp.where(o > 0, 1, 0).astype(o.dtype)
        ),
        "sigmoid": Activation("sigmoid", lambda i: 1 / (1 + jnp.exp(-i)), lambda o: o * (1 - o)),
        "tanh": Activation("tanh", jnp.tanh, lambda o: 1 - o * o),
    },
)


@checked
def initialize(key: Key, widths: Sequence[Count], dtype: DType = jnp.float32) -> list[Layer]:
    """Layers of an MLP with these widths, n_0 first: weights normal with variance 1/n_{l−1}."""
    require_layers(widths)
    keys = jax.random.split(key, len(widths) - 1)
    return [
        Layer(jax.random.normal(k, (n, m), dtype) / jnp.sqrt(n).astype(dtype), jnp.zeros(m, dtype))
        for k, n, m in zip(keys, widths, widths[1:])
    ]


@checked
def forward(layers: Sequence[Layer], x: ArrayLike, activations: Sequence[str]) -> list[jax.Array]:
    """All outputs, kept for the way back: [O_0 = x [B, n_0], O_1 [B, n_1], ..., O_L [B, n_L]].

    Args:
      layers: L layers.
      x: [B, n_0] inputs.
      activations: L names out of `ACTIVATIONS`.
    """
    _check(layers, activations)
    outputs, width = [jnp.asarray(x)], layers[0].weights.shape[0]
    require(
        outputs[0].ndim == 2 and outputs[0].shape[1] == width,
        f"x must be [B, {width}] for these layers, given {shown(x)}.",
    )
    for layer, name in zip(layers, activations):
        net = outputs[-1] @ layer.weights + layer.bias[None]  # I_j = Σ_i w_ij O_i + θ_j
        outputs.append(ACTIVATIONS[name].value(net))
    return outputs


@checked
def errors(
    layers: Sequence[Layer],
    outputs: Sequence[jax.Array],
    target: ArrayLike,
    activations: Sequence[str],
) -> list[jax.Array]:
    """The error of every unit, from the last layer to the first: [Err_1 [B, n_1], ..., Err_L].

    Output unit: Err_k = O'_k (t_k − O_k); hidden unit: Err_j = O'_j Σ_k w_jk Err_k. The sum is
    taken once per unit, whatever the number of paths behind it.
    """
    _check(layers, activations)
    widths = [layers[0].weights.shape[0], *(layer.bias.shape[0] for layer in layers)]
    outputs = [jnp.asarray(output) for output in outputs]
    shapes, rows = [o.shape for o in outputs], next((o.shape[:1] for o in outputs), ())
    require(
        shapes == [(*rows, width) for width in widths],
        f"outputs must be [B, n] with n = {widths}, given {shown(shapes)}.",
    )
    target = _target(target, outputs[-1])
    slopes = [ACTIVATIONS[name].slope(o) for name, o in zip(activations, outputs[1:])]
    backward = [slopes[-1] * (target - outputs[-1])]
    for layer, slope in zip(reversed(layers[1:]), reversed(slopes[:-1])):
        backward.append(slope * (backward[-1] @ layer.weights.T))
    return backward[::-1]


@checked
def gradient(
    layers: Sequence[Layer], x: ArrayLike, target: ArrayLike, activations: Sequence[str]
) -> list[Layer]:
    """∂L/∂w_ij = −mean_B O_i Err_j and ∂L/∂θ_j = −mean_B Err_j, layer by layer."""
    outputs = forward(layers, x, activations)
    examples = outputs[0].shape[0]
    return [
        Layer(-o.T @ error / examples, -error.sum(0) / examples)
        for o, error in zip(outputs, errors(layers, outputs, target, activations))
    ]


@checked
def update(layers: Sequence[Layer], slope: Sequence[Layer], alpha: Number) -> list[Layer]:
    """Step down, w ← w − α ∂L/∂w: for one example w_ij ← w_ij + α Err_j O_i."""
    require_alike("slope", list(slope), "layers", list(layers))
    return jax.tree.map(lambda w, g: w - alpha * g, list(layers), list(slope))


@checked
def loss(
    layers: Sequence[Layer], x: ArrayLike, target: ArrayLike, activations: Sequence[str]
) -> jax.Array:
    """L = mean_B ½ Σ_k (t_k − O_k)²; what `gradient` is the gradient of: []."""
    output = forward(layers, x, activations)[-1]
    return 0.5 * jnp.mean(jnp.sum(jnp.square(_target(target, output) - output), 1))


def _check(layers: Sequence[Layer], activations: Sequence[str]) -> None:
    shapes = [(np.shape(layer.weights), np.shape(layer.bias)) for layer in layers]
    chained = all(w[:-1] == before[1] for before, (w, _) in itertools.pairwise(shapes))
    require(
        len(shapes) > 0 and chained and all(len(w) == 2 and w[1:] == b for w, b in shapes),
        f"layers must have weights [n, m] and a bias [m] each, n being the m before, given "
        f"{shown(shapes)}.",
    )
    require(
        len(activations) == len(layers),
        f"activations must name one per layer, given {len(activations)} for {len(layers)} layers.",
    )


def _target(target: ArrayLike, outputs: jax.Array) -> jax.Array:
    target = jnp.asarray(target)
    require(
        target.shape in ((), outputs.shape),
        f"target must be {list(outputs.shape)} for these layers and x, or one number, given "
        f"{shown(target)}.",
    )
    return target
