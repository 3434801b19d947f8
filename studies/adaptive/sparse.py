"""Logistic regression on rare or on common features, as a task for `lab.sweep`."""

import jax
import jax.numpy as jnp
import numpy as np

from lab.tasks import Task, own


def sparse_task(sparse: bool, features: int, count: int, seed: int) -> Task:
    """`count` rows with binary labels from a linear rule on `features` features.

    Sparse: feature j is 1 with probability 0.5 / j^0.8 and else 0, so that most are rarely seen.
    Dense: every feature is standard normal, divided by √D·0.3 so that both problems have labels
    of about the same certainty.
    """
    rng = np.random.default_rng(seed)
    if sparse:
        share = 0.5 / np.arange(1, features + 1) ** 0.8
        x = (rng.random((count, features)) < share).astype(np.float32)
    else:
        x = (rng.normal(size=(count, features)) / (0.3 * features**0.5)).astype(np.float32)
    weights = 2 * rng.normal(size=features)
    logits = x @ weights
    chance = 1 / (1 + np.exp(-(logits - logits.mean())))
    y = (rng.random(count) < chance).astype(np.float32)

    def init(key):
        return {"w": 1e-3 * jax.random.normal(key, (features,)), "b": jnp.zeros(())}

    def metrics(params, batch):
        z = batch["x"] @ params["w"] + params["b"]
        right = (z > 0) == (batch["y"] > 0.5)
        return {"loss": jax.nn.softplus(z) - batch["y"] * z, "accuracy": right.astype(z.dtype)}

    def loss(params, batch):
        return jnp.mean(metrics(params, batch)["loss"])

    name = "sparse" if sparse else "dense"
    return own(init, loss, {"x": x, "y": y}, metrics=metrics, validation=0.33, name=name)
