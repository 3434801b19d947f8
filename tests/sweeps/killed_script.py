"""Kills a small sweep at random instants, and lets it go on: `killed_script.py FOLDER INSTANTS`."""

import os
import signal
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import lab
from lab.sweeps.checkpointing import checkpointer


def norm(snapshot):
    return {"norm": jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(snapshot.gradient)))}


def sweep(updates=500, **other):
    table = lab.data.load("iris")
    task = lab.tasks.supervised(lab.data.source(table), widths=(8,), dropout=True)
    arguments = {
        "axes": {"learning_rate": [0.01, 1e30]}, "seeds": 24, "batch_size": 7, "evaluations": 5,
        "probe": norm, "probe_every": 7, "predict_on": lambda split: np.arange(5),
    }  # fmt: skip
    return lab.sweep(
        task, ["adam", "noisy_sgd"], budget=lab.Budget(updates=updates), **(arguments | other)
    )


def child(folder, record):
    """Sweep in a process of its own, forked before JAX has started; returns its number."""
    number = os.fork()
    if number == 0:
        checkpointer.FIRST_S, checkpointer.SHORTEST_S, checkpointer.SHARE = 0.0, 0.0, 1e9
        lab.use_all_cores()
        lab.save(sweep(checkpoint=folder), record)
        os._exit(0)
    return number


def ended(number):
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def same(a, b):
    assert set(a.variables) == set(b.variables)
    for name in a.variables:
        assert a[name].values.tobytes() == b[name].values.tobytes(), name


if __name__ == "__main__":
    folder, instants, rng = Path(sys.argv[1]), int(sys.argv[2]), np.random.default_rng()
    jax.config.update("jax_compilation_cache_dir", str(folder / "cache"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    assert ended(child(None, folder / "warm.nc")) == 0  # compiles
    begin = time.monotonic()
    assert ended(child(None, folder / "whole.nc")) == 0
    takes, whole = time.monotonic() - begin, lab.load(folder / "whole.nc")
    killed = rounds = 0
    while killed < instants:
        rounds += 1
        checkpoints, record = folder / f"c{rounds}", folder / f"r{rounds}.nc"
        for _ in range(min(4, instants - killed)):  # the same sweep, again and again
            number = child(checkpoints, record)
            time.sleep(rng.uniform(0.0, 1.2 * takes))
            os.kill(number, signal.SIGKILL)
            killed += ended(number) == -signal.SIGKILL
        assert ended(child(checkpoints, record)) == 0
        same(lab.load(record), whole)
    print(f"killed {killed} times in {rounds} sweeps, each of them whole in the end")
