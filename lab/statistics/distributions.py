"""Known distributions on which interval methods are tried, and what is true of them."""

from collections.abc import Callable

import numpy as np
from scipy import stats
from scipy.optimize import root_scalar

# What is drawn: normal; skewed; differences of skewed pairs; and tied, as accuracies on few rows.
DATA: dict[str, Callable[[np.random.Generator, tuple[int, int]], np.ndarray]] = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "lognormal": lambda rng, shape: rng.lognormal(size=shape),
    "lognormal pairs": lambda rng, shape: rng.lognormal(size=shape) - rng.lognormal(size=shape),
    "tied": lambda rng, shape: np.rint(rng.normal(size=shape)),
}


def truth(data: str, statistic: str) -> float:
    """The true mean, interquartile mean or pseudo-median ("shift"); 0 where data are symmetric."""
    if data != "lognormal":
        return 0.0
    if statistic == "mean":
        return float(np.exp(0.5))
    if statistic == "iqm":  # 2 ∫ Q(u) du over the middle half
        quartile = stats.norm.ppf(0.75)
        middle = stats.norm.cdf(quartile - 1) - stats.norm.cdf(-quartile - 1)
        return float(2 * np.exp(0.5) * middle)
    # the m with P(X + Y ≤ 2m) = 1/2
    u = (np.arange(4000) + 0.5) / 4000
    x = stats.lognorm.ppf(u, 1.0)
    excess = root_scalar(lambda m: stats.lognorm.cdf(2 * m - x, 1.0).mean() - 0.5, bracket=(1, 2))
    return float(excess.root)
