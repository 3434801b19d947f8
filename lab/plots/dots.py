"""A row of repetitions, each a dot, with their mean."""

import numpy as np
from matplotlib.axes import Axes

from lab.plots.style import COLOURS
from lab.statistics.intervals import mean_interval


def dots(
    axes: Axes, y: float, values: np.ndarray, *, special: bool, least: float = -np.inf,
    size: float = 4.5,
) -> None:  # fmt: skip
    """Draw [n] values at height y, their mean and 95 % t interval.

    Args:
      axes: Where.
      y: Height of the row.
      values: One of each repetition.
      special: Whether the row is to be told from the others by its colour.
      least: Where the interval is cut, on a logarithmic axis.
      size: Of the mean's mark.
    """
    mean, low, high = mean_interval(values)
    axes.plot(values, np.full(values.size, y), ".", color="#999999", ms=3, alpha=0.6)
    axes.errorbar(
        mean, y, xerr=[[mean - max(low, least)], [high - mean]], fmt="o", ms=size, capsize=2.5,
        color=COLOURS[special], lw=1.4,
    )  # fmt: skip
