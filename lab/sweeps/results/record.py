"""The record of a plan, filled in as lanes are done."""

from typing import Any

import numpy as np
import xarray as xr

from lab.budget import CURRENCIES
from lab.sweeps.planning.arguments import label
from lab.sweeps.planning.columns import leaves_of
from lab.sweeps.planning.jobs import Job, Plan
from lab.sweeps.results.measurements import Measured
from lab.types import RUNNING


class Record:
    """Arrays over the lane dimensions of a plan, and what they are called."""

    def __init__(self, plan: Plan):
        self.plan = plan
        self.shape = tuple(len(values) for values in plan.dims.values())
        self.arrays: dict[str, np.ndarray] = {}
        self.dims: dict[str, tuple[str, ...]] = {}
        self.done = np.zeros(self.shape, bool)

    def write(self, measured: Measured) -> None:
        """Put a group's measurements in their cells."""
        columns: dict[str, tuple[tuple[str, ...], np.ndarray]] = {
            f"validation_{name}": (("step",), values) for name, values in measured.metrics.items()
        }
        columns["train_loss"] = (("step",), measured.train_loss)
        diverged = np.where(measured.stopped_at == RUNNING, -1, measured.stopped_at)
        columns["diverged_at"] = ((), diverged)
        for name in ("stopped_early_at", "best_at"):
            if (updates := getattr(measured, name)) is not None:
                columns[name] = ((), updates)
        if measured.gradients is not None:
            columns["gradients_used"] = (("step",), measured.gradients)
        if measured.outputs is not None:
            names = ("row", "output")[: measured.outputs.ndim - 1]
            columns["outputs"] = (names, measured.outputs)
        for name, leaf in leaves_of(measured.probes):
            inner = tuple(f"{name}_{i}" for i in range(leaf.ndim - 2))
            columns[name] = (("probe_step", *inner), leaf)
        for name, (inner, values) in columns.items():
            for lane, value in zip(measured.lanes, values, strict=True):
                self.put(name, inner, lane.cell, value)
        for lane in measured.lanes:
            self.done[lane.cell] = True

    def put(self, name: str, inner: tuple[str, ...], cell: tuple[int, ...], value: Any) -> None:
        """Set the cell of one lane."""
        value = np.asarray(value)
        if name not in self.arrays:
            empty = np.nan if value.dtype.kind == "f" else 0
            self.arrays[name] = np.full((*self.shape, *value.shape), empty, value.dtype)
            self.dims[name] = inner
        self.arrays[name][cell] = value

    def left(self, job: Job) -> list[int]:
        """Numbers of the lanes of a job that are not done."""
        return [i for i, lane in enumerate(job.lanes) if not self.done[lane.cell]]

    def saved(self, before: np.ndarray) -> int:
        """Updates that lanes did not take as they stopped early, but for those done `before`."""
        stopped = self.arrays.get("stopped_early_at")
        if stopped is None:
            return 0
        return sum(
            job.evaluation_steps[-1] - int(stopped[lane.cell])
            for job in self.plan.jobs
            for lane in job.lanes
            if stopped[lane.cell] >= 0 and not before[lane.cell]
        )

    def dataset(self) -> xr.Dataset:
        """The labelled record."""
        plan, lane_dims = self.plan, tuple(self.plan.dims)
        variables = {
            name: ((*lane_dims, *self.dims[name]), array, _attributes(name))
            for name, array in self.arrays.items()
        }
        record = xr.Dataset(variables, {k: np.array(v) for k, v in plan.dims.items()})
        record = record.assign_coords(
            _ledger(plan, self.shape, self.arrays.get("stopped_early_at"))
        )
        if plan.trials is not None:
            record = record.assign_coords(_trial_coordinates(plan.trials))
        if "probe_step" in record.dims:
            every = plan.jobs[0].program.probe_every
            record = record.assign_coords(
                probe_step=("probe_step", np.arange(record.sizes["probe_step"]) * every)
            )
        return record


def _ledger(plan: Plan, shape: tuple[int, ...], stopped: np.ndarray | None) -> dict[str, Any]:
    """What lanes were charged up to each evaluation, in every currency, and what was left over.

    A lane that stopped early is charged nothing from there on.

    A currency has the dimensions along which its amounts differ, `batch_size` wherever it is one.
    """
    steps = len(plan.jobs[0].evaluation_steps)
    amounts = np.empty((len(CURRENCIES) + 1, *shape, steps))
    for job in plan.jobs:
        unit = np.array([getattr(job.price, currency) for currency in CURRENCIES])
        charged = np.append(unit[:, None] * job.evaluation_steps, [job.unspent], axis=0)
        for lane in job.lanes:
            early = -1 if stopped is None else stopped[lane.cell]
            last = steps - 1 if early < 0 else job.evaluation_steps.index(early)
            until = np.minimum(np.arange(steps), last)
            amounts[(slice(None), *lane.cell)] = charged[:, until]
            amounts[(-1, *lane.cell)] = job.unspent[last]
    names = [*CURRENCIES, "unspent"]
    coordinates: dict[str, Any] = {"step": ("step", np.arange(steps), {"long_name": "evaluation"})}
    for name, amount in zip(names, amounts):
        if name == "seconds" and not plan.timed:
            continue
        dims, amount = _where_it_differs((*plan.dims, "step"), amount, name == "unspent")
        whole = name in ("updates", "examples")
        coordinates[name] = dims, amount.astype(int) if whole else amount, {"units": name}
    return coordinates


def _where_it_differs(dims: tuple[str, ...], values: np.ndarray, final: bool):
    """The array without the dimensions along which nothing changes."""
    kept = []
    for axis, dim in reversed(list(enumerate(dims))):
        first = values.take([0], axis)
        same = np.array_equal(np.broadcast_to(first, values.shape), values, equal_nan=True)
        if same and dim != "batch_size" and (dim != "step" or final):
            values = first.squeeze(axis)
        else:
            kept.insert(0, dim)
    return tuple(kept), values


def _trial_coordinates(trials: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    names = sorted({name for settings in trials.values() for row in settings for name in row})
    columns = {}
    for name in names:
        rows = [[label(row.get(name, np.nan)) for row in rows] for rows in trials.values()]
        if any(isinstance(value, str) for row in rows for value in row):
            rows = [["" if value != value else str(value) for value in row] for row in rows]
        columns[name] = (("optimizer", "trial"), np.array(rows))  # NaN or "" where it is not named
    return columns


_DESCRIPTIONS = {
    "train_loss": ("mean training loss since the evaluation before", "nats or squared units"),
    "validation_loss": ("validation loss", "nats or squared units"),
    "validation_accuracy": ("validation accuracy", "share of rows"),
    "gradients_used": ("gradients that the updates took", "gradient evaluations"),
    "stopped_early_at": ("updates taken by a lane that stopped early; -1 for none", "updates"),
    "best_at": ("updates taken at the last improvement; -1 for none", "updates"),
    "diverged_at": ("update whose loss was not finite; -1 for none", "updates"),
}


def _attributes(name: str) -> dict[str, str]:
    long_name, units = _DESCRIPTIONS.get(name, (name.replace("_", " "), ""))
    return {"long_name": long_name, "units": units} if units else {"long_name": long_name}
