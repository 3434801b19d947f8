"""How far rankings agree: Kendall's τ and the winner, from few folds and seeds against many."""

from typing import NamedTuple

import numpy as np


class Agreement(NamedTuple):
    """Of rankings with a reference, last axis: repetitions."""

    tau: np.ndarray  # Kendall's τ: 1 for the same ranking, 0 for one that knows nothing
    winner: np.ndarray  # how often the best model of the reference is named


def kendall(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Kendall's τ_a of scores [..., models]: pairs in the same order less others, over all pairs.

    A pair that ties in either counts as nothing.

    References:
      Kendall, A new measure of rank correlation, 1938.

    >>> kendall(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])).round(3)
    np.float64(0.333)
    """
    i, j = np.triu_indices(a.shape[-1], 1)
    return (np.sign(a[..., i] - a[..., j]) * np.sign(b[..., i] - b[..., j])).mean(-1)


def names_winner(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How far the least of `a` is the least of `b` [..., models]: 1, or shared among the tied."""
    least = a == a.min(-1, keepdims=True)
    best = np.broadcast_to(b.argmin(-1)[..., None], (*least.shape[:-1], 1))
    return np.take_along_axis(least, best, -1)[..., 0] / least.sum(-1)


def agreement(
    error: np.ndarray, folds: int, seeds: int, draws: int = 200, draw: int = 0
) -> Agreement:
    """Rankings by some folds and seeds of one cross-validation, against all other repetitions.

    The reference of a repetition is the ranking by the mean over all folds and seeds of the
    others, so that nothing is compared with itself.

    Args:
      error: [models, repetitions, folds, seeds].
      folds: How many folds of a repetition are looked at.
      seeds: How many seeds on each of these folds.
      draws: Of such subsets, averaged over.
      draw: Which ones.

    Returns:
      Means over draws: [repetitions].
    """
    rng = np.random.default_rng(draw)
    _, repetitions, all_folds, all_seeds = error.shape
    total = error.mean((2, 3))  # [models, repetitions]
    others = ((total.sum(1, keepdims=True) - total) / (repetitions - 1)).T
    chosen = rng.permuted(np.tile(np.arange(all_folds), (draws, 1)), axis=1)[:, :folds]
    lots = rng.permuted(np.tile(np.arange(all_seeds), (draws, 1)), axis=1)[:, :seeds]
    drawn = error[:, :, chosen[:, :, None], lots[:, None, :]]  # [models, reps, draws, folds, seeds]
    few = np.round(np.moveaxis(drawn.mean((3, 4)), 0, -1), 12)  # [repetitions, draws, models]
    against = others[:, None]
    return Agreement(kendall(few, against).mean(1), names_winner(few, against).mean(1))
