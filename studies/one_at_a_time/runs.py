"""Grids around a baseline, on tuning seeds by validation rows and on fresh ones by test rows."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import xarray as xr

import lab
from lab import protocol
from lab.study import Parts, Settings, flags


@dataclass(frozen=True)
class OneAtATime(Settings):
    """Of the study of one change at a time."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 16
    """Fresh seeds that are reported."""
    width: int = 32  # units of the two hidden layers
    epochs: float = 10.0  # of every run, whatever the batch size
    tuning: int = 4  # seeds that select
    task: str = "digits"
    optimizer: str = "momentum"
    schedule: str = "cosine_decay_schedule"
    # each number at the baseline, and the values that are tried, the baseline's among them
    varied: tuple[tuple[str, float, tuple[float, ...]], ...] = (
        ("learning_rate", 0.01, (1e-4, 3.2e-4, 1e-3, 3.2e-3, 0.01, 0.032, 0.1, 0.32, 1.0)),
        ("momentum", 0.9, (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99)),
        ("batch_size", 32, (8, 16, 32, 64, 128)),
        ("init_scale", 1.0, (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)),
        ("l2", 1e-4, (0.0, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)),
        ("dropout_rate", 0.0, (0.0, 0.1, 0.2, 0.3, 0.5, 0.7)),
    )
    pairs: tuple[tuple[str, str], ...] = (
        ("learning_rate", "momentum"),
        ("learning_rate", "batch_size"),
        ("learning_rate", "init_scale"),
        ("learning_rate", "l2"),
    )

    @property
    def baseline(self) -> dict[str, float]:
        """What every number is where nothing else is said."""
        return {name: at for name, at, _ in self.varied}

    @property
    def names(self) -> list[str]:
        """Of the numbers that are varied by themselves: those with several values."""
        return [name for name, _, some in self.varied if len(some) > 1]


def parts(s: OneAtATime) -> Parts:
    """Every number by itself, pairs of them, and all single winners put together."""
    values = {name: some for name, _, some in s.varied}
    alone = {}
    for name in s.names:
        alone[name] = yield f"alone/{name}", lambda _, n=name: grid(s, {n: values[n]})
    for pair in s.pairs:
        yield f"pairs/{' '.join(pair)}", lambda _, p=pair: grid(s, {n: values[n] for n in p})
    yield "together", lambda _: together(s, alone)


def grid(s: OneAtATime, values: Mapping[str, Sequence]) -> xr.Dataset:
    """All combinations of some values: `validation` (..., tuning) and `test` (..., seed) losses.

    A run that diverged, or ends worse than knowing nothing, counts as not trained: ln 10.
    """
    cells = [dict(zip(values, cell)) for cell in itertools.product(*values.values())]
    lengths = [len(some) for some in values.values()]
    seen, told = measured(s, cells)
    return xr.Dataset(
        {
            "validation": ((*values, "tuning"), seen.reshape(*lengths, -1)),
            "test": ((*values, "seed"), told.reshape(*lengths, -1)),
        },
        {name: list(some) for name, some in values.items()},
    )


def together(s: OneAtATime, alone: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """The baseline, and every number at the value that was best by itself: losses (setting, ·)."""
    best = {name: best_value(part, name) for name, part in alone.items()}
    seen, told = measured(s, [{}, best])
    return xr.Dataset(
        {"validation": (("setting", "tuning"), seen), "test": (("setting", "seed"), told)}
        | {f"best_{name}": ((), value) for name, value in best.items()},
        {"setting": ["baseline", "winners together"]},
    )


def best_value(alone: xr.Dataset, name: str) -> Any:
    """The value with the least mean validation loss; of equals the first."""
    return alone[name].values[alone.validation.mean("tuning").values.argmin()].item()


def measured(s: OneAtATime, cells: list[dict[str, Any]]) -> tuple[np.ndarray, np.ndarray]:
    """Validation losses [cell, tuning] and test losses [cell, seed]."""
    task = lab.tasks.CATALOG[s.task].make(widths=(s.width,) * 2, dropout=True, regularizers=("l2",))
    trials = {s.optimizer: [{**s.baseline, **cell} for cell in cells]}
    given: Any = {
        "budget": lab.Budget(epochs=s.epochs),
        "schedule": s.schedule,
        "evaluations": 1,
        "split": s.numbers(1)[0],
        "progress": False,
    }
    seeds, fresh = s.numbers(s.tuning, protocol.TUNE), s.numbers(s.seeds, protocol.REPORT)
    tuning = lab.sweep(task, [s.optimizer], trials=trials, seeds=seeds, **given)
    audited = protocol.audit(task, [s.optimizer], trials, seeds=fresh, **given)
    seen, told = (
        np.fmin(losses.isel(optimizer=0).transpose("trial", "seed").values, np.log(10))
        for losses in (tuning.validation_loss.isel(step=-1), audited.test_loss)
    )
    return seen.astype(float), told.astype(float)
