"""Pairs of runs that share a seed, some of which diverged."""

import numpy as np

from lab.shapes import require_broadcast
from lab.validation.checks import checked
from lab.validation.errors import require, shown
from lab.validation.kinds import Reals, Samples


@checked
def finite_differences(a: Reals, b: Reals, fallback: Reals) -> np.ndarray:
    """Differences a − b, every non-finite loss taken as `fallback`; where both diverged that is 0.

    The loss at initialization is a fair fallback: a run that diverged learnt nothing.

    Args:
      a: [..., n] losses; NaN and infinite ones diverged.
      b: [..., n] of the same seeds.
      fallback: Finite; one number, or broadcast against the losses.

    Raises:
      InputError: If shapes differ or the fallback is not finite.

    >>> finite_differences([1.0, np.inf, np.nan], [0.5, 0.5, np.inf], fallback=2.3)
    array([0.5, 1.8, 0. ])
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    require(a.shape == b.shape, f"a and b must have one shape, given {a.shape} and {b.shape}.")
    fallback = np.asarray(fallback, np.float64)
    require_broadcast(a=a, fallback=fallback)
    require(bool(np.isfinite(fallback).all()), f"fallback must be finite, given {shown(fallback)}.")
    a, b = (np.where(np.isfinite(x), x, fallback) for x in (a, b))
    return a - b


@checked
def probability_of_beating(a: Samples, b: Samples, *, paired: bool = True) -> np.ndarray:
    """P(A beats B): share of pairs with a < b, ties (and both diverged) by half: [...].

    Args:
      a: [..., n] losses; NaN counts as infinite.
      b: [..., n] of the same seeds, or [..., m].
      paired: Whether only runs of one seed meet, or all of a meet all of b (Mann–Whitney's
        U / (n m), Agarwal et al.'s probability of improvement).

    >>> probability_of_beating([1.0, 2.0, np.inf], [2.0, 2.0, np.inf])
    np.float64(0.6666666666666666)
    """
    a, b = (np.asarray(x, np.float64) for x in (a, b))
    a, b = (np.where(np.isnan(x), np.inf, x) for x in (a, b))
    require_broadcast(a=a[..., 0], b=b[..., 0])
    if paired:
        require(
            a.shape[-1] == b.shape[-1],
            f"a and b must share their last axis, given shapes {a.shape} and {b.shape}.",
        )
        return (a < b).mean(-1) + (a == b).mean(-1) / 2
    a, b = a[..., :, None], b[..., None, :]
    return (a < b).mean((-1, -2)) + (a == b).mean((-1, -2)) / 2
