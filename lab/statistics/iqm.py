"""The interquartile mean: steadier than a mean, less wasteful than a median."""

import numpy as np

from lab.shapes import require_axis
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Reals, Samples


@checked
def normalized(values: Samples, best: Reals, reference: Reals) -> np.ndarray:
    """(y − best) / (reference − best) per task: 0 is the best known, 1 is the reference.

    The reference may be the loss at initialization or that of a baseline. Both are fixed before
    resampling, or the intervals would be about a moving scale.

    Args:
      values: [..., task, seed].
      best: [task] (or one number).
      reference: [task] (or one number), different from `best`.
    """
    each = ((), np.shape(values)[-2:-1])
    require(
        np.shape(best) in each and np.shape(reference) in each,
        f"best and reference must be one number or [task] for values {np.shape(values)}, given "
        f"shapes {np.shape(best)} and {np.shape(reference)}.",
    )
    best, reference = (np.asarray(x, np.float64)[..., None] for x in (best, reference))
    require(
        bool(np.all(np.isfinite(best) & np.isfinite(reference) & (best != reference))),
        "best and reference must be finite and differ in every task.",
    )
    return (np.asarray(values, np.float64) - best) / (reference - best)


@checked
def interquartile_mean(values: Samples, axis: int = -1) -> np.ndarray:
    """Mean of the middle half: ⌊n/4⌋ values are cut at either end.

    Diverged runs (infinite) are cut with the rest while they are at most a quarter; beyond that
    the mean is infinite. Pool the runs of all tasks, normalized, along `axis`.

    Raises:
      InputError: If a value is NaN.

    References:
      Agarwal et al., Deep reinforcement learning at the edge of the statistical precipice, 2021.

    >>> interquartile_mean([9.0, 1.0, 2.0, np.inf])
    np.float64(5.5)
    """
    values = _ordered(values, axis)
    cut = values.shape[-1] // 4
    return values[..., cut : values.shape[-1] - cut].mean(-1)


@checked
def interquartile_error(values: Samples, axis: int = -1) -> np.ndarray:
    """Standard error of the interquartile mean, from the winsorized variance.

        s_w / ((1 − 2γ) √n),   s_w after setting the cut values to the nearest kept ones

    References:
      Tukey & McLaughlin, Less vulnerable confidence and significance procedures, 1963.
    """
    values = _ordered(values, axis)
    n = values.shape[-1]
    require(n >= 2, f"values must hold at least 2 runs, given {n}.")
    cut = n // 4
    kept = np.clip(values, values[..., cut, None], values[..., n - 1 - cut, None])
    finite = np.asarray(np.isfinite(kept).all(-1))
    spread = np.where(finite[..., None], kept, 0.0).std(-1, ddof=1)
    return np.where(finite, spread / ((n - 2 * cut) / n * np.sqrt(n)), np.inf)[()]


def _ordered(values, axis: int) -> np.ndarray:
    require_axis(axis, values)
    values = np.moveaxis(np.asarray(values, np.float64), axis, -1)
    require(not np.isnan(values).any(), "values must not hold NaN: make failed runs infinite.")
    return np.sort(values, -1)
