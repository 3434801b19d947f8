"""How long until a target is reached, where some runs never reach it."""

from typing import NamedTuple

import numpy as np

from lab.shapes import require_axis
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Reals, Samples


class TimeToTarget(NamedTuple):
    """Censored times, arrays [...]."""

    time: np.ndarray  # the first point at or below the target, or the last point
    hit: np.ndarray  # bool: whether it was reached at all


@checked
def time_to_target(values: Samples, points: Reals, target: float) -> TimeToTarget:
    """The first of `points` at which a curve is at or below `target`: τ = min{t: y_t ≤ y*}.

    A run that never gets there, diverged ones included, is a miss at the end of the budget.

    Args:
      values: [..., T] measurements, lower is better.
      points: [T] or [..., T] where they were taken, ascending (updates, examples, seconds).
      target: y*.
    """
    values = np.asarray(values, np.float64)
    require(
        np.shape(points) in (values.shape, values.shape[-1:]),
        f"points must be [T] or [..., T] for values {values.shape}, given {np.shape(points)}.",
    )
    points = np.broadcast_to(np.asarray(points, np.float64), values.shape)
    below = values <= target
    hit = np.asarray(below.any(-1))
    first = np.where(hit, below.argmax(-1), values.shape[-1] - 1)
    return TimeToTarget(np.take_along_axis(points, first[..., None], -1)[..., 0], hit)


@checked
def hit_rate(reached: TimeToTarget, axis: int = -1) -> np.ndarray:
    """Share of runs that reach the target."""
    require_axis(axis, reached.hit)
    return reached.hit.mean(axis)


@checked
def median_time(reached: TimeToTarget, axis: int = -1) -> np.ndarray:
    """Median time to the target; infinite where fewer than half of the runs reach it."""
    require_axis(axis, reached.hit)
    return np.median(np.where(reached.hit, reached.time, np.inf), axis)


@checked
def expected_running_time(reached: TimeToTarget, axis: int = -1) -> np.ndarray:
    """ERT = Σ min(τ, T) / number of hits: what a success costs, misses included."""
    require_axis(axis, reached.hit)
    hits = reached.hit.sum(axis)
    total = reached.time.sum(axis)
    return np.where(hits > 0, total / np.maximum(hits, 1), np.inf)
