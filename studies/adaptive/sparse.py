"""Logistic regression on rare or on common features, as a task for `lab.sweep`."""

import jax
import jax.numpy as jnp
import numpy as np

from lab.tasks import Task, own

FEATURES, ROWS = 200, 3000


def sparse_task(sparse: bool, seed: int = 0) -> Task:
    """Binary labels from a linear rule on `FEATURES` features.

    Sparse: feature j is 1 with probability 0.5 / j^0.8 and else 0, so that most are rarely seen.
    Dense: every feature is standard normal, divided by √D·0.3 so that both problems have labels
    of about the same certainty.
    """
    rng = np.random.default_rng(seed)
    if sparse:
        share = 0.5 / np.arange(1, FEATURES + 1) ** 0.8
        x = (rng.random((ROWS, FEATURES)) < share).astype(np.float32)
    else:
        x = (rng.normal(size=(ROWS, FEATURES)) / (0.3 * FEATURES**0.5)).astype(np.float32)
    weights = 2 * rng.normal(size=FEATURES)
    logits = x @ weights
    chance = 1 / (1 + np.exp(-(logits - logits.mean())))
    y = (rng.random(ROWS) < chance).astype(np.float32)

    def init(key):
        return {"w": 1e-3 * jax.random.normal(key, (FEATURES,)), "b": jnp.zeros(())}

    def logit(params, batch):
        return batch["x"] @ params["w"] + params["b"]

    def loss(params, batch):
        z = logit(params, batch)
        return jnp.mean(jax.nn.softplus(z) - batch["y"] * z)

    def metrics(params, batch):
        z = logit(params, batch)
        right = (z > 0) == (batch["y"] > 0.5)
        each = jax.nn.softplus(z) - batch["y"] * z
        return {"loss": each, "accuracy": right.astype(z.dtype)}

    name = "sparse" if sparse else "dense"
    return own(init, loss, {"x": x, "y": y}, metrics=metrics, validation=0.33, name=name)
