"""Where the time goes: until the first figure, and within a sweep of a minute.

`python -m studies.speed.first_figure CACHE UPDATES` is a user's first program, in a process of its
own: it prints how many seconds each part of it took. CACHE is where JAX keeps what it compiled:
cold when it is empty, warm when the same program ran before.
"""

import json
import sys
import tempfile
import time

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from studies.speed.bars import stacked
from studies.speed.panel import Scope, Table, answered, at_most

PARTS = ("start and imports", "data", "compilation", "training", "evaluation", "rest of the sweep",
         "statistics", "drawing")  # fmt: skip
UPDATES, MINUTE, ROUNDS = 2000, 24_000, 3
COLD, WARM, SHARE = 1.6, 0.5, 0.9  # seconds of a program at most; of a minute at least


def measure(scope: Scope) -> xr.Dataset:
    """A cold and a warm run, round after round; then the sweep of a minute."""
    rounds = 1 if scope.smoke else scope.rounds or ROUNDS
    took = np.zeros((2, len(PARTS), rounds))
    if scope.smoke:  # in this process, where everything is imported
        took[:, 1:, 0] = parts(8)
        share = float("nan")
    else:
        for r in range(rounds):
            with tempfile.TemporaryDirectory() as cache:
                took[:, :, r] = [program(cache, UPDATES) for _ in ("cold", "warm")]
        with tempfile.TemporaryDirectory() as cache:
            minute = dict(zip(PARTS, program(cache, MINUTE)))
        inside = minute["training"] + minute["evaluation"]
        share = inside / (inside + minute["compilation"] + minute["rest of the sweep"])
    return xr.Dataset(
        {"seconds": (("cache", "part", "round"), took, {"units": "s"}), "share": ((), share)},
        {"cache": ["cold", "warm"], "part": list(PARTS)},
        {"updates": UPDATES, "minute": MINUTE},
    )


def program(cache: str, updates: int) -> list[float]:
    """Seconds of each part of the program, in a process of its own."""
    return answered("studies.speed.first_figure", cache, updates, time.time())


def parts(updates: int) -> list[float]:
    """Seconds of data, of the sweep's parts, of statistics and of drawing."""
    import lab
    from lab import plots, statistics

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


def drawn(record: xr.Dataset, machine: str) -> tuple[Figure, Table]:
    """Figure, table and verdicts, from the record alone."""
    seconds = record.seconds.median("round")
    rows = [
        [part, *(f"{float(seconds.sel(part=part, cache=cache)):.2f}" for cache in ("cold", "warm"))]
        for part in record.part.values.tolist()
    ]
    rows.append(["all", *(f"{float(seconds.sel(cache=c).sum()):.2f}" for c in ("cold", "warm"))])
    text = (
        f"Seconds until the first figure: 32 lanes of 64-128-128-10, {record.attrs['updates']:,} "
        f"updates of batch 64, Adam, digits; {machine}. Medians of {record.sizes['round']} rounds."
    )
    compiled = record.seconds.sel(part="compilation")
    verdicts = [
        f"a program compiles in at most {limit} s with a {cache} cache: "
        f"{at_most(compiled.sel(cache=cache).values, limit)}."
        for cache, limit in (("cold", COLD), ("warm", WARM))
    ]
    if np.isfinite(record.share):
        held = "held" if record.share >= SHARE else "did not hold"
        verdicts.append(
            f"of a sweep of a minute ({record.attrs['minute']:,} updates), at least {SHARE:.0%} is "
            f"spent in compiled training and evaluation: {held}, {float(record.share):.1%}."
        )
    told = text + "\n" + "".join(f"\n- {sentence}" for sentence in verdicts)
    header = ["part", "cold, s", "warm, s"]
    return stacked(seconds, text), Table("Time to the first figure", header, rows, told)


if __name__ == "__main__":
    folder, count, begin = sys.argv[1:]
    import jax

    import lab
    from lab import plots, statistics  # noqa: F401  as a user's program would

    jax.config.update("jax_compilation_cache_dir", folder)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    lab.use_all_cores()
    imported = time.time() - float(begin)
    print(json.dumps([imported, *parts(int(count))]))
