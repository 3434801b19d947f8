"""Back-propagation of a multilayer perceptron, written out: forward, errors, gradients.

Notation of the textbooks: I_j net input, O_j = σ(I_j) output, Err_j = −∂L/∂I_j the error of a
unit, Δw_ij = α Err_j O_i. Rumelhart, Hinton & Williams, Learning representations by
back-propagating errors, 1986. Loss: L = ½ Σ_k (t_k − O_k)², averaged over the batch.
Shapes: B examples, n_l units of layer l, n_0 the inputs.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from lab.catalog import Catalog
from lab.errors import require


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


def initialize(key: jax.Array, widths: Sequence[int], dtype=jnp.float32) -> list[Layer]:
    """Layers of an MLP with these widths, n_0 first: weights normal with variance 1/n_{l−1}."""
    require(
        len(widths) >= 2 and min(widths) >= 1,
        f"widths must list at least two layers of at least one unit, given {tuple(widths)}.",
    )
    keys = jax.random.split(key, len(widths) - 1)
    return [
        Layer(jax.random.normal(k, (n, m), dtype) / jnp.sqrt(n).astype(dtype), jnp.zeros(m, dtype))
        for k, n, m in zip(keys, widths, widths[1:])
    ]


def forward(layers: Sequence[Layer], x: ArrayLike, activations: Sequence[str]) -> list[jax.Array]:
    """All outputs, kept for the way back: [O_0 = x [B, n_0], O_1 [B, n_1], ..., O_L [B, n_L]].

    Args:
      layers: L layers.
      x: [B, n_0] inputs.
      activations: L names out of `ACTIVATIONS`.
    """
    require(
        len(activations) == len(layers),
        f"activations must name one per layer, given {len(activations)} for {len(layers)} layers.",
    )
    outputs = [jnp.asarray(x)]
    for layer, name in zip(layers, activations):
        net = outputs[-1] @ layer.weights + layer.bias[None]  # I_j = Σ_i w_ij O_i + θ_j
        outputs.append(ACTIVATIONS[name].value(net))
    return outputs


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
    slopes = [ACTIVATIONS[name].slope(o) for name, o in zip(activations, outputs[1:])]
    backward = [slopes[-1] * (target - outputs[-1])]
    for layer, slope in zip(reversed(layers[1:]), reversed(slopes[:-1])):
        backward.append(slope * (backward[-1] @ layer.weights.T))
    return backward[::-1]


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


def update(layers: Sequence[Layer], slope: Sequence[Layer], alpha: ArrayLike) -> list[Layer]:
    """Step down, w ← w − α ∂L/∂w: for one example w_ij ← w_ij + α Err_j O_i."""
    return jax.tree.map(lambda w, g: w - alpha * g, list(layers), list(slope))


def loss(
    layers: Sequence[Layer], x: ArrayLike, target: ArrayLike, activations: Sequence[str]
) -> jax.Array:
    """L = mean_B ½ Σ_k (t_k − O_k)²; what `gradient` is the gradient of: []."""
    return 0.5 * jnp.mean(jnp.sum(jnp.square(target - forward(layers, x, activations)[-1]), 1))
