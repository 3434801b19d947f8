"""How often interval methods hold the truth at a study's own size, and which to use there."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from lab.statistics.bootstrap import bca_interval, percentile_interval, studentized_interval
from lab.statistics.distributions import DATA, truth
from lab.statistics.intervals import Interval, mean_interval
from lab.statistics.iqm import interquartile_error, interquartile_mean
from lab.statistics.permutation import sign_flip_interval
from lab.statistics.resampling import leave_one_out, replicates, resample_indices
from lab.statistics.shift import hodges_lehmann
from lab.validation.checks import checked
from lab.validation.errors import UnknownNameError, require, shown
from lab.validation.kinds import Count, Level, Whole


class Coverage(NamedTuple):
    """One line of the table."""

    method: str
    data: str
    n: int
    coverage: float  # share of intervals that hold the truth
    width: float  # median width; infinite where most have no limit


PAIRED_MEANS = ("t", "sign-flip")  # the candidates for a mean of paired differences
ELSEWHERE = ("bca", "studentized")  # for any other statistic


def _mean(x: np.ndarray) -> np.ndarray:
    return x.mean(-1)


def _mean_error(x: np.ndarray) -> np.ndarray:
    return x.std(-1, ddof=1) / np.sqrt(x.shape[-1])


STATISTICS = {"mean": (_mean, _mean_error), "iqm": (interquartile_mean, interquartile_error)}


@checked
def coverage_table(
    n: Count,
    *,
    statistic: str = "mean",
    methods: Sequence[str] | None = None,
    data: Sequence[str] = tuple(DATA),
    repetitions: Count = 1000,
    resamples: Count = 999,
    level: Level = 0.95,
    seed: Whole = 0,
) -> list[Coverage]:
    """Coverage of each method on each kind of data, by simulation.

    Args:
      n: Independent units: pairs of runs.
      statistic: "mean" or "iqm"; "hodges-lehmann" is always judged by the pseudo-median.
      methods: Of "t", "sign-flip", "hodges-lehmann", "percentile", "bca", "studentized"; all that
        fit the statistic by default.
      data: Of "normal", "lognormal", "lognormal pairs" (their differences), "tied".
      repetitions: Samples drawn; the error of a share near .95 is .22/√repetitions.
      resamples: Of the bootstrap, the same for all samples.
      level: That the intervals promise.
      seed: Of samples and resamples.

    Raises:
      InputError: If a name is unknown or n is less than 2.
    """
    if statistic not in STATISTICS:
        raise UnknownNameError("statistic", statistic, STATISTICS)
    known = (*DIRECT, *RESAMPLED) if statistic == "mean" else RESAMPLED
    require(n >= 2, f"n must be at least 2, given {n}.")
    rows = []
    for name in data:
        if name not in DATA:
            raise UnknownNameError("data", name, DATA)
        rng = np.random.default_rng([seed, sorted(DATA).index(name)])
        samples = DATA[name](rng, (repetitions, n))
        drawn = None
        for method in known if methods is None else methods:
            if method not in known:
                raise UnknownNameError("method", method, known)
            if method in DIRECT:
                found = DIRECT[method](samples, level)
            else:
                drawn = drawn or _resampled(samples, statistic, resamples, seed)
                found = RESAMPLED[method](drawn, level)
            aim = truth(name, "shift" if method == "hodges-lehmann" else statistic)
            slack = 1e-9  # limits of tied data lie on the truth itself
            held = (found.low <= aim + slack) & (found.high >= aim - slack)
            endless = np.isinf(found.high) | np.isinf(found.low)
            width = np.median(np.where(endless, np.inf, found.high - found.low))
            rows.append(Coverage(method, name, n, float(held.mean()), float(width)))
    return rows


@checked
def choose_method(table: Sequence[Coverage], candidates: Sequence[str], level: Level = 0.95) -> str:
    """The candidate whose worst shortfall of coverage over the kinds of data is least.

    Shortfalls within a hundredth of the least count as equal; among those the narrowest on
    average wins. A candidate that has no limits on some of the data says nothing there, and is
    passed over unless all are such.

    Args:
      table: From `coverage_table`, with all candidates.
      candidates: `PAIRED_MEANS` for means of paired differences, `ELSEWHERE` for the rest.
      level: That the intervals promise.
    """
    lines = {c: [row for row in table if row.method == c] for c in candidates}
    require(
        len(lines) > 0 and all(lines.values()),
        f"table must have a line for each of the candidates, given {shown(list(candidates))}.",
    )
    limited = {c: rows for c, rows in lines.items() if all(np.isfinite(r.width) for r in rows)}
    lines = limited or lines
    short = {c: max(0.0, *(level - row.coverage for row in lines[c])) for c in lines}
    good = [c for c in lines if short[c] <= min(short.values()) + 0.01]
    return min(good, key=lambda c: sum(row.width for row in lines[c]))


class _Resampled(NamedTuple):
    """What the bootstrap's intervals share, so that it is drawn once: [repetition, ...]."""

    estimate: np.ndarray
    error: np.ndarray
    drawn: np.ndarray
    errors: np.ndarray
    left_out: np.ndarray


def _resampled(samples: np.ndarray, statistic: str, resamples: int, seed: int) -> _Resampled:
    function, error = STATISTICS[statistic]
    n = samples.shape[-1]
    indices = resample_indices(resamples, n, seed)
    return _Resampled(
        function(samples),
        error(samples),
        replicates(function, samples, indices=indices),
        replicates(error, samples, indices=indices),
        replicates(function, samples, indices=leave_one_out(n)),
    )


DIRECT: dict[str, Callable[[np.ndarray, float], Interval]] = {
    "t": lambda x, level: mean_interval(x, level=level),
    "sign-flip": lambda x, level: sign_flip_interval(x, level, exact_up_to=12, draws=3999),
    "hodges-lehmann": hodges_lehmann,
}
RESAMPLED: dict[str, Callable[[_Resampled, float], Interval]] = {
    "percentile": lambda r, level: percentile_interval(r.estimate, r.drawn, level),
    "bca": lambda r, level: bca_interval(r.estimate, r.drawn, r.left_out, level),
    "studentized": lambda r, level: studentized_interval(
        r.estimate, r.error, r.drawn, r.errors, level
    ),
}
