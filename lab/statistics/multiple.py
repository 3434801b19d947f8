"""Several hypotheses at once: what Holm's correction leaves, and how many pairs it needs."""

import numpy as np

from lab.validation.checks import checked
from lab.validation.errors import require, shown
from lab.validation.kinds import Count, Level, Reals


@checked
def seeds_needed(comparisons: Count = 1, level: Level = 0.95) -> int:
    """The least number of pairs with which the smallest p, 2^{1−n}, can pass Holm's first step.

    >>> seeds_needed(), seeds_needed(45)  # two optimizers; all pairs of ten
    (6, 11)
    """
    return int(np.ceil(1 + np.log2(comparisons / (1 - level)) - 1e-9))


@checked
def holm(p: Reals) -> np.ndarray:
    """Holm's adjusted p-values: reject those ≤ α, and no true hypothesis falls with P > α.

        p̃₍ᵢ₎ = max_{j≤i} min(1, (m − j + 1) p₍ⱼ₎)

    Args:
      p: [..., m] p-values of the hypotheses tested together.

    References:
      Holm, A simple sequentially rejective multiple test procedure, 1979.

    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    p = np.asarray(p, np.float64)
    require(p.ndim > 0, f"p must be [..., m], given {shown(p)}.")
    require(bool(np.all((p >= 0) & (p <= 1))), "p, the p-values, must lie in [0, 1].")
    order = np.argsort(p, -1)
    steps = np.take_along_axis(p, order, -1) * np.arange(p.shape[-1], 0, -1)
    adjusted = np.minimum(1.0, np.maximum.accumulate(steps, -1))
    return np.take_along_axis(adjusted, np.argsort(order, -1), -1)
