"""Gaussian noise on inputs and on weights, in training."""

import jax
import jax.numpy as jnp

from lab.regularizers.regularizer import Regularizer


def input_noise(key, batch, numbers, facts):
    """Inputs x + σξ, ξ ~ N(0, 1); σ is in units of the prepared inputs (standard deviations)."""
    del facts
    return {**batch, "x": _noisy(key, batch["x"], numbers["input_noise"])}


def weight_noise(key, params, numbers):
    """Kernels w + σξ; the gradient is that at the noisy point. Biases have no noise."""
    leaves, structure = jax.tree.flatten(params)
    keys = jax.random.split(key, len(leaves))
    noisy = [
        _noisy(k, leaf, numbers["weight_noise"]) if leaf.ndim >= 2 else leaf
        for k, leaf in zip(keys, leaves)
    ]
    return jax.tree.unflatten(structure, noisy)


def _noisy(key, x, deviation):
    return x + jnp.asarray(deviation, x.dtype) * jax.random.normal(key, x.shape, x.dtype)


ENTRIES = (
    Regularizer(
        "input_noise",
        (("input_noise", 0.0),),
        "Bishop 1995, Training with noise is equivalent to Tikhonov regularization",
        batch=input_noise,
    ),
    Regularizer(
        "weight_noise",
        (("weight_noise", 0.0),),
        "Graves 2011, Practical variational inference for neural networks",
        weights=weight_noise,
    ),
)
