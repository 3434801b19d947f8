"""The share of runs that have not reached a target yet, and how long they need on average."""

import warnings
from typing import NamedTuple

import numpy as np
from scipy import stats

from lab.shapes import require_axis
from lab.statistics.targets import TimeToTarget
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Level


class Survival(NamedTuple):
    """A falling staircase: S(t) = 1 before `time[0]`, `share[i]` from `time[i]` on.

    Where Ŝ is still 1 or already 0 there are no limits, and `low` and `high` are 0 and 1.
    """

    time: np.ndarray  # [K] distinct times, ascending, hits and misses alike
    share: np.ndarray  # [K] Ŝ: not there yet
    low: np.ndarray  # [K] pointwise limits of Ŝ
    high: np.ndarray

    def at(self, times) -> np.ndarray:
        """Ŝ at any times.

        >>> kaplan_meier(TimeToTarget(np.array([1.0, 2.0]), np.array([True, False]))).at([0, 1, 9])
        array([1. , 0.5, 0.5])
        """
        place = np.searchsorted(self.time, np.asarray(times, np.float64), side="right")
        return np.concatenate([[1.0], self.share])[place]

    def area(self, until: float) -> float:
        """∫₀ᵘⁿᵗⁱˡ Ŝ(t) dt: the mean of min(τ, until), restricted because some never arrive."""
        inside = self.time[(self.time > 0) & (self.time < until)]
        steps = np.concatenate([[0.0], inside, [until]])
        return float(np.sum(np.diff(steps) * self.at(steps[:-1])))


@checked
def until(reached: TimeToTarget, budget: float | None = None) -> TimeToTarget:
    """Every miss put at the end of the budget T, and hits after it made misses.

    A diverged, stopped or pruned run did not leave the study where its record ends: it would not
    have reached the target by T, and counts as on its way until then.

    Args:
      reached: Arrays [...].
      budget: T; by default the latest time of all.

    Raises:
      InputError: If the budget is not positive and finite.
    """
    times, hit = np.asarray(reached.time, np.float64), np.asarray(reached.hit, bool)
    end = float(times.max()) if budget is None else float(budget)
    require(0 < end < np.inf, f"budget must be positive and finite, given {end}.")
    hit = hit & (times <= end)
    return TimeToTarget(np.where(hit, times, end), hit)


@checked
def kaplan_meier(reached: TimeToTarget, level: Level = 0.95) -> Survival:
    """Kaplan and Meier's product-limit estimate Ŝ(t) = ∏_{tᵢ≤t} (1 − dᵢ/nᵢ), by scipy.

        Var log Ŝ(t) = Σ_{tᵢ≤t} dᵢ / (nᵢ (nᵢ − dᵢ)),   limits Ŝ^{exp(± z √Var / log Ŝ)}

    Of nᵢ runs still on their way just before tᵢ, dᵢ arrive then; the limits are Greenwood's on the
    scale of log(−log S), for each time by itself. A miss counts as on its way up to its time, and
    no further: put misses at the end of the budget with `until` first. A miss at the time of a
    hit was still at risk there.

    Args:
      reached: Times [n] of independent runs, and which of them are hits.
      level: Coverage of the limits, in (0, 1).

    Raises:
      InputError: If there are no runs, or a time is negative or not finite.

    References:
      Kaplan & Meier, Nonparametric estimation from incomplete observations, 1958.
    """
    times, hit = np.asarray(reached.time, np.float64), np.asarray(reached.hit, bool)
    require(
        times.ndim == 1 and times.size > 0 and times.shape == hit.shape,
        f"times and hits must be one row of runs, given shapes {times.shape} and {hit.shape}.",
    )
    require(bool(np.all((times >= 0) & (times < np.inf))), "times must be finite and not negative.")
    curve = stats.ecdf(stats.CensoredData.right_censored(times, ~hit)).sf
    share = curve.probabilities
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The confidence interval is undefined", RuntimeWarning)
        band = curve.confidence_interval(level, method="log-log")
    known = (share > 0) & (share < 1)
    low, high = (
        np.where(known, limit.probabilities, end) for limit, end in ((band.low, 0), (band.high, 1))
    )
    return Survival(curve.quantiles, share, low, high)


@checked
def restricted_mean(
    reached: TimeToTarget, budget: float | None = None, axis: int = -1
) -> np.ndarray:
    """Restricted mean time to the target: ∫₀ᵀ Ŝ = mean of min(τ, T) (all misses are at T).

    >>> curves = TimeToTarget(np.array([10.0, 20.0, 5.0]), np.array([True, True, False]))
    >>> print(restricted_mean(curves, budget=30))  # the third is a miss at 30
    20.0
    """
    require_axis(axis, reached.time)
    return until(reached, budget).time.mean(axis)
