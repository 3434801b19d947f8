"""Searches repeated on splits of their own, side by side; and what ranks along the way foretell."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

import lab
from lab import protocol
from lab.search import CATALOG, Configuration, Lanes, Round, Rounds, Searcher, Space
from lab.search.entry import Losses
from lab.search.lanes import SHARES
from lab.tasks.task import Task

MANY = 1_000_000  # more trials than one search has
NOTHING = math.log(10)  # loss of who knows nothing of ten classes


@dataclass(frozen=True)
class Case:
    """What is searched, and what a full training is.

    Attributes:
      task: What is trained.
      optimizer: By which rule.
      schedule: Of its learning rate, over a full training.
      space: Numbers of the rule and of the task.
      updates: Of a full training, at batch 32.
    """

    task: Task
    optimizer: str
    schedule: str
    space: Space
    updates: int

    @property
    def budget(self) -> lab.Budget:
        """Of a full training."""
        return lab.Budget(gradient_evaluations=self.updates)

    def swept(self, trials: list[Configuration], **settings: Any) -> xr.Dataset:
        """Full trainings from the first tuning seed, each on the split that it names."""
        return lab.sweep(
            self.task, [self.optimizer], trials={self.optimizer: trials}, seeds=[protocol.TUNE],
            budget=self.budget, schedule=self.schedule, progress=False, **settings,
        ).isel(optimizer=0, seed=0)  # fmt: skip


def joined(searches: Sequence[Rounds]) -> Rounds:
    """Many searches as one, the i-th on split i: a round holds a round of each.

    Trial n of search i has number i · `MANY` + n. They must keep step: shares of rounds depend on
    no loss.
    """
    rounds = {i: _next(search, None) for i, search in enumerate(searches)}
    while going := {i: one for i, one in rounds.items() if one is not None}:
        (share,) = {one.share for one in going.values()}
        losses = yield Round(
            {
                i * MANY + number: trial | {"split": i}
                for i, one in going.items()
                for number, trial in one.trials.items()
            },
            share,
        )
        rounds = {
            i: _next(searches[i], {number: losses[i * MANY + number] for number in one.trials})
            for i, one in going.items()
        }


def repeated(case: Case, searcher: Searcher, repeats: int, trainings: int, batch: int):
    """Search the case on each of so many splits; every round is trained.

    Searchers are told the logarithm of the validation loss, at most that of knowing nothing: the
    Gaussian process minds how large losses of settings are that diverge, all others look at ranks.

    Returns:
      `loss` (split, spent), the least validation loss of a full training for so many trainings or
      fewer, infinite before there is one; `trials` (split) and the chosen values (split).
    """
    lanes = Lanes(
        case.task,
        case.budget,
        seeds=[protocol.TUNE],
        fixed={"optimizer": case.optimizer, "schedule": case.schedule},
    )
    rounds = joined(
        [searcher.rounds(case.space, float(trainings), seed, batch) for seed in range(repeats)]
    )
    ledger = Ledger(repeats, trainings)
    one = _next(rounds, None)
    while one is not None:
        losses = lanes(one)
        ledger.charge(one, losses)
        one = _next(rounds, {n: float(np.log(np.fmin(x, NOTHING))) for n, x in losses.items()})
    return ledger.table(case.space)


class Ledger:
    """What each of the joined searches was charged, and what it had found by then."""

    def __init__(self, repeats: int, trainings: int):
        self.spent, self.reached = np.zeros(repeats), {}
        self.loss = np.full((repeats, trainings), np.inf)  # [split, trainings spent − 1]
        self.chosen: list[Configuration] = [{}] * repeats

    def charge(self, one: Round, losses: Losses) -> None:
        """Charge each trial of a round what is new of it."""
        for number, trial in one.trials.items():
            i = number // MANY
            self.spent[i] += one.share - self.reached.get(number, 0.0)
            self.reached[number] = one.share
            if one.share == 1 and losses[number] < self.loss[i, -1]:
                self.chosen[i] = trial
                self.loss[i, max(0, math.ceil(self.spent[i] - 1e-9) - 1) :] = losses[number]

    def table(self, space: Space) -> xr.Dataset:
        """As a part of the record."""
        split = np.array(list(self.reached)) // MANY
        columns: dict[str, Any] = {
            name: ("split", [trial[name] for trial in self.chosen]) for name in space
        }
        columns["loss"] = (("split", "spent"), self.loss)
        columns["trials"] = ("split", np.bincount(split))
        repeats, trainings = self.loss.shape
        return xr.Dataset(columns, {"split": range(repeats), "spent": range(1, trainings + 1)})


def tested(case: Case, found: dict[str, xr.Dataset], seeds: int) -> xr.Dataset:
    """Test loss and accuracy (search, seed) of what each search chose, on its `split`."""
    rows = [
        (
            name,
            int(i),
            {key: float(part[key].sel(split=i)) for key in case.space} | {"split": int(i)},
        )
        for name, part in found.items()
        for i in part.split.values
    ]
    record = protocol.report(
        case.task, [case.optimizer], {case.optimizer: [trial for *_, trial in rows]},
        seeds=protocol.phase_seeds(protocol.REPORT, seeds), budget=case.budget,
        schedule=case.schedule, evaluations=1, progress=False,
    ).isel(optimizer=0)  # fmt: skip
    columns = {
        name: (("search", "seed"), record[name].transpose("trial", "seed").values)
        for name in ("test_loss", "test_accuracy")
    }
    names, splits, _ = zip(*rows)
    return xr.Dataset(
        columns, {"method": ("search", list(names)), "split": ("search", list(splits))}
    )


def pool(case: Case, splits: int, count: int) -> xr.Dataset:
    """Validation loss (split, setting, share) of random settings, on the way to the end."""
    random = CATALOG["random"].rounds
    drawn = [
        next(random(case.space, count, MANY + i, count)).trials.values() for i in range(splits)
    ]
    trials = [trial | {"split": i} for i, some in enumerate(drawn) for trial in some]
    record = case.swept(trials, evaluations=SHARES)
    loss = record.validation_loss.isel(step=slice(1, None)).transpose("trial", "step").values
    return xr.Dataset(
        {"loss": (("split", "setting", "share"), loss.reshape(splits, count, -1))},
        {"share": [float(share) for share in SHARES]},
    )


def along(
    case: Case, splits: int, rates: Sequence[float], looks: int, **fixed: float
) -> xr.Dataset:
    """Validation loss (learning_rate, split, share) along full trainings at some rates."""
    trials = [{"learning_rate": rate, "split": i} | fixed for rate in rates for i in range(splits)]
    record = case.swept(trials, evaluations=looks)
    loss = record.validation_loss.transpose("trial", "step").values
    return xr.Dataset(
        {"loss": (("learning_rate", "split", "share"), loss.reshape(len(rates), splits, -1))},
        {"learning_rate": list(rates), "share": np.linspace(0, 1, loss.shape[-1])},
    )


def _next(rounds: Rounds, losses: Losses | None) -> Round | None:
    """The next round, or None where there is none."""
    try:
        return next(rounds) if losses is None else rounds.send(losses)
    except StopIteration:
        return None
