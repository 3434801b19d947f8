"""The runs of the study of over-fitting: nets, redrawn learning sets, errors at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import jax
import numpy as np
import xarray as xr

import lab
from lab import data
from lab.study import Parts, Settings, flags
from lab.study.replicates import by_split, nested
from lab.tasks.task import Task
from lab.types import Snapshot


@dataclass(frozen=True)
class Overfitting(Settings):
    """Of the study of over-fitting; widths, rows and noise are those where they are no axis."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 10
    """Redrawn splits, each with a learning set of its own; the unit of every interval."""
    runs: int = 2  # on each split, whose mean counts
    updates: int = 2000  # of every run, whatever the rows
    rate: float = 3e-3  # of Adam, constant
    batch: int = 32
    task: str = "mnist1d"
    width: int = 128
    rows: int = 400
    points: int = 50  # of a curve
    curves: tuple[int, ...] = (400, 2400)
    sizes: tuple[int, ...] = (50, 100, 200, 400, 800, 1600)
    widths: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
    noises: tuple[float, ...] = (0.0, 0.1, 0.2, 0.3, 0.4)
    planes: tuple[str, ...] = ("moons", "circles")
    plane_widths: tuple[int, ...] = (2, 8, 128)
    plane_rows: int = 60  # learning set
    plane_noise: float = 0.25  # deviation of both coordinates
    grid: int = 81  # points along an axis of the plane
    # what each is meant to be, data, width, rows (0: all)
    arms: tuple[tuple[str, str, int, int], ...] = (
        ("good", "digits", 64, 0),
        ("high variance", "digits", 64, 40),
        ("high bias", "mnist1d", 1, 0),
        ("both", "mnist1d", 4, 100),
    )

    @property
    def splits(self) -> list[int]:
        """That are redrawn."""
        return self.numbers(self.seeds)


def parts(s: Overfitting) -> Parts:
    """Curves, errors along three axes, arms of bias and variance, fields over the plane."""
    yield "curves", lambda _: curves(s)
    sizes = [net(s.task, s.width, n) for n in s.sizes]
    yield "rows", lambda _: along(s, "rows", s.sizes, sizes)
    widths = [net(s.task, w, s.rows) for w in s.widths]
    yield "width", lambda _: along(s, "width", s.widths, widths)
    noises = [net(s.task, s.width, s.rows, share) for share in s.noises]
    yield "noise", lambda _: along(s, "noise", s.noises, noises)
    yield "arms", lambda _: arms(s)
    yield "plane", lambda _: boundaries(s)


def net(name: str, width: int, rows: int, noise: float = 0.0) -> Task:
    """One hidden layer of `width` ReLU on `rows` rows of a data set, some labels wrong."""
    return lab.tasks.CATALOG[name].make(widths=(width,), train_size=rows or None, label_noise=noise)


def sweep(s: Overfitting, task: Task, **more: Any) -> xr.Dataset:
    """Every split with runs of its own: dimensions split and run, and what else there is."""
    settings: dict[str, Any] = {"evaluations": 1, "progress": False, **more}
    record = lab.sweep(
        task, ["adam"], trials={"adam": nested(s.splits, s.runs, learning_rate=s.rate)},
        budget=lab.Budget(updates=s.updates), batch_size=s.batch, **settings,
    )  # fmt: skip
    return by_split(record, s.splits, s.runs).isel(optimizer=0, drop=True)


def trained(s: Overfitting, task: Task, **more: Any) -> xr.Dataset:
    """A sweep that keeps the outputs on training rows."""
    source: Any = task.source
    return sweep(s, task, predict_on=lambda split: source.prepare(split).train, **more)


def wrong(task: Task, record: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Errors on training rows, labels as given, and on validation rows: [splits] each."""
    prepared = [task.source.prepare(split) for split in record.split.values]
    outputs = record.outputs.transpose("split", "run", ...).values  # [splits, runs, rows, K]
    labels = np.stack([one.rows["y"][one.train] for one in prepared])
    held = record.validation_accuracy.isel(step=-1).transpose("split", "run").values
    return (outputs.argmax(-1) != labels[:, None]).mean((1, 2)), 1 - held.mean(1)


def along(s: Overfitting, dim: str, values: Sequence[Any], tasks: Sequence[Task]) -> xr.Dataset:
    """Errors at the end for every value: (part, dim, split)."""
    found = np.array([wrong(task, trained(s, task)) for task in tasks])  # [values, part, splits]
    return xr.Dataset(
        {"error": (("part", dim, "split"), found.transpose(1, 0, 2))},
        {"part": ["training", "validation"], dim: list(values)},
    )


def arms(s: Overfitting) -> xr.Dataset:
    """The errors of the arms with what each is: data, width, rows (0 for all)."""
    names, data, widths, rows = (list(column) for column in zip(*s.arms))
    found = along(s, "arm", names, [net(*arm[1:]) for arm in s.arms])
    return found.assign_coords(data=("arm", data), width=("arm", widths), rows=("arm", rows))


def curves(s: Overfitting) -> xr.Dataset:
    """Losses and validation error on the way, means over seeds: (rows, split, step)."""
    kept = []
    for rows in s.curves:
        record = sweep(s, net(s.task, s.width, rows), evaluations=s.points).mean("run")
        kept.append(
            xr.Dataset(
                {
                    "training_loss": record.train_loss,
                    "validation_loss": record.validation_loss,
                    "validation_error": 1 - record.validation_accuracy,
                }
            ).transpose("split", "step")
        )
    steps = np.linspace(0, s.updates, s.points + 1).astype(int)
    return xr.concat([one.reset_coords(drop=True) for one in kept], "rows").assign_coords(
        rows=list(s.curves), updates=("step", steps)
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


def boundaries(s: Overfitting) -> xr.Dataset:
    """Fields of probability over the plane, of the first split and seed; errors of all splits."""
    at = np.linspace(-2.6, 2.6, s.grid)
    grid = tuple((float(a), float(b)) for b in at for a in at)
    fields, errors, shown = [], [], []
    for name in s.planes:
        source = data.source(data.DATASETS[name](noise=s.plane_noise), train_size=s.plane_rows)
        prepared = source.prepare(s.splits[0])
        shown.append(np.c_[prepared.rows["x"], prepared.rows["y"]][prepared.train])
        for width in s.plane_widths:
            made = lab.tasks.supervised(source, widths=(width, width))
            predict: Any = made.problem.predict
            probe = lab.Probe(OnGrid(predict, grid), every=max(1, s.updates - 1))
            record = trained(s, made, probe=probe)
            fields.append(record.probe.isel(split=0, run=0, probe_step=-1).values)
            errors.append(wrong(made, record))
    shape = (len(s.planes), len(s.plane_widths))
    return xr.Dataset(
        {
            "field": (("data", "width", "v", "u"), np.reshape(fields, (*shape, s.grid, s.grid))),
            "error": (("data", "width", "part", "split"), np.reshape(errors, (*shape, 2, s.seeds))),
            "shown": (("data", "row", "what"), np.array(shown)),
        },
        {
            "data": list(s.planes),
            "width": list(s.plane_widths),
            "part": ["training", "validation"],
            "at": at,
            "what": ["x1", "x2", "y"],
        },
    )
