"""Several hypotheses at once: what Holm's correction leaves, and how many pairs it needs."""

import numpy as np

from lab.statistics.intervals import Interval, mean_interval
from lab.validation.checks import checked
from lab.validation.errors import require, shown
from lab.validation.kinds import Count, Finite, Level, Reals, Samples


@checked
def seeds_needed(comparisons: Count = 1, level: Level = 0.95) -> int:
    """The least number of pairs with which the smallest p, 2^{1−n}, can pass Holm's first step.

    >>> seeds_needed(), seeds_needed(45)  # two optimizers; all pairs of ten
    (6, 11)
    """
    return int(np.ceil(1 + np.log2(comparisons / (1 - level)) - 1e-9))


@checked
def holm(p: Reals) -> np.ndarray:
    """Holm's adjusted p-values: reject those ≤ α, and no true hypothesis falls with P > α.

        p̃₍ᵢ₎ = max_{j≤i} min(1, (m − j + 1) p₍ⱼ₎)

    Args:
      p: [..., m] p-values of the hypotheses tested together.

    References:
      Holm, A simple sequentially rejective multiple test procedure, 1979.

    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    p = np.asarray(p, np.float64)
    require(p.ndim > 0, f"p must be [..., m], given {shown(p)}.")
    require(bool(np.all((p >= 0) & (p <= 1))), "p, the p-values, must lie in [0, 1].")
    order = np.argsort(p, -1)
    steps = np.take_along_axis(p, order, -1) * np.arange(p.shape[-1], 0, -1)
    adjusted = np.minimum(1.0, np.maximum.accumulate(steps, -1))
    return np.take_along_axis(adjusted, np.argsort(order, -1), -1)


@checked
def holm_intervals(values: Samples, against: Finite = 0.0, level: Level = 0.95) -> Interval:
    """T intervals of m means whose statements about the sides of a limit hold together.

    Step-down, as Holm's test: the mean whose distance from the limit is surest gets level
    1 − (1 − level)/m, the next 1 − (1 − level)/(m − 1), and so on while intervals leave the limit
    out; the first that does not, and all after it, get its level. Never wider than Bonferroni's.

    Args:
      values: [m, n] independent repetitions along the last axis, finite.
      against: The limit.
      level: Probability that no statement is wrong.

    References:
      Holm, A simple sequentially rejective multiple test procedure, 1979.

    >>> x = [[1.0, 1.1, 0.9], [0.5, 0.7, 0.6]]
    >>> holm_intervals(x).low.round(2).tolist()  # Bonferroni's: .64 and .24
    [0.64, 0.35]
    """
    values = np.asarray(values, np.float64)
    require(values.ndim == 2, f"values must be [m, n], given {shown(values.shape)}.")
    count = len(values)
    with np.errstate(divide="ignore", invalid="ignore"):  # nothing varies; a run diverged
        sure = np.abs(values.mean(1) - against) / values.std(1, ddof=1)
    limits, step = [Interval(*(np.nan * np.ones(3)))] * count, 0
    for rank, one in enumerate(np.argsort(-np.nan_to_num(sure), kind="stable")):
        found = mean_interval(values[one], level=1 - (1 - level) / (count - step))
        limits[one] = found
        if step == rank and (found.low > against or found.high < against):
            step += 1
    return Interval(*(np.array([getattr(x, f) for x in limits]) for f in Interval._fields))
