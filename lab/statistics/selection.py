"""Judged where it was not chosen."""

import numpy as np

from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Samples


@checked
def at_best_of_others(values: Samples, judge: Samples | None = None) -> np.ndarray:
    """[splits] `judge` at the least mean of `values` [splits, points] over all *other* splits.

    What a split is judged at is not chosen on it, so that the least does not look too low.

    Args:
      values: What is least at the best point.
      judge: What is told of it there; by default the values.

    Raises:
      InputError: If there are fewer than two splits, or shapes differ.

    >>> at_best_of_others(np.array([[0.0, 1.0], [2.0, 1.0], [2.0, 1.0]])).tolist()
    [1.0, 2.0, 2.0]
    """
    values = np.asarray(values, np.float64)
    told = values if judge is None else np.asarray(judge, np.float64)
    require(
        values.ndim == 2 and len(values) > 1 and values.size > 0,
        f"values must be [splits, points] of at least two splits, given {values.shape}.",
    )
    require(
        told.shape == values.shape,
        f"judge must have the shape of values, {values.shape}, given {told.shape}.",
    )
    others = values.sum(0, keepdims=True) - values
    return np.take_along_axis(told, others.argmin(1)[:, None], 1)[:, 0]
