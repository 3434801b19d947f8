"""What the study of normalization measures of its runs, and the words for intervals."""

import numpy as np
import xarray as xr

from lab import statistics
from lab.statistics.intervals import Interval
from studies.gradient_descent.report import judged


def usable_decades(accuracy: xr.DataArray, axis: str, level: float) -> np.ndarray:
    """Decades of `axis`, a logarithmic grid, at which accuracy is at least `level`: [S]."""
    spacing = float(np.log10(accuracy[axis].values[1] / accuracy[axis].values[0]))
    return spacing * (accuracy >= level).transpose(axis, "seed").values.sum(0)


def first_reach(accuracy: xr.DataArray, level: float) -> np.ndarray:
    """The first `step` of each seed at which accuracy is at least `level`, or infinity: [S]."""
    values = accuracy.transpose("seed", "step").values >= level
    steps = accuracy.step.values[values.argmax(-1)].astype(float)
    return np.where(values.any(-1), steps, np.inf)


def quickest(accuracy: xr.DataArray, level: float) -> tuple[float, np.ndarray]:
    """The rate with the least median time to `level`, and the times at it: [S]."""
    times = [first_reach(accuracy.sel(rate=rate), level) for rate in accuracy.rate.values]
    best = int(np.argmin([np.median(t) for t in times]))
    return float(accuracy.rate.values[best]), times[best]


def gain(data: xr.DataArray, norm: str = "batch") -> Interval:
    """Points of accuracy above no normalization, paired by seed."""
    a, b = (100 * data.sel(norm=n).transpose(..., "seed").values for n in (norm, "none"))
    return statistics.paired_difference(a, b)


def span(x: Interval, digits: str = "+.1f") -> str:
    """An interval in words."""
    estimate, low, high = (format(float(v), digits) for v in x)
    return f"{estimate} ({low} to {high})"


def largest(accuracy: xr.DataArray, level: float) -> float:
    """The largest usable rate; where there is none, half a step below the grid."""
    rates = accuracy.rate.values
    fine = rates[accuracy.values >= level]
    return float(fine.max()) if len(fine) else float(rates[0] ** 1.5 / rates[1] ** 0.5)


def negative(x: Interval) -> Interval:
    return Interval(-x.estimate, -x.high, -x.low)


def all_above(gaps: list[Interval]) -> str:
    """Held where every interval is above 0, did not where one is below."""
    return judged(all(x.low > 0 for x in gaps), any(x.high < 0 for x in gaps))


def none_above(gaps: list[Interval]) -> str:
    """Held where no interval is above 0, did not where one is."""
    return judged(all(x.low <= 0 for x in gaps), any(x.low > 0 for x in gaps))
