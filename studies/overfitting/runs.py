"""The runs of the study of over-fitting: nets, redrawn learning sets, errors at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import xarray as xr

import lab
from lab import data
from lab.tasks.task import Task
from lab.types import Snapshot

OPTIMIZER, BATCH = "adam", 32


@dataclass(frozen=True)
class Bench:
    """What all runs share.

    Attributes:
      splits: Redrawn splits, each with a learning set of its own; the unit of every interval.
      seeds: Runs on each split, whose mean counts.
      updates: Of every run, whatever the rows: equal updates of 32 examples.
      rate: Of Adam, constant.
    """

    splits: int
    seeds: int
    updates: int
    rate: float = 3e-3

    def sweep(self, task: Task, **more: Any) -> xr.Dataset:
        """Every split with every seed: dimensions split and seed, and what else there is."""
        settings: dict[str, Any] = {"evaluations": 1, "progress": False, **more}
        record = lab.sweep(
            task, [OPTIMIZER],
            axes={"learning_rate": [self.rate], "split": list(range(self.splits))},
            seeds=self.seeds, budget=lab.Budget(updates=self.updates), batch_size=BATCH, **settings,
        )  # fmt: skip
        return record.isel(optimizer=0, learning_rate=0, drop=True)

    def errors(self, task: Task) -> tuple[np.ndarray, np.ndarray]:
        """Share of training and of validation rows that are wrong at the end: [splits] each."""
        return wrong(task, self.trained(task))

    def trained(self, task: Task, **more: Any) -> xr.Dataset:
        """A sweep that keeps the outputs on training rows."""
        source: Any = task.source
        return self.sweep(task, predict_on=lambda split: source.prepare(split).train, **more)


def wrong(task: Task, record: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Errors on training rows, labels as given, and on validation rows: [splits] each."""
    prepared = [task.source.prepare(split) for split in record.split.values]
    outputs = record.outputs.transpose("split", "seed", ...).values  # [splits, S, rows, K]
    labels = np.stack([one.rows["y"][one.train] for one in prepared])
    held = record.validation_accuracy.isel(step=-1).transpose("split", "seed").values
    return (outputs.argmax(-1) != labels[:, None]).mean((1, 2)), 1 - held.mean(1)


def task(name: str, width: int, rows: int | None, noise: float = 0.0) -> Task:
    """One hidden layer of `width` ReLU on `rows` rows of a data set, some labels wrong."""
    return lab.tasks.CATALOG[name].make(widths=(width,), train_size=rows, label_noise=noise)


def along(bench: Bench, dim: str, values: Sequence[float], tasks: Sequence[Task]) -> xr.Dataset:
    """Errors for every value: (part, dim, split)."""
    found = np.array([bench.errors(one) for one in tasks])  # [values, part, splits]
    return xr.Dataset(
        {"error": (("part", dim, "split"), found.transpose(1, 0, 2))},
        {"part": ["training", "validation"], dim: list(values)},
    )


def curves(bench: Bench, name: str, width: int, sizes: Sequence[int], points: int) -> xr.Dataset:
    """Losses and validation error on the way, means over seeds: (rows, split, step)."""
    kept = []
    for rows in sizes:
        record = bench.sweep(task(name, width, rows), evaluations=points).mean("seed")
        kept.append(
            xr.Dataset(
                {
                    "training_loss": record.train_loss,
                    "validation_loss": record.validation_loss,
                    "validation_error": 1 - record.validation_accuracy,
                }
            ).transpose("split", "step")
        )
    steps = np.linspace(0, bench.updates, points + 1).astype(int)
    return xr.concat([one.reset_coords(drop=True) for one in kept], "rows").assign_coords(
        rows=list(sizes), updates=("step", steps)
    )


@dataclass(frozen=True)
class OnGrid:
    """Probe: probability of class 1 at every point of a grid, before the update."""

    predict: Any
    grid: tuple[tuple[float, float], ...]

    def __call__(self, snapshot: Snapshot) -> jax.Array:
        """[points]."""
        x = np.array(self.grid, np.float32)
        return self.predict(snapshot.params, snapshot.model_state, {"x": x}, snapshot.hypers.task)[
            :, 1
        ]


def boundaries(
    bench: Bench, names: Sequence[str], widths: Sequence[int], rows: int, noise: float, points: int
) -> xr.Dataset:
    """Fields of probability over the plane, of the first split and seed; errors of all splits."""
    at = np.linspace(-2.6, 2.6, points)
    grid = tuple((float(a), float(b)) for b in at for a in at)
    fields, errors, shown = [], [], []
    for name in names:
        source = data.source(data.DATASETS[name](noise=noise), train_size=rows)
        prepared = source.prepare(0)
        shown.append(np.c_[prepared.rows["x"], prepared.rows["y"]][prepared.train])
        for width in widths:
            made = lab.tasks.supervised(source, widths=(width, width))
            predict: Any = made.problem.predict
            record = bench.trained(
                made, probe=OnGrid(predict, grid), probe_every=max(1, bench.updates - 1)
            )
            fields.append(record.probe.isel(split=0, seed=0, probe_step=-1).values)
            errors.append(wrong(made, record))
    shape = (len(names), len(widths))
    return xr.Dataset(
        {
            "field": (("data", "width", "v", "u"), np.reshape(fields, (*shape, points, points))),
            "error": (
                ("data", "width", "part", "split"), np.reshape(errors, (*shape, 2, bench.splits))
            ),
            "shown": (("data", "row", "what"), np.array(shown)),
        },
        {"data": list(names), "width": list(widths), "part": ["training", "validation"],
         "at": at, "what": ["x1", "x2", "y"]},
    )  # fmt: skip
