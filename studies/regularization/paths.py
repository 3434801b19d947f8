"""What strengths do to weights: sparsity and error along paths, histograms of the weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab import protocol
from lab.data import Source
from lab.types import Snapshot
from studies.regularization import parts

PATHS = ("L1", "L1, proximal", "L2", "decoupled decay")
GRIDS = {  # the proximal step and the decay are multiplied by the learning rate
    "L1": np.geomspace(1e-5, 0.1, 13),
    "L1, proximal": np.geomspace(1e-3, 10, 13),
    "L2": np.geomspace(1e-5, 0.1, 13),
    "decoupled decay": np.geomspace(1e-2, 100, 13),
}
NEAR = 1e-3  # weights below are near zero, if not exactly


@dataclass(frozen=True)
class FirstKernel:
    """Probe: weights from the inputs to the first hidden layer, before the update."""

    def __call__(self, snapshot: Snapshot) -> Any:
        """[inputs · units]."""
        leaves = [leaf for leaf in jax.tree.leaves(snapshot.params) if jnp.ndim(leaf) >= 2]
        return leaves[0].reshape(-1)


def paths(
    source: Source,
    width: int,
    updates: int,
    rate: float,
    splits: int,
    points: int,
    names: Sequence[str] = PATHS,
) -> xr.Dataset:
    """Along each path: validation error, share of weights that are 0 or near it, and the weights.

    One program: paths and strengths are lanes, and what a lane does not ask for has strength 0.
    """
    step = max(1, 12 // (points - 1))
    grids = np.array([GRIDS[name][::step][:points] for name in names])  # [paths, strengths]
    off = dict.fromkeys(names, 0.0)
    trials = [
        {"learning_rate": rate} | parts.numbers(off | {name: float(strength)})
        for name, grid in zip(names, grids)
        for strength in grid
    ]
    optimizer: Any = {"adam": parts.adam}
    record = lab.sweep(
        parts.task(source, names, width), optimizer, trials={"adam": trials},
        axes={"split": list(range(splits))}, seeds=protocol.phase_seeds(protocol.TUNE, 1),
        budget=lab.Budget(updates=updates + 1), batch_size=32, schedule="cosine_decay_schedule",
        evaluations=1, progress=False, probe=FirstKernel(), probe_every=updates,
    ).isel(optimizer=0, seed=0)  # fmt: skip
    weights = record.probe.isel(probe_step=-1).transpose("trial", "split", ...).values
    cells = (*grids.shape, splits)
    error = _final(record, source).transpose("trial", "split").values
    dims = ("path", "strength", "split")
    return xr.Dataset(
        {
            "error": (dims, error.reshape(cells)),
            "zero": (dims, (weights == 0).mean(-1).reshape(cells)),
            "near": (dims, (np.abs(weights) < NEAR).mean(-1).reshape(cells)),
            "weights": (("path", "strength", "weight"), weights[:, 0].reshape(*grids.shape, -1)),
            "value": (("path", "strength"), grids),
        },
        {"path": list(names)},
    )


def _final(record: xr.Dataset, source: Source) -> xr.DataArray:
    """Share of wrong rows; of a number, squared error over variance."""
    last = record.isel(step=-1)
    return 1 - last.validation_accuracy if source.n_classes else last.validation_loss
