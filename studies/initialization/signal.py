"""Signal and gradient at the start, before any training: every seed is one initial network."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab import losses, models, probes
from lab.data.streams import init_key
from lab.models import INITIALIZERS, MLP


def edges(what: str, bins: int) -> np.ndarray:
    """Of the bins of an activation's outputs, or of absolute gradients.

    ReLUs, which may explode, go by powers of ten, with everything below in the first bin.
    """
    return {
        "sigmoid": np.linspace(0, 1, bins + 1), "tanh": np.linspace(-1, 1, bins + 1),
        "relu": np.logspace(-8, 8, bins + 1), "gradient": np.logspace(-16, 4, bins + 1),
    }[what]  # fmt: skip


def distributions(
    activations: Sequence[str], initializers: Sequence[str], widths: tuple[int, ...], rows: int,
    split: int, seeds: Sequence[int], bins: int,
) -> xr.Dataset:  # fmt: skip
    """Outputs and gradients of each hidden layer of a network that has not been trained.

    Returns:
      `output_rms`, `gradient_rms` (of the kernel's gradient) by activation, initializer, layer and
      seed; `output`, `gradient`: shares per bin, mean over seeds.
    """
    prepared = lab.data.source(lab.data.load("digits")).prepare(split)
    batch = {k: jnp.asarray(np.asarray(v)[:rows]) for k, v in prepared.rows.items()}
    keys = jnp.stack([init_key(seed) for seed in seeds])
    drawn = {
        name: _drawn(MLP(widths, 10, initializer=name), keys, batch["x"]) for name in initializers
    }
    shown = []
    for activation in activations:
        look = jax.jit(jax.vmap(_look(MLP(widths, 10, activation=activation), batch, bins)))
        shown.append([look(drawn[name]) for name in initializers])
    found = {
        k: np.array([[np.asarray(one[k]) for one in row] for row in shown]) for k in shown[0][0]
    }
    head = ("activation", "initializer")
    return xr.Dataset(
        {
            "output_rms": ((*head, "layer", "seed"), np.swapaxes(found["output_rms"], -1, -2)),
            "gradient_rms": ((*head, "layer", "seed"), np.swapaxes(found["gradient_rms"], -1, -2)),
            "output": ((*head, "layer", "bin"), found["output"].mean(2)),
            "gradient": ((*head, "layer", "bin"), found["gradient"].mean(2)),
        },
        {
            "activation": list(activations),
            "initializer": list(initializers),
            "layer": np.arange(1, len(widths) + 1),
        },
    )


def _drawn(model: MLP, keys: jax.Array, x: jax.Array) -> Any:
    """Initial parameters of every seed; no activation matters to them."""
    return jax.jit(jax.vmap(lambda key: models.init(model, key, x[:1])[0]))(keys)


def _look(
    model: MLP, batch: dict[str, jax.Array], bins: int
) -> Callable[[Any], dict[str, jax.Array]]:
    """From parameters to what the hidden layers put out [L], and the gradients of their kernels."""
    x, y = batch["x"], batch["y"]

    def loss(params):
        outputs, _ = models.apply(model, params, {}, x, train=True)
        return losses.softmax_cross_entropy_with_integer_labels(outputs, y).mean()

    def look(params):
        outputs = models.hidden(model, params, {}, x, of="output")
        slopes = jax.grad(loss)(params)
        kernels = {name: slopes[name]["dense"]["kernel"] for name in outputs}
        sizes = jax.tree.map(jnp.abs, kernels)
        return {
            "output_rms": probes.stacked(probes.activation_rms(outputs)),
            "gradient_rms": probes.stacked(probes.layer_rms(kernels)),
            "output": probes.stacked(probes.histogram(outputs, edges(model.activation, bins))),
            "gradient": probes.stacked(probes.histogram(sizes, edges("gradient", bins))),
        }

    return look


def propagation(
    initializers: Sequence[str], widths: Sequence[int], layers: int, seeds: Sequence[int]
) -> xr.Dataset:
    """Second moment of ReLU outputs over that of the input: by initializer, width, layer, seed.

    One Gaussian input per network, layers as wide as the input and without biases: the setting of
    He et al., arXiv:1502.01852, section 2.2. A seed's kernels differ between initializers by their
    scale only.
    """
    keys = jnp.stack([init_key(seed) for seed in seeds])
    shares = np.array_split(np.arange(len(seeds)), len(jax.devices()))

    def through(width):
        def layer(signals, key):
            kernels = [INITIALIZERS[name](key, (width, width)) for name in initializers]
            signals = [jax.nn.relu(x @ kernel) for x, kernel in zip(signals, kernels)]
            return signals, jnp.stack([jnp.mean(jnp.square(x)) for x in signals])

        def one(key):
            first, rest = jax.random.split(key)
            x = jax.random.normal(first, (width,))
            moments = jax.lax.scan(layer, [x] * len(initializers), jax.random.split(rest, layers))[
                1
            ]
            return moments / jnp.mean(jnp.square(x))

        every = jax.jit(lambda keys: jax.lax.map(one, keys))
        # a share of the seeds per core; none is waited for before all have begun
        begun = [
            every(jax.device_put(keys[share], device))
            for share, device in zip(shares, jax.devices())
            if len(share)
        ]
        return np.concatenate([np.asarray(moments) for moments in begun])  # [S, L, I]

    moments = np.array([through(width) for width in widths])  # [N, S, L, I]
    return xr.Dataset(
        {"moment": (("initializer", "width", "layer", "seed"), moments.transpose(3, 0, 2, 1))},
        {
            "initializer": list(initializers),
            "width": list(widths),
            "layer": np.arange(1, layers + 1),
        },
    )
