"""One process of several that share a sweep: `hosts_script.py PORT PROCESSES PROCESS FOLDER`.

Writes `record-PROCESS.nc`. `compared` starts all of them, as tests and timings do.
"""

import sys
from pathlib import Path

import jax

import lab


def sweep(**other):
    table = lab.data.load("iris")
    task = lab.tasks.supervised(
        lab.data.source(table), widths=(16, 16), normalization="batch", dropout=True
    )
    arguments = {
        "axes": {"learning_rate": [0.01, 0.1, 1e30], "batch_size": [7, 16]}, "seeds": 24,
        "budget": lab.Budget(updates=40), "evaluations": 2,
    }  # fmt: skip
    return lab.sweep(task, ["adam", "sgd"], **(arguments | other))


if __name__ == "__main__":
    port, processes, process = map(int, sys.argv[1:4])
    folder = Path(sys.argv[4])
    jax.config.update("jax_compilation_cache_dir", str(folder / "cache"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    lab.use_all_cores(2)
    with lab.distributed(f"127.0.0.1:{port}", processes, process):
        lab.save(sweep(), folder / f"record-{process}.nc")
