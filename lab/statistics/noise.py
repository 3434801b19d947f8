"""How noisy stochastic gradients are, and from which batch size on more examples are wasted."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar

from lab.statistics.intervals import Interval
from lab.validation.errors import require


class Moments(NamedTuple):
    """Unbiased estimates, arrays of one shape; `squared` may be negative where noise prevails."""

    squared: np.ndarray  # |G|², of the mean gradient
    trace: np.ndarray  # tr Σ, of the covariance of one example's gradient


def moments_of_examples(gradients: np.ndarray) -> Moments:
    """Both moments from the gradients of N examples.

        tr Σ = Σ |gᵢ − ḡ|² / (N − 1),    |G|² = |ḡ|² − tr Σ / N

    Args:
      gradients: [..., N, P], N at least 2.

    References:
      McCandlish et al., An empirical model of large-batch training, 2018, section 2.2.

    >>> moments_of_examples(np.array([[1.0, 0.0], [3.0, 0.0]]))
    Moments(squared=np.float64(3.0), trace=np.float64(2.0))
    """
    gradients = np.asarray(gradients, np.float64)
    n = gradients.shape[-2]
    require(n >= 2, f"noise needs the gradients of at least 2 examples, given {n}.")
    mean = gradients.mean(-2)
    trace = ((gradients - mean[..., None, :]) ** 2).sum((-2, -1)) / (n - 1)
    return Moments((mean**2).sum(-1) - trace / n, trace)


def moments_of_batches(small_norm, big_norm, small: float, big: float) -> Moments:
    """Both moments from |g|² of two batch sizes b < B.

        |G|² = (B |g_B|² − b |g_b|²) / (B − b),    tr Σ = (|g_b|² − |g_B|²) / (1/b − 1/B)

    For trainings that hold no gradients of single examples: one from each device is enough.

    Args:
      small_norm: |g_b|², squared norms of mean gradients over b independent examples.
      big_norm: |g_B|².
      small: b.
      big: B.

    References:
      McCandlish et al. 2018, appendix A.1.

    >>> moments_of_batches(5.0, 3.5, 1, 4)
    Moments(squared=np.float64(3.0), trace=np.float64(2.0))
    """
    require(0 < small < big, f"batch sizes must be 0 < small < big, given {small} and {big}.")
    s, b = np.asarray(small_norm, np.float64), np.asarray(big_norm, np.float64)
    return Moments((big * b - small * s) / (big - small), (s - b) / (1 / small - 1 / big))


def noise_scale(moments: Moments, axis: int = -1, level: float = 0.95, seed: int = 0) -> Interval:
    """B_simple = tr Σ / |G|², each averaged over repetitions *before* dividing.

    Bootstrap percentile interval over `axis`. Where |G|² is not significantly above 0 the scale
    has no upper limit: estimate and upper limit are infinite, and the lower limit still stands.

    Args:
      moments: Arrays with independent repetitions along `axis`.
      axis: The axis of the repetitions.
      level: Coverage.
      seed: Of the resampling.
    """
    squared, trace = (np.moveaxis(np.asarray(m, np.float64), axis, 0) for m in moments)
    n = len(squared)
    require(n >= 2, f"an interval needs at least 2 repetitions, given {n}.")
    weights = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=2000) / n
    g, s = (np.tensordot(weights, m, 1) for m in (squared, trace))
    scales = np.where(g > 0, s / np.where(g > 0, g, 1.0), np.inf)
    below, above = (1 - level) / 2, (1 + level) / 2
    low, high = (
        np.quantile(scales, q, axis=0, method="closest_observation") for q in (below, above)
    )
    certain = np.isfinite(high) & (squared.mean(0) > 0)
    ratio = trace.mean(0) / np.where(certain, squared.mean(0), 1.0)
    return Interval(np.where(certain, ratio, np.inf), low, np.where(certain, high, np.inf))


class CriticalBatch(NamedTuple):
    """S(B) = S_min (1 + B_crit / B)."""

    steps: float  # S_min: updates that no batch size saves
    size: float  # B_crit: where twice S_min updates are needed

    def at(self, batch_size) -> np.ndarray:
        """Updates that the fit expects."""
        return self.steps * (1 + self.size / np.asarray(batch_size, np.float64))


def critical_batch(sizes, steps) -> CriticalBatch:
    """The least-squares fit of log S_min + log(1 + B_crit / B) to the logarithms of `steps`.

    Infinite steps (batch sizes that never arrive) are left out, since they only bound the fit
    from one side; say so where there are any.

    Args:
      sizes: Batch sizes, at least 3 with finite steps.
      steps: Updates to the target at each.

    Raises:
      InputError: If fewer than 3 are finite.

    References:
      McCandlish et al. 2018, equation 2.11; Shallue et al., Measuring the effects of data
      parallelism, 2018, for the shape.

    >>> fit = critical_batch([1, 10, 100], [1010.0, 110.0, 20.0])
    >>> print(round(fit.steps, 3), round(fit.size, 2))
    10.0 100.0
    """
    sizes, steps = np.asarray(sizes, np.float64), np.asarray(steps, np.float64)
    kept = np.isfinite(steps)
    require(int(kept.sum()) >= 3, f"a fit needs 3 batch sizes that arrive, given {kept.sum()}.")
    b, s = sizes[kept], np.log(steps[kept])

    def residual(log_size: float) -> np.ndarray:
        return s - np.log1p(np.exp(log_size) / b)

    ends = np.log(b.min()) - 5, np.log(b.max()) + 5
    # the sum of squares can have a flat stretch: search from the best of a grid
    grid = np.linspace(*ends, 200)
    at = grid[int(np.argmin([residual(x).var() for x in grid]))]
    step = grid[1] - grid[0]
    found = minimize_scalar(
        lambda x: residual(x).var(),
        bounds=(at - step, at + step),
        method="bounded",
        options={"xatol": 1e-10},
    )
    best = float(found.x)  # type: ignore[attr-defined]
    return CriticalBatch(float(np.exp(residual(best).mean())), float(np.exp(best)))


def resampled(
    statistic: Callable[..., np.ndarray], *samples: np.ndarray, resamples: int = 1000, seed: int = 0
) -> np.ndarray:
    """The statistic of bootstrap samples: [resamples, ...].

    Args:
      statistic: Of arrays shaped like `samples`.
      *samples: [..., n] each; resampled along the last axis, independently of one another.
      resamples: How many.
      seed: Of the resampling.
    """
    rng = np.random.default_rng(seed)
    return np.array(
        [
            statistic(*(s[..., rng.integers(0, s.shape[-1], s.shape[-1])] for s in samples))
            for _ in range(resamples)
        ]
    )
