"""Random trials of one optimizer on many splits: what selects them, and what they would report."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

import lab
from lab import protocol
from lab.search import CATALOG, Configuration, Space


@dataclass(frozen=True)
class Arm:
    """One way to tune an optimizer.

    Attributes:
      rule: Its name in the catalogue.
      space: What is searched.
      default: What stands in a program where nobody has tuned.
    """

    rule: str
    space: Space
    default: Configuration


@dataclass(frozen=True)
class Bench:
    """What all runs share.

    Attributes:
      width: Units of the hidden layer.
      updates: Of every run, at batch 32.
      splits: Each with trials of its own: the units of every interval.
      seeds: Fresh ones, on which each trial's test loss is measured.
    """

    width: int
    updates: int
    splits: int
    seeds: int


def searched(bench: Bench, arm: Arm, count: int) -> xr.Dataset:
    """Losses (split, trial) of random settings, others on every split."""
    random = CATALOG["random"].rounds
    drawn = [
        next(random(arm.space, count, split, count)).trials.values()
        for split in range(bench.splits)
    ]
    return measured(bench, arm.rule, [list(some) for some in drawn])


def as_it_comes(bench: Bench, arm: Arm) -> xr.Dataset:
    """Losses (split, trial) of the default, the only trial."""
    return measured(bench, arm.rule, [[arm.default]] * bench.splits)


def measured(bench: Bench, rule: str, drawn: Sequence[Sequence[Configuration]]) -> xr.Dataset:
    """`validation` and `test` losses (split, trial); one that has not learnt anything has ln 10."""
    task = lab.tasks.CATALOG["digits"].make(widths=(bench.width,))
    trials = {
        rule: [trial | {"split": split} for split, some in enumerate(drawn) for trial in some]
    }
    settings: Any = {
        "budget": lab.Budget(gradient_evaluations=bench.updates),
        "evaluations": 1,
        "schedule": "cosine_decay_schedule",
        "progress": False,
    }
    tuning = lab.sweep(
        task, [rule], trials=trials, seeds=protocol.phase_seeds(protocol.TUNE, 1), **settings
    )
    audited = protocol.audit(
        task, [rule], trials, seeds=protocol.phase_seeds(protocol.REPORT, bench.seeds), **settings
    )
    seen, told = (
        np.fmin(losses.isel(optimizer=0), np.log(10)).mean("seed").values.reshape(len(drawn), -1)
        for losses in (tuning.validation_loss.isel(step=-1), audited.test_loss)
    )
    return xr.Dataset(
        {"validation": (("split", "trial"), seen), "test": (("split", "trial"), told)}
    )
