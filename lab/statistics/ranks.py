"""Ranks of methods that know how sure they are."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from lab.statistics.bootstrap import percentile_interval
from lab.statistics.intervals import Interval
from lab.statistics.resampling import replicates, resample_indices
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Count, Level, Samples, Whole


class Ranks(NamedTuple):
    """Over resamples; rank 1 is best."""

    mean: Interval  # [method] mean rank, with percentile limits
    probability: np.ndarray  # [method, rank] of each rank; rows and columns sum to 1


@checked
def rank_distribution(scores: Samples, level: Level = 0.95) -> Ranks:
    """Ranks of methods in every resample, averaged over tasks where there are any.

    Methods that tie share the mean of their ranks, and each of them has those ranks with equal
    probability. NaN comes last, like an infinite loss.

    Args:
      scores: [method, R] or [method, ..., R], lower is better: the same resamples for all.
      level: Coverage of the limits.

    Raises:
      InputError: If there are no methods or resamples.
    """
    scores = np.asarray(scores, np.float64)
    require(
        scores.ndim >= 2 and scores.size > 0,
        f"scores must be [method, ..., resample], given shape {scores.shape}.",
    )
    scores = np.where(np.isnan(scores), np.inf, scores)
    first, last = (stats.rankdata(scores, method=way, axis=0) for way in ("min", "max"))
    each = ((first + last) / 2).mean(tuple(range(1, scores.ndim - 1)))  # [method, R]
    places = np.arange(1, len(scores) + 1).reshape(-1, *[1] * scores.ndim)
    share = ((first <= places) & (places <= last)) / (last - first + 1)  # [rank, method, ...]
    probability = share.mean(tuple(range(2, share.ndim))).T
    return Ranks(percentile_interval(each.mean(-1), each, level), probability)


@checked
def bootstrap_ranks(
    losses: Samples,
    *,
    resamples: Count = 2000,
    level: Level = 0.95,
    seed: Whole | np.random.Generator = 0,
) -> Ranks:
    """Ranks by the mean loss, over resamples of the seeds within each task.

    All methods share a task's resample, since their runs share its seeds.

    Args:
      losses: [method, task, seed]; a diverged run makes a mean infinite, so last.
      resamples: How many.
      level: Coverage of the limits.
      seed: A number or a generator.
    """
    losses = np.asarray(losses, np.float64)
    require(losses.ndim == 3, f"losses must be [method, task, seed], given shape {losses.shape}.")
    losses = np.where(np.isnan(losses), np.inf, losses)
    rng = np.random.default_rng(seed)
    scores = [
        replicates(
            lambda x: x.mean(-1),
            losses[:, task],
            indices=resample_indices(resamples, losses.shape[-1], rng),
        )
        for task in range(losses.shape[1])
    ]
    return rank_distribution(np.stack(scores, 1), level)
