"""Means with intervals, over independent repetitions."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from lab.shapes import require_axis
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Count, Level, Samples


class Interval(NamedTuple):
    """An estimate with its lower and upper limit; arrays of one shape."""

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray


@checked
def mean_interval(values: Samples, axis: int = -1, level: Level = 0.95) -> Interval:
    """Student's t interval of the mean: x̄ ± t_{(1+level)/2, n−1} · s / √n.

    An infinite value (a diverged run) makes the mean infinite: it is never left out.

    Args:
      values: Independent repetitions along `axis`; at least 2.
      axis: The axis of the repetitions.
      level: Coverage, in (0, 1).

    Raises:
      InputError: If there are fewer than two repetitions, or a value is NaN.
    """
    values = np.asarray(values, np.float64)
    require_axis(axis, values)
    n = values.shape[axis]
    require(n >= 2, f"values must hold at least 2 repetitions along axis, given {n}.")
    require(not np.isnan(values).any(), "values must not hold NaN: a missing run has no mean.")
    finite = np.isfinite(values).all(axis)
    tame = np.where(np.isfinite(values), values, 0.0)
    mean = tame.mean(axis)
    half = stats.t.ppf((1 + level) / 2, n - 1) * tame.std(axis, ddof=1) / np.sqrt(n)
    worst = np.where(np.isneginf(values).any(axis), -np.inf, np.inf)

    def unless_infinite(x):
        return np.where(finite, x, worst)

    return Interval(*(unless_infinite(x) for x in (mean, mean - half, mean + half)))


@checked
def paired_difference(
    a: Samples, b: Samples, axis: int = -1, level: Level = 0.95, comparisons: Count = 1
) -> Interval:
    """Interval of the mean of a − b over pairs that share a seed, Bonferroni-corrected.

    With m comparisons each interval has level 1 − (1 − level)/m, so that all hold together with
    probability `level`. Pairs in which both are infinite count as 0.

    Raises:
      InputError: If shapes differ or there are fewer than two pairs.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    require(a.shape == b.shape, f"a and b must have one shape, given {a.shape} and {b.shape}.")
    missing = np.isnan(a).any() or np.isnan(b).any()
    require(not missing, "a and b must not hold NaN: a missing run has no mean.")
    both = np.isinf(a) & (a == b)
    difference = np.where(both, 0.0, np.where(both, 0.0, a) - np.where(both, 0.0, b))
    return mean_interval(difference, axis, 1 - (1 - level) / comparisons)
