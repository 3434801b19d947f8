"""Which observations a resample holds, as indices, so that several arrays can share them.

A *statistic* takes one or more arrays [..., n] and reduces the last axis; whatever precedes it is
carried along. Taking `array[..., indices]` with indices [resamples, n] makes one call of it do all
resamples, and two methods that take the same indices stay paired.
"""

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np

from lab.validation.checks import checked
from lab.validation.errors import require, shown
from lab.validation.kinds import Count, Kind, Samples, Whole

Statistic = Callable[..., np.ndarray]


def _are_labels(value):
    try:
        labels = np.asarray(value)
    except (TypeError, ValueError):  # ragged
        return False
    if labels.ndim != 1 or labels.size == 0 or labels.dtype.kind not in "biufUS":
        return False
    if labels.dtype.kind in "US":  # NumPy makes text of numbers that stand beside text
        return all(isinstance(one, str | bytes) for one in value)
    return labels.dtype.kind != "f" or not np.isnan(labels).any()


Labels = Annotated[Any, Kind("one row of labels, all of them numbers or text", _are_labels)]
BLOCK = 1 << 18  # numbers gathered at once: 2 MB, which stay in cache


@checked
def resample_indices(resamples: Count, n: Count, seed: Whole | np.random.Generator) -> np.ndarray:
    """Indices of observations drawn with replacement: [resamples, n].

    Args:
      resamples: How many.
      n: Observations.
      seed: A number, or a generator that is advanced.

    >>> resample_indices(2, 3, seed=0)
    array([[2, 1, 1],
           [0, 0, 0]])
    """
    return np.random.default_rng(seed).integers(0, n, (resamples, n))


@checked
def stratified_indices(
    resamples: Count, strata: Labels, seed: Whole | np.random.Generator
) -> np.ndarray:
    """Indices drawn with replacement within each stratum: [resamples, n].

    Every place keeps its stratum: a resample has as many runs of each task as there were.

    Args:
      resamples: How many.
      strata: [n] labels, such as the task of each of the pooled runs.
      seed: A number, or a generator that is advanced.
    """
    strata = np.asarray(strata)
    rng = np.random.default_rng(seed)
    indices = np.empty((resamples, len(strata)), np.int64)
    for label in np.unique(strata):
        members = np.flatnonzero(strata == label)
        indices[:, members] = rng.choice(members, (resamples, len(members)))
    return indices


@checked
def replicates(statistic: Statistic, *samples: Samples, indices: np.ndarray) -> np.ndarray:
    """The statistic of every resample: [..., *indices.shape[:-1]], in blocks that fit a cache.

    Args:
      statistic: Of arrays [..., n], reducing the last axis.
      *samples: [..., n] each; all take the same indices, which keeps them paired.
      indices: [..., m].
    """
    arrays, indices = as_samples(samples), np.asarray(indices)
    n = arrays[0].shape[-1]
    require(
        indices.ndim > 0
        and indices.size > 0
        and indices.dtype.kind in "iu"
        and -n <= indices.min()
        and indices.max() < n,
        f"indices must be numbers of {n} observations, at least one, given {shown(indices)}.",
    )
    rows = indices.reshape(-1, indices.shape[-1])
    one = max(s[..., 0].size for s in arrays) * rows.shape[-1]
    step = max(1, BLOCK // one)
    blocks = [
        statistic(*(s[..., rows[i : i + step]] for s in arrays)) for i in range(0, len(rows), step)
    ]
    flat = np.concatenate(blocks, -1)
    return flat.reshape((*flat.shape[:-1], *indices.shape[:-1]))


@checked
def leave_one_out(n: Count) -> np.ndarray:
    """Indices that leave out each observation in turn: [n, n − 1].

    >>> leave_one_out(3)
    array([[1, 2],
           [0, 2],
           [0, 1]])
    """
    require(n >= 2, f"n must be at least 2 to leave one out, given {n}.")
    place = np.arange(n - 1)
    return place + (place >= np.arange(n)[:, None])


@checked
def jackknife_influence(left_out: Samples, strata: Labels | None = None) -> np.ndarray:
    """How each observation moves the statistic, Uᵢ = θ̄ − θ₍ᵢ₎ about its stratum's mean: [..., n].

    Args:
      left_out: θ₍ᵢ₎ [..., n], the statistic without each observation.
      strata: [n] labels; one stratum by default.
    """
    left_out = np.asarray(left_out, np.float64)
    influence = np.empty(left_out.shape)
    for members in _members(left_out.shape[-1], strata):
        part = left_out[..., members]
        influence[..., members] = part.mean(-1, keepdims=True) - part
    return influence


@checked
def jackknife_error(left_out: Samples, strata: Labels | None = None) -> np.ndarray:
    """Standard error √(Σ_strata (m−1)/m Σᵢ Uᵢ²) from the statistics without each observation."""
    squares = jackknife_influence(left_out, strata) ** 2
    parts = [
        squares[..., members].sum(-1) * (len(members) - 1) / len(members)
        for members in _members(squares.shape[-1], strata)
    ]
    return np.sqrt(np.sum(parts, 0))


def _members(n: int, strata) -> list[np.ndarray]:
    labels = np.zeros(n) if strata is None else np.asarray(strata)
    require(
        labels.shape == (n,),
        f"strata must label the {n} observations that are left out in turn, given {labels.shape}.",
    )
    return [np.flatnonzero(labels == label) for label in np.unique(labels)]


def as_samples(samples) -> list[np.ndarray]:
    """Arrays [..., n] of float64 that share n, or an input error."""
    arrays = [np.asarray(s, np.float64) for s in samples]
    require(len(arrays) >= 1, "a statistic needs at least one sample, given none.")
    sizes = [a.shape[-1] if a.ndim else 0 for a in arrays]
    require(
        len(set(sizes)) == 1 and sizes[0] >= 1,
        f"samples must share their last axis, given sizes {sizes}.",
    )
    return arrays
