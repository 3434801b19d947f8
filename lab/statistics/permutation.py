"""Paired tests by flipping signs: exact whatever the distribution, if differences are symmetric."""

from collections.abc import Iterator

import numpy as np

from lab.statistics.intervals import Interval
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Count, Level, Samples, Whole

EXACT = 20  # pairs up to which all sign vectors are enumerated
BLOCK = 1 << 22


@checked
def sign_flip_test(
    differences: Samples, *, exact_up_to: Whole = EXACT, draws: Count = 19_999, seed: Whole = 0
) -> np.ndarray:
    """Two-sided p: the share of the 2ⁿ sign vectors s with |Σ sᵢdᵢ| ≥ |Σ dᵢ|: [...].

    Without a difference, the sign of every dᵢ is a coin's. The smallest p is 2^{1−n}. Beyond
    `exact_up_to` pairs, signs are drawn: p = (1 + exceeding)/(1 + draws), which is valid too.

    Args:
      differences: [..., n], finite; see `finite_differences` for diverged runs.
      exact_up_to: Pairs up to which all signs are enumerated.
      draws: How many random sign vectors otherwise.
      seed: Of the drawing.

    References:
      Fisher, The design of experiments, 1935, section 21; Phipson & Smyth, Permutation p-values
      should never be zero, 2010.

    >>> sign_flip_test([1.0, 2.0, 3.0, 4.0, 5.0])  # 2 of 32
    np.float64(0.0625)
    """
    d = _checked(differences)
    n = d.shape[-1]
    shares = []
    for rows, exact in _blocks(d, exact_up_to, draws):
        # a tolerance, since sums in another order differ in the last bits
        bar = np.abs(rows.sum(-1)) - 1e-12 * np.abs(rows).sum(-1)
        if exact:  # one sign fixed: flipping all of them changes nothing
            sums = rows[:, :1]
            for i in range(1, n):
                sums = np.concatenate([sums + rows[:, i, None], sums - rows[:, i, None]], -1)
            shares.append((np.abs(sums) >= bar[:, None]).mean(-1))
        else:
            signs = np.random.default_rng(seed).integers(0, 2, (draws, n)) * 2.0 - 1
            more = (np.abs(rows @ signs.T) >= bar[:, None]).sum(-1)
            shares.append((1 + more) / (1 + draws))
    return np.concatenate(shares).reshape(d.shape[:-1])[()]


@checked
def sign_flip_interval(
    differences: Samples, level: Level = 0.95, *, exact_up_to: Whole = EXACT, draws: Count = 19_999,
    seed: Whole = 0,
) -> Interval:  # fmt: skip
    """Mean difference, with all μ that the sign-flip test of d − μ does not reject.

    Flipping a set F of signs raises the sum of d − μ iff the mean of F lies below μ, so that
    the limits are the m-th smallest and largest of the means of all 2ⁿ − 1 subsets, with
    m = ⌊(1 − level)·2ⁿ⁻¹⌋. Where n is too small for the level (m = 0) they are infinite.

    Args:
      differences: [..., n], finite.
      level: Coverage: exact if differences are symmetric about their mean.
      exact_up_to: Pairs up to which all subsets are enumerated.
      draws: How many random subsets otherwise.
      seed: Of the drawing.

    References:
      Hartigan, Using subsample values as typical values, 1969.
    """
    d = _checked(differences)
    n = d.shape[-1]
    lows, highs = [], []
    for rows, exact in _blocks(d, exact_up_to, draws):
        if exact:
            sums, sizes = np.zeros((len(rows), 1)), np.zeros(1)
            for i in range(n):
                sums = np.concatenate([sums, sums + rows[:, i, None]], -1)
                sizes = np.concatenate([sizes, sizes + 1])
            means = sums[:, 1:] / sizes[1:]
        else:
            rng = np.random.default_rng(seed)
            chosen = rng.integers(0, 2, (draws, n)).astype(np.float64)
            chosen[chosen.sum(-1) == 0] = 1.0  # (a chance of 2⁻ⁿ)
            means = rows @ (chosen / chosen.sum(-1, keepdims=True)).T
        count = means.shape[-1]
        m = int(np.floor((1 - level) * (count + 1) / 2 + 1e-9))
        if m == 0:
            lows.append(np.full(len(rows), -np.inf))
            highs.append(np.full(len(rows), np.inf))
        else:
            means = np.partition(means, (m - 1, count - m), -1)
            lows.append(means[:, m - 1])
            highs.append(means[:, count - m])
    low, high = (np.concatenate(x).reshape(d.shape[:-1])[()] for x in (lows, highs))
    return Interval(d.mean(-1), low, high)


def _blocks(d: np.ndarray, exact_up_to: int, draws: int) -> Iterator[tuple[np.ndarray, bool]]:
    """Rows [r, n], few enough at once, and whether all signs are to be enumerated."""
    n = d.shape[-1]
    exact = n <= exact_up_to
    require(exact or draws >= 1, f"draws must be positive, given {draws}.")
    rows = d.reshape(-1, n)
    step = max(1, BLOCK // (2**n if exact else draws))
    for i in range(0, len(rows), step):
        yield rows[i : i + step], exact


def _checked(differences) -> np.ndarray:
    d = np.asarray(differences, np.float64)
    require(
        bool(np.isfinite(d).all()),
        "differences must be finite: replace diverged runs with finite_differences first.",
    )
    return d
