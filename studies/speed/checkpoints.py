"""What it costs to keep the state of a sweep while it runs.

The same sweep without checkpoints and with them, in turn, in one process: a block of 4 lanes of an
MLP whose parameters and moments are 40 MB together, for about a minute. Beside the time that passes
there is the processors' time, which other programs on the machine disturb less.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

import lab
from lab.foundations.counting import parameter_count
from studies.speed.bars import speeds
from studies.speed.panel import Scope, Table

WAYS = ("without", "with checkpoints")
WIDTHS = (878, 878)  # 838,000 parameters: 10 MB a lane with Adam's moments
LANES, BATCH, UPDATES = 4, 32, 6500
LIMIT = 0.05
ROUNDS = 2


def measure(scope: Scope) -> xr.Dataset:
    """Sweep with and without, round by round, the order turning."""
    rounds, updates = scope.rounds or ROUNDS, UPDATES
    widths = WIDTHS
    if scope.smoke:
        rounds, updates, widths = 1, 40, (16,)
    task = lab.tasks.supervised(lab.data.source(lab.data.load("digits")), widths=widths)
    seconds, processor = np.empty((2, len(WAYS), rounds))
    kept = np.zeros((3, rounds))
    _swept(task, 2, None)  # compiles
    for r in range(rounds):
        for way in np.roll(np.arange(len(WAYS)), r):
            with tempfile.TemporaryDirectory() as folder:
                place = Path(folder) / "kept" if way else None
                begin = time.perf_counter(), time.process_time()
                record = _swept(task, updates, place)
                seconds[way, r] = time.perf_counter() - begin[0]
                processor[way, r] = time.process_time() - begin[1]
            if way:
                kept[:, r] = [record.attrs[name] for name in KEPT]
            print(f"{WAYS[way]}: {seconds[way, r]:.1f} s, {processor[way, r]:.1f} s of processors")
    return xr.Dataset(
        {
            "seconds": (("way", "round"), seconds, {"units": "s"}),
            "processor_seconds": (("way", "round"), processor, {"units": "s"}),
            **{name: ("round", values) for name, values in zip(KEPT, kept)},
        },
        {"way": list(WAYS)},
        {"updates": updates, "megabytes": _megabytes(widths)},
    )


KEPT = ("checkpoints", "seconds_checkpointing", "checkpoint_interval")


def _swept(task: lab.Task, updates: int, checkpoint: Path | None) -> xr.Dataset:
    return lab.sweep(
        task, ["adam"], axes={"learning_rate": [1e-3]}, seeds=LANES, batch_size=BATCH,
        budget=lab.Budget(updates=updates), evaluations=5, progress=False, checkpoint=checkpoint,
    )  # fmt: skip


def _megabytes(widths: tuple[int, ...]) -> float:
    """Parameters and two moments of all lanes, float32."""
    return 3 * 4 * LANES * parameter_count((64, *widths, 10)) / 1e6


def verdict(wall: np.ndarray, own: np.ndarray) -> str:
    """Whether checkpoints cost less than `LIMIT`, from two shares of time, round by round.

    Args:
      wall: Extra time that passed, of the time without checkpoints.
      own: Time spent on copying and writing, of the time with them; the sweep goes on meanwhile.
    """
    numbers = (
        f"{100 * np.median(wall):+.1f} % of the time that passes ({100 * np.min(wall):+.1f} to "
        f"{100 * np.max(wall):+.1f} over {len(wall)} rounds), {100 * np.median(own):.1f} % "
        "spent on copying and writing"
    )
    both = np.array([np.median(wall), np.median(own)])
    if (both < LIMIT).all():
        return f"checkpoints cost less than {LIMIT:.0%}: {numbers}"
    if (both >= LIMIT).all():
        return f"checkpoints cost {LIMIT:.0%} or more: {numbers}"
    return f"inconclusive, as only one of the two is less than {LIMIT:.0%}: {numbers}"


def drawn(record: xr.Dataset, machine: str) -> tuple[Figure, Table]:
    """Figure, table and verdict, from the record alone."""
    without, kept = (record.sel(way=way) for way in WAYS)
    wall = (kept.seconds / without.seconds - 1).values
    processors = (kept.processor_seconds / without.processor_seconds - 1).values
    own = (record.seconds_checkpointing / kept.seconds).values
    size = f"{record.attrs['megabytes']:.0f} MB of live state"
    rate = LANES * int(record.attrs["updates"]) / record.seconds
    caption = (
        f"Run-steps per second of a sweep with {size}; bars: median over {len(wall)} rounds, "
        f"lines: least and most. Batch {BATCH}, Adam; {machine}."
    )
    rows = [
        [str(r + 1), *(f"{float(record.seconds.sel(way=w)[r]):.1f}" for w in WAYS),
         f"{100 * wall[r]:+.1f} %", f"{100 * processors[r]:+.1f} %",
         f"{100 * own[r]:.1f} %",
         f"{float(record.checkpoints[r]):.0f}", f"{float(record.checkpoint_interval[r]):.1f}"]
        for r in range(len(wall))
    ]  # fmt: skip
    header = [
        "round", "without, s", "with, s", "extra time", "extra processor time",
        "copying and writing", "checkpoints",
        "interval, s",
    ]  # fmt: skip
    text = f"\n{size}: {verdict(wall, own)}."
    figure = speeds(rate.expand_dims(case=[size]), caption)
    return figure, Table("What checkpoints cost", header, rows, text)
