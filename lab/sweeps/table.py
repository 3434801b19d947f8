"""The record of a plan, filled in block by block."""

from typing import Any

import jax
import numpy as np
import xarray as xr

from lab.sweeps.plan import Plan
from lab.sweeps.run import Measured
from lab.types import RUNNING


class Table:
    """Arrays over the lane dimensions of a plan, and what they are called."""

    def __init__(self, plan: Plan):
        self.plan = plan
        self.shape = tuple(len(values) for values in plan.dims.values())
        self.arrays: dict[str, np.ndarray] = {}
        self.dims: dict[str, tuple[str, ...]] = {}

    def write(self, measured: Measured) -> None:
        """Put one block's measurements in their cells."""
        columns: dict[str, tuple[tuple[str, ...], np.ndarray]] = {
            f"validation_{name}": (("step",), values) for name, values in measured.metrics.items()
        }
        columns["train_loss"] = (("step",), measured.train_loss)
        diverged = np.where(measured.stopped_at == RUNNING, -1, measured.stopped_at)
        columns["diverged_at"] = ((), diverged)
        if measured.outputs is not None:
            names = ("row", "output")[: measured.outputs.ndim - 1]
            columns["outputs"] = (names, measured.outputs)
        for name, leaf in _named_leaves(measured.probes):
            inner = tuple(f"{name}_{i}" for i in range(leaf.ndim - 2))
            columns[name] = (("probe_step", *inner), leaf)
        for name, (inner, values) in columns.items():
            for lane, value in zip(measured.lanes, values):
                self.put(name, inner, lane.cell, value)

    def put(self, name: str, inner: tuple[str, ...], cell: tuple[int, ...], value: Any) -> None:
        """Set the cell of one lane."""
        value = np.asarray(value)
        if name not in self.arrays:
            empty = np.nan if value.dtype.kind == "f" else 0
            self.arrays[name] = np.full((*self.shape, *value.shape), empty, value.dtype)
            self.dims[name] = inner
        self.arrays[name][cell] = value

    def dataset(self) -> xr.Dataset:
        """The labelled record."""
        plan, lane_dims = self.plan, tuple(self.plan.dims)
        variables = {
            name: ((*lane_dims, *self.dims[name]), array, _attributes(name))
            for name, array in self.arrays.items()
        }
        record = xr.Dataset(variables, {k: np.array(v) for k, v in plan.dims.items()})
        record = record.assign_coords(_progress_coordinates(plan))
        if plan.trials is not None:
            record = record.assign_coords(_trial_coordinates(plan.trials))
        if "probe_step" in record.dims:
            every = plan.jobs[0].program.probe_every
            record = record.assign_coords(
                probe_step=("probe_step", np.arange(record.sizes["probe_step"]) * every)
            )
        return record


def _progress_coordinates(plan: Plan) -> dict[str, Any]:
    """How far each step is: over `step`, and over what decides the batch size, if that varies."""
    rows = (plan.trials or {}).values()
    if "batch_size" in plan.dims:
        dims, sizes = ("batch_size", "step"), np.array(plan.dims["batch_size"])
    elif any("batch_size" in setting for settings in rows for setting in settings):
        dims = ("optimizer", "trial", "step")
        sizes = np.array([[row.get("batch_size", plan.fixed_batch) for row in rs] for rs in rows])
    else:
        dims, sizes = ("step",), np.array(plan.fixed_batch)
    updates = np.array([plan.marks[size] for size in sizes.flat]).reshape(*sizes.shape, -1)
    return {
        "step": ("step", np.arange(updates.shape[-1]), {"long_name": "evaluation"}),
        "updates": (dims, updates, {"units": "updates"}),
        "examples": (dims, updates * sizes[..., None], {"units": "examples"}),
    }


def _trial_coordinates(trials: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    names = sorted({name for settings in trials.values() for row in settings for name in row})
    columns = {}
    for name in names:
        rows = [[row.get(name, np.nan) for row in settings] for settings in trials.values()]
        columns[name] = (("optimizer", "trial"), np.array(rows))
    return columns


def _named_leaves(probes: Any) -> list[tuple[str, np.ndarray]]:
    """Leaves of the probes' pytree, each named by its path."""
    leaves = jax.tree_util.tree_leaves_with_path(probes)
    return [
        ("probe_" + jax.tree_util.keystr(path, simple=True, separator="_"), leaf)
        if path
        else ("probe", leaf)
        for path, leaf in leaves
    ]


_DESCRIPTIONS = {
    "train_loss": ("mean training loss since the evaluation before", "nats or squared units"),
    "validation_loss": ("validation loss", "nats or squared units"),
    "validation_accuracy": ("validation accuracy", "share of rows"),
    "diverged_at": ("update whose loss was not finite; -1 for none", "updates"),
}


def _attributes(name: str) -> dict[str, str]:
    long_name, units = _DESCRIPTIONS.get(name, (name.replace("_", " "), ""))
    return {"long_name": long_name, "units": units} if units else {"long_name": long_name}
