"""What it costs to keep the state of a sweep while it runs.

The same sweep without checkpoints and with them, in turn, in one process: a block of 4 lanes of an
MLP, for about a minute.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import xarray as xr

import lab
from lab.foundations.counting import parameter_count
from studies.speed.settings import Speed

WAYS = ("without", "with checkpoints")
LANES, BATCH = 4, 32
SPENT = ("passed", "copying and writing", "between checkpoints")


def measure(s: Speed) -> xr.Dataset:
    """Sweep with and without, round by round, the order turning."""
    task = lab.tasks.supervised(lab.data.source(lab.data.load("digits")), widths=s.kept_widths)
    seconds = np.full((len(WAYS), len(SPENT), s.rounds), np.nan)
    swept(task, 2, None)  # compiles
    for r in range(s.rounds):
        for way in np.roll(np.arange(len(WAYS)), r):
            with tempfile.TemporaryDirectory() as folder:
                begin = time.perf_counter()
                told = swept(task, s.kept_updates, Path(folder) / "kept" if way else None)
                seconds[way, 0, r] = time.perf_counter() - begin
            if way:
                seconds[way, 1:, r] = told["seconds_checkpointing"], told["checkpoint_interval"]
            print(f"{WAYS[way]}: {seconds[way, 0, r]:.1f} s", flush=True)
    numbers = parameter_count((64, *s.kept_widths, 10))
    return xr.Dataset(
        {"seconds": (("way", "spent", "round"), seconds, {"units": "s"})},
        {"way": list(WAYS), "spent": list(SPENT)},
        {"megabytes": 3 * 4 * LANES * numbers / 1e6},  # parameters and two moments, float32
    )


def swept(task: lab.Task, updates: int, checkpoint: Path | None) -> dict[str, float]:
    """What a sweep tells of its time."""
    return lab.sweep(
        task, ["adam"], axes={"learning_rate": [1e-3]}, seeds=LANES, batch_size=BATCH,
        budget=lab.Budget(updates=updates), evaluations=5, progress=False, checkpoint=checkpoint,
    ).attrs  # fmt: skip
