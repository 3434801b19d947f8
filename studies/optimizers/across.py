"""What several tasks say together. A problem is a split of a task."""

import numpy as np

from lab import statistics
from lab.protocol import SHARES
from lab.statistics import Interval
from lab.study.tables import markdown
from studies.optimizers.intervals import of_problems
from studies.optimizers.result import Result

USUAL = SHARES[1]  # the share of the reference's budget that declares the usual target
R_MAX = 4.0  # times slower than the fastest, from which on being slow is as bad as a miss


def ordered(results: dict[str, Result]) -> list[str]:
    """Optimizers by their mean place in the verdicts."""
    names = next(iter(results.values())).verdict.ranked
    place = {n: np.mean([r.verdict.ranked.index(n) for r in results.values()]) for n in names}
    return sorted(names, key=lambda n: (place[n], n))


def ratios(results: dict[str, Result], names: list[str]) -> np.ndarray:
    """Times to the usual target over those of the fastest, [optimizer, problem]."""
    columns = []
    for result in results.values():
        order = [result.tuning.optimizer.values.tolist().index(name) for name in names]
        columns.append(result.times(USUAL)[order])
    return statistics.performance_ratios(np.concatenate(columns, axis=1))


def scores(times: np.ndarray) -> tuple[Interval, str]:
    """Profile score of each optimizer, from ratios, and the method of its interval."""
    score, method = of_problems(statistics.profile_score(times[..., None], R_MAX), "mean")
    return Interval(score.estimate, np.clip(score.low, 0, 1), np.clip(score.high, 0, 1)), method


def ranks(results: dict[str, Result], names: list[str]) -> Interval:
    """Mean rank over tasks by test loss, with intervals from resampled runs within each task."""
    fewest = min(r.tested(names[0], "test_loss").size for r in results.values())
    losses = np.array(
        [[r.tested(name, "test_loss").ravel()[:fewest] for r in results.values()] for name in names]
    )
    return statistics.bootstrap_ranks(np.where(np.isfinite(losses), losses, np.inf)).mean


def losses(results: dict[str, Result], names: list[str]) -> np.ndarray:
    """Test losses scaled per task, 0 the best and 1 untrained: [optimizer, problem]."""
    return np.concatenate([_scaled(result, names) for result in results.values()], axis=-1)


def section(results: dict[str, Result]) -> str:
    """The table over all problems."""
    names = ordered(results)
    times = ratios(results, names)
    reach, by_reach = scores(times)
    loss, by_loss = of_problems(losses(results, names), "iqm")
    mean_rank = ranks(results, names)
    rows = [
        [name, *(_cell(interval, i) for interval in (mean_rank, loss, reach))]
        for i, name in enumerate(names)
    ]
    header = ["optimizer", "mean rank", "interquartile mean of scaled loss", "profile score"]
    return (
        f"## Across tasks\n\n{times.shape[1]} problems (splits of tasks). Loss is scaled to 0 for "
        f"the best and 1 for no training ({by_loss} intervals); the profile score is the mean "
        f"height of the performance profile up to τ = {R_MAX:g} ({by_reach} intervals).\n\n"
        + markdown(header, rows)
    )


def _scaled(result: Result, names: list[str]) -> np.ndarray:
    tested = [np.fmin(result.tested(name, "test_loss"), result.untrained) for name in names]
    best = float(result.verdict.loss.estimate[0])
    return statistics.normalized(np.mean(tested, axis=-1), best, result.untrained)


def _cell(interval: Interval, i: int) -> str:
    value, low, high = (part[i] for part in interval)
    return f"{value:.3f}" + (f" ({low:.3f} – {high:.3f})" if np.isfinite(low) else "")
