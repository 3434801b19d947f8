"""Differences over resampled splits of one data set, whose training sets overlap."""

import numpy as np
from scipy import stats

from lab.statistics.intervals import Interval
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Count, Level, NotNegative, Samples


@checked
def corrected_interval(
    differences: Samples, ratio: NotNegative, level: Level = 0.95, comparisons: Count = 1
) -> Interval:
    """Corrected resampled t interval of the mean over J splits of one data set: [...].

        d̄ ± t_{J−1} √((1/J + n₂/n₁) s²)

    Splits share training rows, so that their differences are correlated, and more splits narrow
    the usual interval without end. The correction takes the correlation to be n₂/(n₁ + n₂), what
    it is for methods whose error depends on the number of training rows and hardly on which.

    Args:
      differences: [..., J], one for each split or fold, means over seeds; finite.
      ratio: n₂/n₁, test rows over training rows of a split; 0 for independent samples.
      level: Coverage, in (0, 1).
      comparisons: Bonferroni: intervals that are to hold together.

    Raises:
      InputError: If there are fewer than two differences, one is not finite, or a number is out
        of range.

    References:
      Nadeau & Bengio, Inference for the generalization error, 2003, section 3; for repeated
      cross-validation: Bouckaert & Frank, Evaluating the replicability of significance tests, 2004.

    >>> mean, low, high = corrected_interval([0.0, 1.0, 2.0, 3.0, 4.0], ratio=1 / 4)
    >>> print(f"{mean:.1f} ({low:.2f} to {high:.2f})")
    2.0 (-0.94 to 4.94)
    """
    mean, error, freedom = _corrected(differences, ratio)
    half = stats.t.ppf(1 - (1 - level) / (2 * comparisons), freedom) * error
    return Interval(mean, mean - half, mean + half)


@checked
def corrected_test(differences: Samples, ratio: NotNegative) -> np.ndarray:
    """Two-sided p of no difference, by the corrected resampled t-test: [...].

    Arguments and errors as for `corrected_interval`. Where all differences are 0, p is 1.

    >>> print(f"{corrected_test([0.0, 1.0, 2.0, 3.0, 4.0], ratio=1 / 4):.3f}")
    0.132
    """
    mean, error, freedom = _corrected(differences, ratio)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(mean == 0, 0.0, np.abs(mean) / error)
    return 2 * stats.t.sf(t, freedom)


def _corrected(differences, ratio: NotNegative) -> tuple[np.ndarray, np.ndarray, int]:
    d = np.asarray(differences, np.float64)
    count = d.shape[-1] if d.ndim else 0
    require(count >= 2, f"differences must be those of at least 2 splits, given {count}.")
    require(bool(np.isfinite(d).all()), "differences must be finite: see finite_differences.")
    return d.mean(-1), np.sqrt((1 / count + ratio) * d.var(-1, ddof=1)), count - 1
