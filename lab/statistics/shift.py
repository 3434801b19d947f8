"""Hodges and Lehmann's estimate of a shift: robust, and with an exact interval."""

from functools import lru_cache

import numpy as np

from lab.statistics.intervals import Interval
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Level, Samples


@checked
def hodges_lehmann(differences: Samples, level: Level = 0.95) -> Interval:
    """Median of the Walsh averages (dᵢ + dⱼ)/2, i ≤ j, with Wilcoxon's signed-rank interval.

    The limits are the c-th smallest and largest Walsh average, c the largest with
    2 P(W < c) ≤ 1 − level under the exact null distribution; all shifts that the signed-rank
    test does not reject. Infinite where n is too small. It estimates the pseudo-median, which is
    the mean (and the median) only of symmetric differences.

    Args:
      differences: [..., n], finite: see `finite_differences`.
      level: Coverage.

    References:
      Hodges & Lehmann, Estimates of location based on rank tests, 1963.

    >>> hodges_lehmann([1.0, 2.0, 9.0]).estimate
    np.float64(3.5)
    """
    d = np.asarray(differences, np.float64)
    require(
        bool(np.isfinite(d).all()),
        "differences must be finite: replace diverged runs with finite_differences first.",
    )
    n = d.shape[-1]
    i, j = np.triu_indices(n)
    walsh = np.sort((d[..., i] + d[..., j]) / 2, -1)
    # P(W < c) = below[c − 1]; the largest c with P(W < c) ≤ tail
    c = int(np.searchsorted(signed_rank_cdf(n), (1 - level) / 2 + 1e-12, side="right"))
    if c == 0:
        endless = np.full(d.shape[:-1], np.inf)
        return Interval(np.median(walsh, -1), -endless, endless)
    return Interval(np.median(walsh, -1), walsh[..., c - 1], walsh[..., -c])


@lru_cache(maxsize=64)
def signed_rank_cdf(n: int) -> np.ndarray:
    """P(W ≤ w) for w = 0 … n(n+1)/2, W the sum of the ranks with a positive sign, fair signs.

    >>> signed_rank_cdf(2)
    array([0.25, 0.5 , 0.75, 1.  ])
    """
    share = np.zeros(n * (n + 1) // 2 + 1)
    share[0] = 1.0
    for rank in range(1, n + 1):
        share[rank:] = (share[rank:] + share[:-rank]) / 2
        share[:rank] /= 2
    below = np.cumsum(share)
    below.setflags(write=False)
    return below
