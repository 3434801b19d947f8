"""Grids around a baseline, on tuning seeds by validation rows and on fresh ones by test rows."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

import lab
from lab import protocol

OPTIMIZER, SCHEDULE = "momentum", "cosine_decay_schedule"


@dataclass(frozen=True)
class Bench:
    """What all runs share.

    Attributes:
      baseline: What every number is where nothing else is said.
      width: Units of the two hidden layers.
      epochs: Of every run.
      tuning: Seeds that select.
      seeds: Fresh seeds that are reported.
    """

    baseline: Mapping[str, Any]
    width: int
    epochs: float
    tuning: int
    seeds: int


def grid(bench: Bench, values: Mapping[str, Sequence]) -> xr.Dataset:
    """All combinations of some values: `validation` (..., tuning) and `test` (..., seed) losses.

    A run that diverged, or ends worse than knowing nothing, counts as not trained: ln 10.
    """
    cells = [dict(zip(values, cell)) for cell in itertools.product(*values.values())]
    lengths = [len(some) for some in values.values()]
    seen, told = measured(bench, cells)
    return xr.Dataset(
        {
            "validation": ((*values, "tuning"), seen.reshape(*lengths, -1)),
            "test": ((*values, "seed"), told.reshape(*lengths, -1)),
        },
        {name: list(some) for name, some in values.items()},
    )


def together(bench: Bench, alone: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """The baseline, and every number at the value that was best by itself: losses (setting, ·)."""
    best = {name: best_value(part, name) for name, part in alone.items()}
    seen, told = measured(bench, [{}, best])
    return xr.Dataset(
        {"validation": (("setting", "tuning"), seen), "test": (("setting", "seed"), told)}
        | {f"best_{name}": ((), value) for name, value in best.items()},
        {"setting": ["baseline", "winners together"]},
    )


def best_value(alone: xr.Dataset, name: str) -> Any:
    """The value with the least mean validation loss; of equals the first."""
    return alone[name].values[alone.validation.mean("tuning").values.argmin()].item()


def measured(bench: Bench, cells: list[dict[str, Any]]) -> tuple[np.ndarray, np.ndarray]:
    """Validation losses [cell, tuning] and test losses [cell, seed]."""
    task = lab.tasks.CATALOG["digits"].make(
        widths=(bench.width,) * 2, dropout=True, regularizers=("l2",)
    )
    given: Any = {
        "trials": {OPTIMIZER: [{**bench.baseline, **cell} for cell in cells]},
        "budget": lab.Budget(epochs=bench.epochs),
        "schedule": SCHEDULE,
        "evaluations": 1,
        "progress": False,
    }
    tuning = lab.sweep(
        task, [OPTIMIZER], seeds=protocol.phase_seeds(protocol.TUNE, bench.tuning), **given
    )
    trials = given.pop("trials")
    audited = protocol.audit(
        task, [OPTIMIZER], trials, seeds=protocol.phase_seeds(protocol.REPORT, bench.seeds), **given
    )
    seen, told = (
        np.fmin(losses.isel(optimizer=0).transpose("trial", "seed").values, np.log(10))
        for losses in (tuning.validation_loss.isel(step=-1), audited.test_loss)
    )
    return seen.astype(float), told.astype(float)
