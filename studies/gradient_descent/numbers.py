"""What the record of the study of batch sizes says: times to a target, bends, noise scales."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np

from lab.statistics import noise
from lab.statistics.intervals import Interval
from lab.study import Record
from studies.gradient_descent.runs import updates_to
from studies.gradient_descent.settings import GradientDescent

FITTED = 400  # bootstrap samples to which a curve is fitted


class Arrivals:
    """Updates to a target by batch size: medians over seeds, infinite where most miss it."""

    def __init__(self, record: Record[GradientDescent], target: float):
        reports = record.under("report")
        self.sizes = np.array(sorted(int(size) for size in reports))
        self.times = np.stack([updates_to(reports[str(n)], target)[0] for n in self.sizes])
        self.median = np.median(self.times, -1)
        self.draws = noise.resampled(partial(np.median, axis=-1), self.times)

    def interval(
        self,
        of: Callable[[np.ndarray, np.ndarray], np.ndarray | float] = lambda _, median: median,
        comparisons: int = 1,
        first: int | None = None,
    ) -> Interval:
        """Of a statistic of sizes and medians; limits over seeds from the `first` samples."""
        draws = np.asarray([of(self.sizes, one) for one in self.draws[:first]])
        tail = 0.025 / comparisons
        low, high = (
            np.quantile(draws, q, axis=0, method="closest_observation") for q in (tail, 1 - tail)
        )
        return Interval(np.asarray(of(self.sizes, self.median)), low, high)

    def slope(self, at: np.ndarray) -> Interval:
        """Of logarithms, at the sizes `at`; NaN where one of them does not arrive."""

        def of(sizes, median):
            arrived = np.isfinite(median[at]).all()
            return np.polyfit(np.log(sizes[at]), np.log(median[at]), 1)[0] if arrived else np.nan

        return self.interval(of)

    def bend(self) -> Interval:
        """B_crit."""
        return self.interval(lambda sizes, median: fit(sizes, median).size, first=FITTED)


def fit(sizes: np.ndarray, median: np.ndarray) -> noise.CriticalBatch:
    """S(1 + B_crit/B); no bend where fewer than three sizes arrive."""
    if np.isfinite(median).sum() < 3:
        return noise.CriticalBatch(np.inf, np.nan)
    return noise.critical_batch(sizes, median)


def update_seconds(record: Record[GradientDescent]) -> np.ndarray:
    """Of an update at every batch size, the fastest repeat."""
    return record["seconds"].seconds.min("repeat").values


def scales_along(record: Record[GradientDescent]) -> tuple[np.ndarray, Interval, Interval]:
    """Middles of stretches of training; the noise scale from examples, and from two batches."""
    at = record["noise"].probe_step.values
    edges = [0, *np.unique(np.round(np.geomspace(4, at[-1] + 4, 13)).astype(int))]
    bins = [inside for a, b in pairwise(edges) if (inside := (at >= a) & (at < b)).any()]
    trace, squared, whole, groups = _moments(record)
    size = record.settings.probed
    two = noise.moments_of_batches(groups, whole, size // record.settings.groups, size)
    one = noise.Moments(squared, trace)
    return np.array([at[b].mean() for b in bins]), _binned(one, bins), _binned(two, bins)


def scale_on_the_way(record: Record[GradientDescent]) -> Interval:
    """The noise scale until the median seed is at the target."""
    end = np.median(updates_to(record["noise"], record.settings.target))
    trace, squared, *_ = _moments(record)
    found = _binned(noise.Moments(squared, trace), [record["noise"].probe_step.values <= end])
    return Interval(*(x[0] for x in found))


def _moments(record: Record[GradientDescent]) -> list[np.ndarray]:
    """[seed, times] each."""
    along = record["noise"].isel(optimizer=0, learning_rate=0)
    names = ("trace", "squared", "norm_all", "norm_groups")
    return [along[f"probe_{name}"].transpose("seed", "probe_step").values for name in names]


def _binned(found: noise.Moments, bins: list[np.ndarray]) -> Interval:
    """The scale of every stretch: means over its updates and all seeds before dividing."""
    means = [np.stack([m[:, b].mean(1) for b in bins], 1) for m in found]
    return noise.noise_scale(noise.Moments(*means), axis=0)
