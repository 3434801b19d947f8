"""What several tasks say together. A problem is a split of a task."""

from collections.abc import Iterable

import numpy as np

from lab import statistics
from lab.statistics import Interval
from studies.optimizers.intervals import of_problems
from studies.optimizers.result import Result

R_MAX = 4.0  # times slower than the fastest, from which on being slow is as bad as a miss


def ordered(results: dict[str, Result]) -> list[str]:
    """Optimizers by their mean place in the verdicts."""
    ranked = [result.verdict.ranked for result in results.values()]
    return sorted(ranked[0], key=lambda n: (np.mean([names.index(n) for names in ranked]), n))


def ratios(results: Iterable[Result], names: list[str]) -> np.ndarray:
    """Times to the usual target over those of the fastest, [optimizer, problem]."""
    times = [
        [statistics.median_time(result.reached(name), axis=-1) for name in names]
        for result in results
    ]
    return statistics.performance_ratios(np.concatenate(times, axis=1))


def scores(times: np.ndarray) -> tuple[Interval, str]:
    """Profile score of each optimizer, from ratios, and the method of its interval."""
    score, method = of_problems(statistics.profile_score(times[..., None], R_MAX), "mean")
    return Interval(score.estimate, np.clip(score.low, 0, 1), np.clip(score.high, 0, 1)), method


def ranks(results: Iterable[Result], names: list[str]) -> Interval:
    """Mean rank over tasks by test loss, with intervals from resampled runs within each task."""
    tested = [[result.tested(name, "test_loss").ravel() for name in names] for result in results]
    fewest = min(len(runs) for task in tested for runs in task)
    losses = np.array([[runs[:fewest] for runs in task] for task in tested]).swapaxes(0, 1)
    return statistics.bootstrap_ranks(np.where(np.isfinite(losses), losses, np.inf)).mean


def losses(results: Iterable[Result], names: list[str]) -> np.ndarray:
    """Test losses scaled per task, 0 the best and 1 untrained: [optimizer, problem]."""
    scaled = [
        statistics.normalized(
            np.mean([r.capped(name) for name in names], axis=-1),
            float(r.verdict.loss.estimate[0]),
            r.untrained,
        )
        for r in results
    ]
    return np.concatenate(scaled, axis=-1)
