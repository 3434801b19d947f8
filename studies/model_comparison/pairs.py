"""Errors of models on the same folds, and which differences between two of them are real."""

from itertools import combinations
from typing import NamedTuple

import numpy as np
import xarray as xr

from lab import statistics
from lab.statistics import Interval

LEVEL = 0.05  # of all pairs of a data set together


class Pair(NamedTuple):
    """Two models, the first with the lower mean error."""

    better: str
    worse: str
    difference: Interval  # worse less better; corrected 95 % t interval of its own
    p: float  # corrected resampled t-test, adjusted by Holm over all pairs
    naive: float  # of Student's test, as if folds were independent; adjusted likewise


def points(found: xr.Dataset) -> np.ndarray:
    """[models, repetitions, folds, seeds] in % for classes, in the target's units for numbers."""
    error = found.error.transpose("model", "repetition", "fold", "seed").values
    return 100 * error if found.attrs["kind"] == "classification" else error


def unit_of(found: xr.Dataset) -> str:
    """Of differences of errors."""
    return "points" if found.attrs["kind"] == "classification" else "units"


def ranked(found: xr.Dataset) -> list[str]:
    """Models from the least mean error on."""
    order = points(found).mean((1, 2, 3)).argsort(kind="stable")
    return found.model.values[order].tolist()


def over_folds(found: xr.Dataset) -> dict[str, np.ndarray]:
    """By model, [J] errors of all folds of all repetitions, means over seeds."""
    error = points(found).mean(-1)
    return {str(name): row.ravel() for name, row in zip(found.model.values, error)}


def pairs(found: xr.Dataset) -> list[Pair]:
    """All pairs, tested together."""
    error, ratio = over_folds(found), float(found.ratio)
    named = list(combinations(ranked(found), 2))
    d = np.array([error[b] - error[a] for a, b in named])
    p, naive = (statistics.holm(statistics.corrected_test(d, r)) for r in (ratio, 0.0))
    spans = statistics.corrected_interval(d, ratio)
    return [
        Pair(*names, Interval(*(x[k] for x in spans)), float(p[k]), float(naive[k]))
        for k, names in enumerate(named)
    ]
