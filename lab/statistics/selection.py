"""Judged where it was not chosen."""

import numpy as np


def at_best_of_others(values: np.ndarray, judge: np.ndarray | None = None) -> np.ndarray:
    """[splits] `judge` at the least mean of `values` [splits, points] over all *other* splits.

    What a split is judged at is not chosen on it, so that the least does not look too low.

    >>> at_best_of_others(np.array([[0.0, 1.0], [2.0, 1.0], [2.0, 1.0]])).tolist()
    [1.0, 2.0, 2.0]
    """
    judge = values if judge is None else judge
    others = values.sum(0, keepdims=True) - values
    return np.take_along_axis(judge, others.argmin(1)[:, None], 1)[:, 0]
