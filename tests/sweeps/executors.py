"""Sweeps that executors are handed, and their records from one process."""

import jax
import jax.numpy as jnp
import numpy as np

import lab
from lab.search import CATALOG, Float, Lanes, Space, search


def norm(snapshot):
    return {"norm": jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(snapshot.gradient)))}


def some_rows(split):
    return np.arange(5)


def chosen(lane):
    return lane["seed"] < 2


def chaotic(folder, **where):
    """Dropout, batch normalization, a rate that diverges, a probe, outputs, and exported models."""
    table = lab.data.load("iris")
    task = lab.tasks.supervised(
        lab.data.source(table), widths=(8, 8), normalization="batch", dropout=True
    )
    return lab.sweep(
        task,
        {"adam": "adam", "mine": lambda learning_rate: lab.optimizers.sgd(learning_rate)},
        axes={"learning_rate": [0.01, 1e30]},
        seeds=24,
        batch_size=7,
        budget=lab.Budget(updates=60),
        evaluations=3,
        probe=lab.Probe(norm, every=7),
        predict_on=some_rows,
        export=lab.Export(folder / "models", chosen),
        **where,
    )


def stopping(folder, **where):
    """Lanes that stop early, and go back to their best weights."""
    return lab.sweep(
        "iris",
        ["adam"],
        axes={"learning_rate": [0.03, 0.3]},
        seeds=20,
        budget=lab.Budget(epochs=20),
        evaluations=20,
        early_stopping=lab.EarlyStopping(patience=2, restore_best_weights=True),
        **where,
    )


def searched(executor=None):
    """Trials of Hyperband with their losses."""
    task = lab.tasks.CATALOG["iris"].make(widths=(8,))
    train = Lanes(
        task, lab.Budget(epochs=9), seeds=[0, 1], fixed={"optimizer": "adam"}, executor=executor
    )
    space = Space({"learning_rate": Float(1e-4, 1e-1, log=True)})
    return [(t.number, t.losses) for t in search(space, CATALOG["hyperband"], train, budget=6)]


def long(folder, **where):
    """A few seconds in blocks of less than one."""
    return lab.sweep(
        "iris",
        ["adam", "sgd"],
        axes={"learning_rate": [0.01, 0.1]},
        seeds=64,
        budget=lab.Budget(updates=3000),
        evaluations=2,
        progress=False,
        **where,
    )


def files(folder):
    return {path.name: path.read_bytes() for path in (folder / "models").glob("*")}
