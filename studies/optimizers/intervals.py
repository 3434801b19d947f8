"""Intervals of the optimizer comparison, by the method that holds the truth most often at its size.

Pairs of runs: Student's t or flipped signs. Anything else: BCa or studentized bootstrap.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from lab import statistics
from lab.statistics import Interval
from studies.optimizers.result import Result

FEWEST = 3  # units from which on a method can be chosen; below it is the first
LEVEL = 0.95


def _t_test(differences: np.ndarray) -> float:
    tested: Any = stats.ttest_1samp(differences, 0)
    return float(np.nan_to_num(tested.pvalue, nan=1.0))  # NaN where all differences are 0


PAIRED = {
    "t": (statistics.mean_interval, _t_test),
    "sign-flip": (statistics.sign_flip_interval, statistics.sign_flip_test),
}


class Configured(NamedTuple):
    """How far the chosen setting of an optimizer is behind that of the best, over paired seeds."""

    optimizer: str
    behind: Interval  # of the mean, simultaneous over the rivals
    shift: float  # Hodges–Lehmann
    p: float  # Holm-adjusted
    beats: float  # share of the pairs in which the best is better, ties by half


@lru_cache
def chosen(n: int, statistic: str, methods: tuple[str, ...]) -> str:
    """The method to use at n units, by simulated coverage."""
    if n < FEWEST:
        return methods[0]
    found = statistics.coverage_table(n, statistic=statistic, methods=methods)
    return statistics.choose_method(found, methods)


def configurations(result: Result) -> list[Configured]:
    """Each rival against the best, over report seeds, runs averaged over splits.

    It tells of these settings on these splits, and nothing of other trials.
    """
    best, *others = result.verdict.ranked
    losses = {name: result.capped(name) for name in result.verdict.ranked}
    pairs = {name: (losses[name] - losses[best]).mean(0) for name in others}
    if not pairs:
        return []
    interval, test = PAIRED[chosen(len(pairs[others[0]]), "mean", statistics.PAIRED_MEANS)]
    p = statistics.holm(np.array([test(d) for d in pairs.values()]))
    return [
        Configured(
            name,
            behind=interval(d, level=1 - (1 - LEVEL) / len(others)),
            shift=float(statistics.hodges_lehmann(d).estimate),
            p=float(p[i]),
            beats=float(np.mean(statistics.probability_of_beating(losses[best], losses[name]))),
        )
        for i, (name, d) in enumerate(pairs.items())
    ]


def of_problems(values: np.ndarray, statistic: str) -> tuple[Interval, str]:
    """Interval of the mean or the interquartile mean over problems, [..., P], and its method."""
    function, error = statistics.STATISTICS[statistic]
    n = values.shape[-1]
    method: Any = chosen(n, statistic, statistics.ELSEWHERE)
    if n < FEWEST:
        nothing = np.full(values.shape[:-1], np.nan)
        return Interval(function(values), nothing, nothing), method
    return statistics.bootstrap(function, values, method=method, error=error, level=LEVEL), method
