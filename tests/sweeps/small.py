"""A small network as plain functions, trained by the lab and, in tests, by a plain loop."""

import jax
import jax.numpy as jnp


def init(key, hypers):
    first, second = jax.random.split(key)
    scale = hypers["init_scale"]
    return {
        "hidden": scale * jax.random.normal(first, (4, 8)) / 2,
        "bias": jnp.zeros(8),
        "out": scale * jax.random.normal(second, (8, 3)) / 3,
    }


def logits(params, x):
    return jnp.tanh(x @ params["hidden"] + params["bias"]) @ params["out"]


def loss(params, batch):
    log_p = jax.nn.log_softmax(logits(params, batch["x"]))
    return -jnp.mean(jnp.take_along_axis(log_p, batch["y"][:, None], 1))


def metrics(params, batch):
    log_p = jax.nn.log_softmax(logits(params, batch["x"]))
    hit = jnp.argmax(log_p, -1) == batch["y"]
    nll = -jnp.take_along_axis(log_p, batch["y"][:, None], 1)[:, 0]
    return {"loss": nll, "accuracy": hit.astype(nll.dtype)}
