"""A small sweep that is checkpointed as often as it can be: `killed_script.py FOLDER RECORD`."""

import sys

import jax
import jax.numpy as jnp
import numpy as np

import lab
from lab.sweeps import keeper


def norm(snapshot):
    return {"norm": jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(snapshot.gradient)))}


def sweep(updates=1500, **other):
    table = lab.data.load("iris")
    task = lab.tasks.supervised(lab.data.source(table), widths=(8,), dropout=True)
    arguments = {
        "axes": {"learning_rate": [0.01, 1e30]}, "seeds": 24, "batch_size": 7, "evaluations": 5,
        "probe": norm, "probe_every": 7, "predict_on": lambda split: np.arange(5),
    }  # fmt: skip
    return lab.sweep(
        task, ["adam", "noisy_sgd"], budget=lab.Budget(updates=updates), **(arguments | other)
    )


if __name__ == "__main__":
    keeper.FIRST_S, keeper.SHORTEST_S, keeper.SHARE = 0.0, 0.0, 1e9
    lab.use_all_cores()
    print("ready", flush=True)
    lab.save(sweep(checkpoint=sys.argv[1]), sys.argv[2])
