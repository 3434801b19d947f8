"""Intervals of the optimizer comparison, by the method that holds the truth most often at its size.

Pairs of runs: Student's t or flipped signs. Anything else: BCa or studentized bootstrap.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from lab import statistics
from lab.statistics import Coverage, Interval
from lab.study.tables import markdown
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
def simulated(n: int, statistic: str, methods: tuple[str, ...]) -> tuple[Coverage, ...]:
    """The table of coverage at n units."""
    return tuple(statistics.coverage_table(n, statistic=statistic, methods=methods))


def chosen(n: int, statistic: str, methods: tuple[str, ...]) -> str:
    """The method to use at n units."""
    if n < FEWEST:
        return methods[0]
    return statistics.choose_method(simulated(n, statistic, methods), methods)


def configurations(result: Result) -> list[Configured]:
    """Each rival against the best, over report seeds, runs averaged over splits.

    It tells of these settings on these splits, and nothing of other trials.
    """
    best, *others = result.verdict.ranked
    losses = {n: np.fmin(result.tested(n, "test_loss"), result.untrained) for n in [best, *others]}
    pairs = {n: (losses[n] - losses[best]).mean(0) for n in others}
    if not others or len(pairs[others[0]]) < 2:
        return []
    interval, test = PAIRED[chosen(len(pairs[others[0]]), "mean", statistics.PAIRED_MEANS)]
    p = statistics.holm(np.array([test(d) for d in pairs.values()]))
    level = 1 - (1 - LEVEL) / len(others)
    return [
        Configured(
            name,
            behind=interval(d, level=level),
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


def coverage(runs: int, problems: int) -> str:
    """How often the intervals of this study hold the truth, at its own sizes."""
    lines = [
        (f"mean of {runs} paired differences", runs, "mean", statistics.PAIRED_MEANS),
        (f"mean of {problems} problems", problems, "mean", statistics.ELSEWHERE),
        (f"interquartile mean of {problems} problems", problems, "iqm", statistics.ELSEWHERE),
    ]
    rows, kinds = [], []
    for what, n, statistic, methods in lines:
        if n < FEWEST:
            continue
        table, used = simulated(n, statistic, methods), chosen(n, statistic, methods)
        kinds = list(dict.fromkeys(row.data for row in table))
        cells = {(row.method, row.data): f"{row.coverage:.3f}" for row in table}
        rows += [
            [what, method, *(cells[method, kind] for kind in kinds), "yes" * (method == used)]
            for method in methods
        ]
    if not rows:
        return ""
    return (
        "## Intervals\n\nCoverage of 95 % intervals at the sizes of this study, simulated; used is "
        "what falls short least.\n\n" + markdown(["of", "method", *kinds, "used"], rows)
    )
