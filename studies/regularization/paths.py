"""What strengths do to weights: sparsity and error along paths, histograms of the weights."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab import protocol
from lab.data import Source
from lab.study.replicates import nested
from lab.types import Snapshot
from studies.regularization import remedies
from studies.regularization.settings import Regularization

# the proximal step and the decay are multiplied by the learning rate
ENDS: dict[str, tuple[float, float]] = {
    "L1": (1e-5, 0.1),
    "L1, proximal": (1e-3, 10),
    "L2": (1e-5, 0.1),
    "decoupled decay": (1e-2, 100),
}
NEAR = 1e-3  # weights below are near zero, if not exactly


@dataclass(frozen=True)
class FirstKernel:
    """Probe: weights from the inputs to the first hidden layer, before the update."""

    def __call__(self, snapshot: Snapshot) -> Any:
        """[inputs · units]."""
        leaves = [leaf for leaf in jax.tree.leaves(snapshot.params) if jnp.ndim(leaf) >= 2]
        return leaves[0].reshape(-1)


def paths(s: Regularization, source: Source) -> xr.Dataset:
    """Along each path: validation error, share of weights that are 0 or near it, and the weights.

    One program: paths and strengths are lanes, and what a lane does not ask for has strength 0.
    """
    grids = np.array([np.geomspace(*ENDS[name], s.points) for name in s.paths])
    off = dict.fromkeys(s.paths, 0.0)
    trials = [
        one
        for name, grid in zip(s.paths, grids)
        for strength in grid.tolist()
        for one in nested(
            s.numbers(s.path_splits),
            1,
            protocol.TUNE,
            learning_rate=s.path_rate,
            **remedies.numbers(off | {name: strength}),
        )
    ]
    rule: Any = {"adam": remedies.adam}
    record = lab.sweep(
        remedies.task(source, s.paths, s.width), rule, trials={"adam": trials},
        budget=lab.Budget(updates=s.updates + 1), batch_size=s.batch, evaluations=1,
        schedule="cosine_decay_schedule", progress=False, probe=FirstKernel(),
        probe_every=s.updates,
    ).isel(optimizer=0, step=-1)  # fmt: skip
    cells = (*grids.shape, s.path_splits)
    weights = record.probe.isel(probe_step=-1).values.reshape(*cells, -1)
    # share of wrong rows; of a number, squared error over variance
    error = 1 - record.validation_accuracy if source.n_classes else record.validation_loss
    dims = ("path", "strength", "split")
    return xr.Dataset(
        {
            "error": (dims, error.values.reshape(cells)),
            "zero": (dims, (weights == 0).mean(-1)),
            "near": (dims, (np.abs(weights) < NEAR).mean(-1)),
            "weights": (("path", "strength", "weight"), weights[:, :, 0]),
            "value": (("path", "strength"), grids),
        },
        {"path": list(s.paths)},
    )
