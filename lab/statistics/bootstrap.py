"""Bootstrap intervals of any statistic: percentile, BCa and studentized."""

from typing import Literal

import numpy as np
from scipy import stats

from lab.shapes import require_broadcast
from lab.statistics.intervals import Interval
from lab.statistics.resampling import (
    Labels,
    Statistic,
    as_samples,
    jackknife_error,
    jackknife_influence,
    leave_one_out,
    replicates,
    resample_indices,
    stratified_indices,
)
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Count, Level, Reals, Samples, Whole

Method = Literal["bca", "studentized", "percentile"]


@checked
def bootstrap(
    statistic: Statistic,
    *samples,
    method: Method = "bca",
    strata: Labels | None = None,
    error: Statistic | None = None,
    resamples: Count = 2000,
    level: Level = 0.95,
    seed: Whole | np.random.Generator = 0,
) -> Interval:
    """Interval of a statistic over independent observations along the last axis.

    Several samples are paired: they share the resample. Give two methods' losses of the same
    seeds and `lambda a, b: iqm(a) - iqm(b)`. Below some 40 observations prefer "bca" or
    "studentized" to "percentile", which is too short.

    Args:
      statistic: Of arrays [..., n]; reduces the last axis.
      *samples: [..., n] each.
      method: "bca", "studentized" or "percentile".
      strata: [n] labels (the task of each pooled run): resampling stays within them.
      error: The statistic's standard error, for "studentized"; by default the jackknife's, which
        costs n times as much.
      resamples: How many.
      level: Coverage.
      seed: A number or a generator.

    Raises:
      InputError: If sizes differ, or there are fewer than two observations.

    >>> print(np.round(bootstrap(lambda x: x.mean(-1), np.arange(20.0)), 1))
    [ 9.5  6.9 12. ]
    """
    arrays = as_samples(samples)
    estimate = np.asarray(statistic(*arrays))
    n = arrays[0].shape[-1]
    left = leave_one_out(n)
    rng = np.random.default_rng(seed)
    indices = (
        resample_indices(resamples, n, rng)
        if strata is None
        else stratified_indices(resamples, strata, rng)
    )
    drawn = replicates(statistic, *arrays, indices=indices)
    if method == "percentile":
        return percentile_interval(estimate, drawn, level)
    if method == "bca":
        without = replicates(statistic, *arrays, indices=left)
        return bca_interval(estimate, drawn, without, level, strata)

    def errors(index):
        if error is not None:
            return replicates(error, *arrays, indices=index)
        return jackknife_error(replicates(statistic, *arrays, indices=index[..., left]), strata)

    return studentized_interval(estimate, errors(np.arange(n)), drawn, errors(indices), level)


@checked
def percentile_interval(estimate: Reals, drawn: Samples, level: Level = 0.95) -> Interval:
    """The middle `level` of the resamples [..., R]; infinite ones count as what they are."""
    _check(estimate, drawn=drawn)
    return Interval(np.asarray(estimate), *(quantile(drawn, tail) for tail in _tails(level)))


@checked
def bca_interval(
    estimate: Reals,
    drawn: Samples,
    left_out: Samples,
    level: Level = 0.95,
    strata: Labels | None = None,
) -> Interval:
    """Efron's bias-corrected and accelerated interval: the percentiles Φ(z₀ + w/(1 − a w)).

        w = z₀ + z_α,  z₀ = Φ⁻¹(share of resamples below the estimate, ties by half),
        a = Σ Uᵢ³ / (6 (Σ Uᵢ²)^{3/2}),  Uᵢ the jackknife influence

    Args:
      estimate: [...].
      drawn: [..., R] the statistic of resamples.
      left_out: [..., n] the statistic without each observation.
      level: Coverage.
      strata: [n], as in the resampling.

    References:
      Efron, Better bootstrap confidence intervals, 1987.
    """
    _check(estimate, drawn=drawn, left_out=left_out)
    estimate, drawn, left_out = (np.asarray(x, np.float64) for x in (estimate, drawn, left_out))
    against = estimate[..., None]
    r = drawn.shape[-1]
    share = ((drawn < against).sum(-1) + (drawn == against).sum(-1) / 2) / r
    bias = stats.norm.ppf(np.clip(share, 0.5 / r, 1 - 0.5 / r))
    finite = np.asarray(np.isfinite(left_out).all(-1))
    u = jackknife_influence(np.where(finite[..., None], left_out, 0.0), strata)
    scale = np.sqrt((u**2).sum(-1))
    u = u / np.where(scale > 0, scale, 1.0)[..., None]
    acceleration = (u**3).sum(-1) / 6

    def limit(tail):
        w = bias + stats.norm.ppf(tail)
        at = stats.norm.cdf(bias + w / np.maximum(1 - acceleration * w, 1e-9))
        return quantile(drawn, at)

    return Interval(estimate, *(limit(tail) for tail in _tails(level)))


@checked
def studentized_interval(
    estimate: Reals, error: Reals, drawn: Samples, errors: Samples, level: Level = 0.95
) -> Interval:
    """θ̂ − t*·se with the quantiles of t* = (θ* − θ̂)/se* over the resamples.

    A resample without spread has t* = 0 if it repeats the estimate, else ±∞, as has one that is
    infinite itself: with few, tied or diverged observations the limits may be infinite.

    Args:
      estimate: [...].
      error: [...] its standard error.
      drawn: [..., R].
      errors: [..., R] the standard error within each resample.
      level: Coverage.
    """
    _check(estimate, drawn=drawn, errors=errors)
    require_broadcast(estimate=estimate, error=error)
    require_broadcast(drawn=drawn, errors=errors)
    estimate, error, drawn, errors = (
        np.asarray(x, np.float64) for x in (estimate, error, drawn, errors)
    )
    certain = np.isfinite(estimate) & np.isfinite(error)
    base = np.where(certain, estimate, 0.0)
    away = drawn - base[..., None]
    away = np.where(np.isclose(away, 0, atol=1e-12 * np.abs(base[..., None])), 0.0, away)
    endless = np.where(away == 0, 0.0, np.where(away > 0, np.inf, -np.inf))
    usual = (errors > 0) & np.isfinite(away)
    t = np.where(usual, np.where(usual, away, 0.0) / np.where(usual, errors, 1.0), endless)
    t_low, t_high = (quantile(t, tail) for tail in _tails(level))
    scale = np.where(certain, error, 1.0)
    low, high = (base - np.where(scale > 0, q, 0.0) * scale for q in (t_high, t_low))
    return Interval(estimate, np.where(certain, low, -np.inf), np.where(certain, high, np.inf))


def quantile(drawn: np.ndarray, tail) -> np.ndarray:
    """The round(tail·(R+1))-th smallest along the last axis, one tail for all or for each.

    No interpolation: between a finite and an infinite value there is nothing.
    """
    drawn = np.asarray(drawn, np.float64)
    r = drawn.shape[-1]
    place = np.clip(np.rint(np.asarray(tail) * (r + 1)).astype(np.int64) - 1, 0, r - 1)
    place = np.broadcast_to(place, drawn.shape[:-1])[..., None]
    return np.take_along_axis(np.sort(drawn, -1), place, -1)[..., 0]


def _check(estimate: Reals, **drawn: Samples) -> None:
    for name, values in drawn.items():
        require(
            np.shape(values)[:-1] == np.shape(estimate),
            f"{name} must be [..., n], the estimate being [...], given shapes {np.shape(values)} "
            f"and {np.shape(estimate)}.",
        )


def _tails(level: float) -> tuple[float, float]:
    return (1 - level) / 2, (1 + level) / 2
