"""Best and largest usable learning rates, with bootstrap intervals over seeds."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from lab.statistics import noise
from lab.statistics.intervals import Interval
from studies.schedules.runs import CONSTANT, COSINE


class Limits(NamedTuple):
    """The largest usable rate, and the best one, at each length of warm-up."""

    usable: Interval
    gain: Interval  # of the longest warm-up up to a quarter of the budget, over none
    best: np.ndarray
    lengths: np.ndarray


def best_rate(losses: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """The rate at the vertex of the parabola through the best median loss and its neighbours.

    Args:
      losses: [rates, seeds].
      rates: Log-spaced.
    """
    middle = np.log(np.median(losses, -1))
    i = int(np.argmin(middle))
    if i in (0, len(rates) - 1) or not np.isfinite(middle[i - 1 : i + 2]).all():
        return np.asarray(rates[i])
    left, low, right = middle[i - 1 : i + 2]
    shift = 0.5 * (left - right) / max(left - 2 * low + right, 1e-12)
    return np.asarray(rates[i] * (rates[1] / rates[0]) ** np.clip(shift, -0.5, 0.5))


def shift(record: xr.Dataset) -> tuple[Interval, ...]:
    """Best rates under constant and cosine, and their ratio, bootstrapped over paired seeds."""
    rates = record.learning_rate.values
    loss = record.validation_loss.isel(optimizer=0, step=-1).sel(schedule=[CONSTANT, COSINE])
    both = loss.transpose("schedule", "learning_rate", "seed").values

    def statistic(x):
        constant, cosine = (best_rate(one, rates) for one in x)
        return np.array([constant, cosine, cosine / constant])

    limits = np.quantile(noise.resampled(statistic, both), (0.025, 0.975), axis=0)
    return tuple(Interval(*x) for x in zip(statistic(both), *limits))


def limits(record: xr.Dataset, lengths: Sequence[int], comparisons: int = 1) -> Limits:
    """Usable: at least half of the seeds end below half the loss before training.

    Args:
      record: (schedule, learning_rate, seed, step) of one optimizer.
      lengths: Of the warm-ups.
      comparisons: Optimizers of whom a gain is claimed: Bonferroni's correction of it.
    """
    loss = record.validation_loss.isel(optimizer=0).transpose(
        "schedule", "learning_rate", "seed", "step"
    )
    rates = record.learning_rate.values
    good = (loss[..., -1] < 0.5 * loss[..., 0].median()).values

    def largest(x):
        share = x.mean(-1) >= 0.5
        # the first rate that fails ends the usable ones
        count = np.where(share.all(-1), share.shape[-1], np.argmin(share, -1))
        return np.where(count > 0, rates[np.maximum(count - 1, 0)], np.nan)

    draws, middle = noise.resampled(largest, good), largest(good)
    usable = (np.quantile(draws, q, axis=0, method="closest_observation") for q in (0.025, 0.975))
    i = int(np.flatnonzero(np.asarray(lengths) <= float(record.updates[-1]) / 4)[-1])
    tail = 0.025 / comparisons
    gain = np.quantile(draws[:, i] / draws[:, 0], (tail, 1 - tail))
    best = rates[np.argmin(np.median(loss[..., -1].values, -1), -1)]
    return Limits(
        Interval(middle, *usable),
        Interval(middle[i] / middle[0], *gain),
        best,
        np.asarray(lengths),
    )
