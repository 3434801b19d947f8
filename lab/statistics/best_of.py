"""What the best of k trials gives, estimated from more trials than k."""

import numpy as np
from scipy import stats

from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Count, Samples


@checked
def best_weights(count: Count, k: Count, *, plug_in: bool = False) -> np.ndarray:
    """Probability that the j-th best of B trials is the best of k drawn from them: [B].

        without replacement:  C(B − j, k − 1) / C(B, k)
        with (the plug-in):   ((B − j + 1)/B)ᵏ − ((B − j)/B)ᵏ

    Averages with the first weights are unbiased for the expected best of k independent trials;
    the plug-in treats the B trials as the whole population, whose best can be drawn twice.

    Raises:
      InputError: If not 1 ≤ k ≤ B (the plug-in allows any k ≥ 1).

    References:
      Dodge et al., Show your work, 2019 (the plug-in); Tang et al., Showing your work doesn't
      always work, 2020 (its bias, and the unbiased weights).

    >>> best_weights(4, 2)  # of the 6 pairs: 3 hold the best, 2 more the second, 1 the third
    array([0.5       , 0.33333333, 0.16666667, 0.        ])
    """
    require(k >= 1 and (plug_in or k <= count), f"k must lie in 1 … {count}, given {k}.")
    left = count - np.arange(1, count + 1.0)  # worse trials than the j-th
    if plug_in:
        return ((left + 1) / count) ** k - (left / count) ** k
    # from k/B on, each by its quotient to the one before: the coefficients themselves overflow
    quotients = np.maximum(left[:-1] - (k - 1), 0) / left[:-1]
    return k / count * np.cumprod(np.concatenate([[1.0], quotients]))


@checked
def trial_weights(
    by: Samples, k: Count, *, largest: bool = False, plug_in: bool = False
) -> np.ndarray:
    """Probability of each trial to be the one selected among k: [..., B].

    Trials that tie share their weights, as if one of them were picked at random. NaN is a run
    that failed, and comes last, like an infinite loss.

    Args:
      by: [..., B] what the selection looks at: the smallest is best.
      k: How many trials are drawn.
      largest: Whether the largest is best.
      plug_in: Whether to draw with replacement.
    """
    by = np.asarray(by, np.float64)
    by = -by if largest else by
    by = np.where(np.isnan(by), np.inf, by)
    weights = best_weights(by.shape[-1], k, plug_in=plug_in)
    total = np.concatenate([[0.0], np.cumsum(weights)])
    first, last = (
        stats.rankdata(by, method=way, axis=-1).astype(np.int64) for way in ("min", "max")
    )
    return (total[last] - total[first - 1]) / (last - first + 1)


@checked
def expected_best(
    values: Samples,
    k: Count,
    *,
    by: Samples | None = None,
    largest: bool = False,
    plug_in: bool = False,
) -> np.ndarray:
    """Expected value of the trial that is best among k independent ones: Σⱼ wⱼ v₍ⱼ₎, unbiased.

    For honest test values, select with validation values: they order the trials, and the test
    values are weighed. Trials of adaptive or quasi-random searches are not independent: repeat
    the whole search instead. Infinite as soon as an infinite value can be selected.

    Args:
      values: [..., B] of the trials, in any order.
      k: At most B.
      by: [..., B] validation values that select; `values` themselves by default.
      largest: Whether the largest of `by` is best (scores) instead of the smallest (losses).
      plug_in: The biased estimate, for comparison.

    Raises:
      InputError: If shapes differ, or k does not lie in 1 … B.

    >>> print(expected_best([3.0, 1.0, 2.0], 2).round(3))  # of three pairs, two hold the 1
    1.333
    """
    values, weights = _weighed(values, k, by, largest, plug_in)
    possible = weights > 0
    return np.sum(np.where(possible, weights, 0.0) * np.where(possible, values, 0.0), -1)


@checked
def median_best(
    values: Samples,
    k: Count,
    *,
    by: Samples | None = None,
    largest: bool = False,
    plug_in: bool = False,
) -> np.ndarray:
    """Median of the value of the trial that is best among k: finite where a mean is infinite.

    The middle of the two values where exactly half of the draws lie on either side; of these, an
    infinite one prevails. Arguments as for `expected_best`.

    >>> median_best([np.inf, 1.0, np.inf, 2.0], 2)
    np.float64(1.5)
    """
    values, weights = _weighed(values, k, by, largest, plug_in)
    order = np.argsort(values, -1)
    values, weights = (np.take_along_axis(x, order, -1) for x in (values, weights))
    share = np.cumsum(weights, -1)
    low, high = (
        np.take_along_axis(values, np.argmax(reached, -1)[..., None], -1)[..., 0]
        for reached in (share >= 0.5 - 1e-12, share > 0.5 + 1e-12)
    )
    equal = low == high
    return np.where(equal, low, (np.where(equal, 0, low) + np.where(equal, 0, high)) / 2)[()]


def _weighed(values, k, by, largest, plug_in):
    """Values [..., B], NaN made the worst there is, and the weights of the trials."""
    values = np.asarray(values, np.float64)
    by = values if by is None else np.asarray(by, np.float64)
    require(
        values.shape == by.shape and values.ndim >= 1,
        f"values and by must have one shape, given {values.shape}, {by.shape}.",
    )
    values = np.where(np.isnan(values), -np.inf if largest else np.inf, values)
    return values, trial_weights(by, k, largest=largest, plug_in=plug_in)
