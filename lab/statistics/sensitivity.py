"""How much a result depends on the learning rate: a grid of rates × seeds, summed up."""

from typing import NamedTuple

import numpy as np

from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Finite, NotNegative, Reals, Samples


class Sensitivity(NamedTuple):
    """Arrays [...] over whatever precedes the axes of rates and seeds."""

    best_rate: np.ndarray  # the rate of the grid with the least median loss
    best: np.ndarray  # f*, that loss
    width: np.ndarray  # W_ε in decades of the learning rate
    cut: np.ndarray  # bool: whether the basin reaches an end of the grid, so may be wider
    edge: np.ndarray  # largest rate with less than half of the runs diverged; 0 if there is none
    excess: np.ndarray  # mean of min(f, f₀) − f* over the logarithm of the rate


@checked
def rate_sensitivity(
    losses: Samples, rates: Samples, epsilon: NotNegative, initial_loss: Reals
) -> Sensitivity:
    """Basin width, stability edge and mean excess of f(η), the median loss over seeds.

        W_ε = |{log₁₀ η : f(η) ≤ f* + ε}|,   mean excess = E_{log η}[min(f(η), f₀) − f*]

    Args:
      losses: [..., rate, seed]; non-finite runs diverged.
      rates: [rate], positive, ascending, at least 2.
      epsilon: What is still as good as the best, in units of the loss.
      initial_loss: f₀, the loss at initialization: no rate is worse than not training.

    Raises:
      InputError: If the rates are not ascending, their number is another, or ε is negative.

    >>> flat = rate_sensitivity([[1.0], [1.0], [np.inf]], [0.01, 0.1, 1.0], 0.1, 2.0)
    >>> print(flat.width, flat.edge, flat.excess)
    1.0 0.1 0.25
    """
    losses, rates = np.asarray(losses, np.float64), np.asarray(rates, np.float64)
    _check(rates)
    require(
        losses.ndim >= 2 and losses.shape[-2] == len(rates),
        f"losses must be [..., rate, seed] with {len(rates)} rates, given {losses.shape}.",
    )
    require(
        np.shape(initial_loss) in ((), losses.shape[:-2]),
        f"initial_loss must be one number or {list(losses.shape[:-2])}, as losses are, given "
        f"shape {np.shape(initial_loss)}.",
    )
    diverged = ~np.isfinite(losses)
    f = median_loss(losses)
    best = f.min(-1)
    within = f <= (best + epsilon)[..., None]
    within &= np.isfinite(f)
    stable = diverged.mean(-1) < 0.5
    last = len(rates) - 1 - np.argmax(stable[..., ::-1], -1)
    capped = np.minimum(f, np.asarray(initial_loss, np.float64)[..., None])
    log = np.log10(rates)
    mean = np.trapezoid(capped, log, axis=-1) / (log[-1] - log[0])
    return Sensitivity(
        best_rate=rates[f.argmin(-1)],
        best=best,
        width=basin_width(f, rates, epsilon),
        cut=within[..., 0] | within[..., -1],
        edge=np.where(stable.any(-1), rates[last], 0.0)[()],
        excess=mean - np.minimum(best, np.asarray(initial_loss, np.float64)),
    )


@checked
def median_loss(losses: Samples) -> np.ndarray:
    """f(η) [..., rate]: median over the last axis, infinite where half of the runs diverged."""
    losses = np.asarray(losses, np.float64)
    return np.median(np.where(np.isfinite(losses), losses, np.inf), -1)


@checked
def basin_width(f: Samples, rates: Samples, epsilon: NotNegative) -> np.ndarray:
    """W_ε: decades of the rate on which f, drawn straight over log₁₀ η, is at most f* + ε: [...].

    Pieces apart are added up. Towards a rate at which f is infinite nothing is gained: the line
    rises at once. The grid bounds it, so compare widths on one grid only.
    """
    f, rates = np.asarray(f, np.float64), np.asarray(rates, np.float64)
    _check(rates)
    require(f.shape[-1:] == rates.shape, f"f must be [..., {len(rates)}], given {f.shape}.")
    log = np.log10(rates)
    best = f.min(-1, keepdims=True)
    above = np.where(np.isfinite(best), f - np.where(np.isfinite(best), best, 0.0), np.inf)
    above = above - epsilon  # ≤ 0 inside
    left, right = above[..., :-1], above[..., 1:]
    low, high = np.minimum(left, right), np.maximum(left, right)
    crossing = (low <= 0) & (high > 0) & np.isfinite(high)
    gap = np.where(crossing, high - np.where(crossing, low, 0.0), 1.0)
    share = np.where(high <= 0, 1.0, np.where(crossing, -np.where(crossing, low, 0.0) / gap, 0.0))
    return (share * np.diff(log)).sum(-1)


@checked
def usable_decades(values: Samples, rates: Samples, level: Finite) -> np.ndarray:
    """Decades of a logarithmic grid of rates at which a result is at least `level`: [...].

    Rates that do, times the distance of two: the grid bounds it.

    Args:
      values: [..., L] results that are better the larger, such as accuracies.
      rates: [L] ascending, evenly spaced in log₁₀.
      level: What counts as usable.

    >>> usable_decades([[0.2, 0.9, 0.95, 0.1]], [0.01, 0.1, 1.0, 10.0], 0.9).tolist()
    [2.0]
    """
    values, rates = np.asarray(values, np.float64), np.asarray(rates, np.float64)
    _check(rates)
    require(
        values.shape[-1:] == rates.shape,
        f"values must be [..., {len(rates)}], given {values.shape}.",
    )
    return (values >= level).sum(-1) * np.log10(rates[-1] / rates[0]) / (len(rates) - 1)


def _check(rates: np.ndarray) -> None:
    require(
        rates.ndim == 1 and len(rates) >= 2 and rates[0] > 0 and bool((np.diff(rates) > 0).all()),
        "rates must be at least two positive, ascending numbers.",
    )
