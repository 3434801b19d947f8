"""Searches repeated on splits of their own, side by side as one."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

import lab
from lab import protocol
from lab.search import Configuration, Lanes, Round, Rounds, Searcher, Space
from lab.search.entry import Losses
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


def joined(searches: Mapping[int, Rounds]) -> Rounds:
    """Many searches as one, each on the split it is for: a round holds a round of each.

    Trial n of the search on split i has number i · `MANY` + n, and the seed of its split. They must
    keep step: shares of rounds depend on no loss.
    """
    rounds = {i: following(search, None) for i, search in searches.items()}
    while going := {i: one for i, one in rounds.items() if one is not None}:
        (share,) = {one.share for one in going.values()}
        losses = yield Round(
            {
                i * MANY + number: trial | {"split": i, "seed": protocol.TUNE + i}
                for i, one in going.items()
                for number, trial in one.trials.items()
            },
            share,
        )
        rounds = {
            i: following(searches[i], {number: losses[i * MANY + number] for number in one.trials})
            for i, one in going.items()
        }


def repeated(
    case: Case, searcher: Searcher, splits: Sequence[int], trainings: int, batch: int
) -> xr.Dataset:
    """Search the case on each of the splits; every round is trained.

    Searchers are told the logarithm of the validation loss, at most that of knowing nothing: the
    Gaussian process minds how large losses of settings are that diverge, all others look at ranks.

    Returns:
      `loss` (split, spent), the least validation loss of a full training for so many trainings or
      fewer, infinite before there is one; `trials` (split) and the chosen values (split).
    """
    fixed = {"optimizer": case.optimizer, "schedule": case.schedule}
    lanes = Lanes(case.task, case.budget, fixed=fixed)
    rounds = joined({i: searcher.rounds(case.space, float(trainings), i, batch) for i in splits})
    ledger = Ledger(splits, trainings)
    one = following(rounds, None)
    while one is not None:
        losses = lanes(one)
        ledger.charge(one, losses)
        one = following(rounds, {n: float(np.log(np.fmin(x, NOTHING))) for n, x in losses.items()})
    return ledger.table(case.space)


class Ledger:
    """What each of the joined searches was charged, and what it had found by then."""

    def __init__(self, splits: Sequence[int], trainings: int):
        self.splits, self.spent, self.reached = list(splits), np.zeros(len(splits)), {}
        self.loss = np.full((len(splits), trainings), np.inf)  # [split, trainings spent − 1]
        self.chosen: list[Configuration] = [{}] * len(splits)

    def charge(self, one: Round, losses: Losses) -> None:
        """Charge each trial of a round what is new of it."""
        for number, trial in one.trials.items():
            i = self.splits.index(number // MANY)
            self.spent[i] += one.share - self.reached.get(number, 0.0)
            self.reached[number] = one.share
            if one.share == 1 and losses[number] < self.loss[i, -1]:
                self.chosen[i] = trial
                self.loss[i, max(0, math.ceil(self.spent[i] - 1e-9) - 1) :] = losses[number]

    def table(self, space: Space) -> xr.Dataset:
        """As a part of the record."""
        of = np.array(list(self.reached)) // MANY
        columns: dict[str, Any] = {
            name: ("split", [trial[name] for trial in self.chosen]) for name in space
        }
        columns["loss"] = (("split", "spent"), self.loss)
        columns["trials"] = ("split", [int((of == split).sum()) for split in self.splits])
        spent = range(1, self.loss.shape[1] + 1)
        return xr.Dataset(columns, {"split": self.splits, "spent": spent})


def following(rounds: Rounds, losses: Losses | None) -> Round | None:
    """The next round, or None where there is none."""
    try:
        return next(rounds) if losses is None else rounds.send(losses)
    except StopIteration:
        return None
