"""One process of several that share a sweep: `hosts_script.py PORT PROCESSES PROCESS FOLDER SWEEP`.

Writes `record-PROCESS.nc`. SWEEP is `small`, `chaotic`, or `long`, which is checkpointed.
"""

import sys
from pathlib import Path

import jax

import lab
from lab.sweeps.checkpointing import checkpointer as keeper
from tests.sweeps import killed_script


def small(folder=None):
    """One program, two blocks."""
    source = lab.data.source(lab.data.load("iris"))
    return lab.sweep(
        lab.tasks.supervised(source, widths=(8,)), ["sgd"], axes={"learning_rate": [0.1]},
        seeds=150, budget=lab.Budget(updates=20), evaluations=2,
    )  # fmt: skip


def long(folder=None):
    checkpoint = None if folder is None else folder / "kept"
    return killed_script.sweep(updates=8_000, checkpoint=checkpoint)


def chaotic(folder=None):
    """Batch normalization and dropout; 12 programs, some of several blocks."""
    table = lab.data.load("iris")
    task = lab.tasks.supervised(
        lab.data.source(table), widths=(16, 16), normalization="batch", dropout=True
    )
    axes = {"learning_rate": [0.01, 0.1, 1e30], "batch_size": [5, 7, 16]}
    return lab.sweep(
        task, ["adam", "sgd"], axes=axes, seeds=30, budget=lab.Budget(updates=132), evaluations=3
    )


if __name__ == "__main__":
    port, processes, process = map(int, sys.argv[1:4])
    place = Path(sys.argv[4])
    keeper.FIRST_S, keeper.SHORTEST_S, keeper.SHARE = 0.0, 0.0, 1e9
    jax.config.update("jax_compilation_cache_dir", str(place / "cache"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    lab.use_all_cores(2)
    named = (f"127.0.0.1:{port}", processes, process) if port else ()  # 0: the cluster says
    with lab.distributed(*named):
        lab.save(globals()[sys.argv[5]](place), place / f"record-{process}.nc")
