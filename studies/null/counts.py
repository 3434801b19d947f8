"""What is counted: winners where there is none, and advantages that are found or promised."""

from typing import NamedTuple

import numpy as np
from scipy.stats import binom, binomtest, norm

from lab.statistics import Interval
from lab.study import Record
from studies.null.rounds import finds
from studies.null.runs import Null

LEVEL, Z = 0.05, float(norm.ppf(0.975))
LIKELY = 0.985  # of the time, a test of the level stays within what is allowed
SIZES = (0, 1, 2, 4, 6, 8, 12, 16, 20, 30, 40)  # planted advantages, in margins


class Rate(NamedTuple):
    """How often one way to decide named a winner."""

    name: str
    winners: int
    rounds: int
    careful: bool  # whether it promises the level

    @property
    def share(self) -> Interval:
        """Of the rounds."""
        return share(self.winners, self.rounds)


class Power(NamedTuple):
    """How often an advantage was found, by its size, with one number of splits."""

    splits: int
    size: np.ndarray  # of the advantage
    redrawn: Interval
    trained: Interval
    expected: np.ndarray  # promised at these sizes
    fine: np.ndarray  # sizes of the two curves
    promised: np.ndarray
    known: np.ndarray  # if the standard error were the true one
    true: float  # deviation of the differences
    own: float  # the same, as the intervals have it: the median


def rates(record: Record[Null]) -> list[Rate]:
    """By the protocol, by the paired test, by a single seed."""
    redrawn, trained = (record[f"rounds/{n}"] for n in ("redrawn", "trained"))
    ways, margin = redrawn.splits.values.tolist(), record.settings.margin
    found = [
        _rate(f"the protocol, {name}, {on(n)}", rounds.winner.sel(splits=n).values != 0)
        for n in ways
        for name, rounds in (("trained", trained), ("redrawn", redrawn))
    ]
    found.append(_rate("paired test, signs flipped", record["flipped"].p.values <= LEVEL))
    for n in ways:
        one = redrawn.sel(splits=n)
        flip, single = one.flip_p.values <= LEVEL, np.abs(one.single.values) > margin
        found.append(_rate(f"paired test of the selected, {on(n)}", flip, False))
        found.append(_rate(f"a single seed, {on(n)}", single, False))
    return found


def powers(record: Record[Null]) -> list[Power]:
    """For each number of splits."""
    margin, found = record.settings.margin, []
    sizes = margin * np.array(SIZES, float)
    fine = np.linspace(0, sizes[-1], 201)
    for n in record["rounds/redrawn"].splits.values.tolist():
        drawn, fresh = (
            record[f"rounds/{name}"].lead.sel(splits=n).values for name in ("redrawn", "trained")
        )
        true, own = float(drawn[:, 0].std()), float(np.median(standard_errors(drawn)))
        told, ran = (share(finds(x, sizes, margin).sum(-1), len(x)) for x in (drawn, fresh))
        expected, promised = (promised_power(drawn, x, margin) for x in (sizes, fine))
        known = norm.cdf((fine - margin) / true - Z)
        found.append(Power(n, sizes, told, ran, expected, fine, promised, known, true, own))
    return found


def on(splits: int) -> str:
    """Of so many splits, in words."""
    return "one split" if splits == 1 else f"{splits} splits"


def _rate(name: str, won: np.ndarray, careful: bool = True) -> Rate:
    return Rate(name, int(won.sum()), len(won), careful)


def allowed(rounds: int) -> int:
    """Winners that a test of the level stays within 98.5 % of the time: 10 of 100, 65 of 1,000."""
    return int(binom.ppf(LIKELY, rounds, LEVEL))


def share(count, rounds: int, comparisons: int = 1) -> Interval:
    """A share with its exact 95 % interval (Clopper & Pearson, 1934), Bonferroni-corrected."""
    counts, level = np.atleast_1d(count), 1 - 0.05 / comparisons
    limits = [binomtest(int(k), rounds).proportion_ci(level, method="exact") for k in counts]
    values = [counts / rounds, [c.low for c in limits], [c.high for c in limits]]
    return Interval(*(np.reshape(v, np.shape(count)) for v in values))


def standard_errors(lead: np.ndarray) -> np.ndarray:
    """Of each round, as its 95 % interval has it: a quarter of its length, nearly."""
    return (lead[:, 2] - lead[:, 1]) / (2 * Z)


def promised_power(lead: np.ndarray, advantage, margin: float) -> np.ndarray:
    """Mean over rounds of Φ((advantage − margin)/se − z), each with its own standard error."""
    distance = np.asarray(advantage, np.float64)[..., None] - margin
    return norm.cdf(distance / standard_errors(lead) - Z).mean(-1)
