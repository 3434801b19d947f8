"""Shares of runs that succeed."""

import numpy as np
from scipy import stats

from lab.statistics.intervals import Interval


def share_interval(hits: np.ndarray, level: float = 0.95) -> Interval:
    """Wilson's interval of the share of successes along the last axis.

    Args:
      hits: bool [..., n].
      level: Coverage.

    >>> [x.round(2).tolist() for x in share_interval(np.array([[True] * 20, [False] * 20]))]
    [[1.0, 0.0], [0.84, 0.0], [1.0, 0.16]]
    """
    counts, n = np.asarray(hits).sum(-1), np.shape(hits)[-1]
    found = [stats.binomtest(int(k), n).proportion_ci(level, "wilson") for k in counts.ravel()]
    low, high = np.array(found).T.reshape(2, *counts.shape)
    return Interval(counts / n, low, high)
