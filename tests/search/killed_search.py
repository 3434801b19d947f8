"""Kills searches at random instants, and lets them go on: `killed_search.py FOLDER INSTANTS`."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import jax
import numpy as np

import lab
from lab.search import CATALOG, Choice, Float, Lanes, Space, opened, search
from tests.sweeps.killed_script import ended

SPACE = Space({"learning_rate": Float(1e-4, 1e-1, log=True), "optimizer": Choice("adam", "sgd")})


def searched(folder, name):
    task = lab.tasks.supervised(lab.data.source(lab.data.load("iris")), widths=(8,), dropout=True)
    lanes = Lanes(
        task, lab.Budget(epochs=81), seeds=[0, 1], fixed={"batch_size": 4}, folder=folder / "paused"
    )
    storage = opened(folder / "trials.db", {"name": name}, SPACE)
    trials = search(SPACE, CATALOG[name], lanes, budget=8, batch=2, storage=storage)
    found = [[t.number, t.configuration, list(t.losses.items()), t.after] for t in trials]
    (folder / "trials.json").write_text(json.dumps(found))
    states = [t.state.name for t in storage.store.get_all_trials(storage.study_id)]
    (folder / "states.json").write_text(json.dumps(states))


def child(folder, name):
    """Search in a process of its own, forked before JAX has started; returns its number."""
    folder.mkdir(exist_ok=True)
    number = os.fork()
    if number == 0:
        lab.use_all_cores()
        searched(folder, name)
        os._exit(0)
    return number


def read(folder):
    return [(folder / f"{name}.json").read_text() for name in ("trials", "states")]


if __name__ == "__main__":
    folder, instants, rng = Path(sys.argv[1]), int(sys.argv[2]), np.random.default_rng()
    jax.config.update("jax_compilation_cache_dir", str(folder / "cache"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    killed = 0
    for name in ("halving", "tpe"):
        assert ended(child(folder / f"{name}-warm", name)) == 0  # compiles
        begin = time.monotonic()
        assert ended(child(folder / f"{name}-whole", name)) == 0
        takes = time.monotonic() - begin
        for attempt in range(instants):
            place = folder / f"{name}-{attempt}"
            for _ in range(3):  # the same search, again and again
                number = child(place, name)
                time.sleep(rng.uniform(0.0, 1.1 * takes))
                os.kill(number, signal.SIGKILL)
                killed += ended(number) == -signal.SIGKILL
            assert ended(child(place, name)) == 0
            assert read(place) == read(folder / f"{name}-whole"), place
    print(f"killed {killed} times; the trials are the same")
