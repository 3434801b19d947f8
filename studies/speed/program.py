"""A user's first program, in a process of its own: `python -m studies.speed.program`.

Its arguments are the folder where JAX keeps what it compiled, the number of updates, and when it
was started; it prints how many seconds each part of it took. It imports no more than it needs.
"""

import json
import sys
import tempfile
import time

import jax
import numpy as np
from matplotlib.figure import Figure

import lab
from lab import plots, statistics


def parts(updates: int) -> list[float]:
    """Seconds of data, of the sweep's parts, of statistics and of drawing."""
    marks = [time.perf_counter()]
    task = lab.tasks.CATALOG["digits"].make(widths=(128, 128))
    task.source.prepare(0)
    marks.append(time.perf_counter())
    record = lab.sweep(
        task, ["adam"], axes={"learning_rate": np.geomspace(1e-4, 1e-2, 4)}, seeds=8,
        budget=lab.Budget(updates=updates), batch_size=64, evaluations=10, progress=False,
    )  # fmt: skip
    marks.append(time.perf_counter())
    loss = record.validation_loss.isel(optimizer=0, step=-1).transpose("learning_rate", "seed")
    bands = [statistics.mean_interval(row) for row in loss.values]
    marks.append(time.perf_counter())
    with plots.style(), tempfile.TemporaryDirectory() as folder:
        figure = Figure()
        axes = figure.subplots()
        low, high = ([getattr(band, end) for band in bands] for end in ("low", "high"))
        axes.fill_between(record.learning_rate, low, high, alpha=0.3)
        axes.plot(record.learning_rate, loss.mean("seed"))
        axes.set(xscale="log", xlabel="learning rate", ylabel="validation loss")
        plots.save(figure, f"{folder}/rates.png")
    marks.append(time.perf_counter())
    data, _, statistic, drawing = np.diff(marks)
    spent = [record.attrs[f"seconds_{kind}"] for kind in ("compiling", "training", "evaluating")]
    rest = record.attrs["seconds"] - sum(spent)
    return [float(part) for part in (data, *spent, rest, statistic, drawing)]


if __name__ == "__main__":
    folder, count, begin = sys.argv[1:]
    jax.config.update("jax_compilation_cache_dir", folder)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    lab.use_all_cores()
    imported = time.time() - float(begin)
    print(json.dumps([imported, *parts(int(count))]))
