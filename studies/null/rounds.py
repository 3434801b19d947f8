"""Rounds of the null experiment: two sides that are one optimizer, and what is said of them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import xarray as xr

from lab.protocol import REPORT, TUNE, Comparison, decide
from lab.statistics import Interval, sign_flip_test

LABELS = ("first", "second")
LIMITS = ("estimate", "low", "high")


class Side(NamedTuple):
    """What one label tried: its rates, and the final losses of its runs.

    A test loss is at most the one before training, which is how `decide` counts diverged runs.
    """

    rate: np.ndarray  # [trial] ascending
    validation: np.ndarray  # [split, trial, tuning seed]
    test: np.ndarray  # [split, trial, report seed]

    def on(self, splits: Sequence[int]) -> "Side":
        """The runs on some of the splits, by their places."""
        return Side(self.rate, self.validation[list(splits)], self.test[list(splits)])


class Round(NamedTuple):
    """What the protocol and two naive ones say of one pair of sides."""

    winner: int  # 1 the first label, -1 the second, 0 a tie
    lead: Interval  # loss of the second less that of the first, as `decide` gives it
    flip_p: float  # sign-flip test over report seeds of the two selected configurations
    single: float  # the difference that one tuning seed and one report seed show


def as_records(
    plan: Comparison, sides: Sequence[Side], untrained: float
) -> tuple[xr.Dataset, xr.Dataset]:
    """Tuning and report of a comparison, as `decide` reads them.

    The seeds of the two sides are different runs: a seed in these records is a place, no stream.
    """
    rates = np.stack([side.rate for side in sides])
    validation = np.stack([side.validation for side in sides])  # [optimizer, split, trial, seed]
    test = np.stack([side.test for side in sides])
    dims = ("optimizer", "split", "trial", "seed")
    labels = {
        "optimizer": list(plan.optimizers),
        "split": list(plan.splits),
        "trial": range(plan.trials),
        "learning_rate": (("optimizer", "trial"), rates),
        "updates": ("step", [0, plan.budget.updates]),
    }

    def record(name: str, values: np.ndarray, phase: int) -> xr.Dataset:
        seeds = phase + np.arange(values.shape[3])
        ran = (dims, np.full(values.shape[:4], -1))
        columns = {name: ((*dims, "step")[: values.ndim], values), "diverged_at": ran}
        return xr.Dataset(columns, labels | {"seed": seeds})

    seen = np.stack([np.full_like(validation, untrained), validation], -1)
    return record("validation_loss", seen, TUNE), record("test_loss", test, REPORT)


def judge(plan: Comparison, sides: Sequence[Side], untrained: float) -> Round:
    """One round: the verdict, and what it would have been without care."""
    verdict = decide(plan, *as_records(plan, sides, untrained))
    behind = Interval(*(limit[1] for limit in verdict.behind))
    swapped = verdict.ranked[0] == LABELS[1]
    lead = Interval(-behind.estimate, -behind.high, -behind.low) if swapped else behind
    winner = 0 if verdict.winner is None else 1 - 2 * LABELS.index(verdict.winner)
    reports = [selected(side) for side in sides]
    single = [selected(side._replace(validation=side.validation[..., :1]))[0] for side in sides]
    return Round(
        winner, lead, float(sign_flip_test(reports[1] - reports[0])), float(single[1] - single[0])
    )


def selected(side: Side) -> np.ndarray:
    """Test losses [report seed] of the trial selected on each split, averaged over splits."""
    best = side.validation.mean(-1).argmin(-1)
    return np.take_along_axis(side.test, best[:, None, None], 1)[:, 0].mean(0)


def play(
    plan: Comparison, sides: Iterable[Sequence[Side]], numbers: Sequence[int], untrained: float
) -> xr.Dataset:
    """Rounds, each on a single split (they take turns) and on all splits, two at least, together.

    Args:
      plan: What was declared.
      sides: The two sides of every round.
      numbers: Of the rounds, which split and resamples follow.
      untrained: The loss before the first update.
    """
    told, every = [], len(plan.splits)
    for number, both in zip(numbers, sides):
        for on in ([number % every], range(every)):
            here = replace(plan, draw=number, splits=tuple(plan.splits[i] for i in on))
            told.append(judge(here, [side.on(on) for side in both], untrained))
    columns = {}
    for name, values in zip(Round._fields, zip(*told)):
        found = np.array(values).reshape(len(numbers), 2, *np.shape(values[0]))
        columns[name] = ("round", "splits", "limit")[: found.ndim], found
    return xr.Dataset(columns, {"splits": [1, every], "limit": list(LIMITS)})


def redrawn(bank: Side, plan: Comparison, number: int) -> list[Side]:
    """Two sides out of a bank of runs: other trials, one of each part of the space; other seeds.

    The bank's trials are ordered and equally many in each part; both its columns hold all seeds.
    Drawn without replacement, two sides differ as two fresh draws would: by 2σ²/n.
    """
    rng = np.random.default_rng([1, number])
    each = len(bank.rate) // plan.trials
    trials = np.stack([each * p + rng.permutation(each)[:2] for p in range(plan.trials)])
    count = plan.tune_seeds + plan.report_seeds
    seeds = rng.permutation(bank.test.shape[-1])[: 2 * count].reshape(2, count)

    def side(i: int) -> Side:
        tune, report = np.split(seeds[i], [plan.tune_seeds])
        runs = [x[:, trials[:, i]] for x in (bank.validation, bank.test)]
        return Side(bank.rate[trials[:, i]], runs[0][..., tune], runs[1][..., report])

    return [side(0), side(1)]


def flipped(bank: Side, seeds: int, numbers: Sequence[int]) -> np.ndarray:
    """p-values [numbers] of the sign-flip test where paired differences have the sign of a coin.

    Each is of two trials of the bank on one split, over some of its seeds, which both share.
    """
    splits, trials, held = bank.test.shape
    differences = np.empty((len(numbers), seeds))
    for r, number in enumerate(numbers):
        rng = np.random.default_rng([2, number])
        one, other = rng.permutation(trials)[:2]
        split, at = rng.integers(splits), rng.permutation(held)[:seeds]
        signs = rng.integers(0, 2, seeds) * 2 - 1
        differences[r] = signs * (bank.test[split, one, at] - bank.test[split, other, at])
    return sign_flip_test(differences)


def finds(lead: np.ndarray, advantage, margin: float) -> np.ndarray:
    """Whether `decide` names the first label once its test losses are less by `advantage`.

    A constant moves the interval and nothing else, so that no round need be played again.

    Args:
      lead: [round, limit], of rounds without an advantage.
      advantage: [...].
      margin: Of the comparison.

    Returns:
      [..., round].
    """
    return lead[:, 1] + np.asarray(advantage, np.float64)[..., None] > margin
