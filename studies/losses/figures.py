"""Figures of losses: values and slopes, and lines fitted through outliers."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from lab.plots.style import COLOURS, DASHES, caption, style
from lab.statistics import mean_interval


def loss_shapes(shapes: xr.Dataset, text: str) -> Figure:
    """Values above, slopes below; left over the error, right over the logit of a positive.

    Args:
      shapes: `value_by_error`, `slope_by_error` (loss_of_error, error), and the same `by_logit`.
      text: The caption.
    """
    with style():
        figure, grid = plt.subplots(2, 2, figsize=(9.6, 6.2), sharex="col")
        figure.subplots_adjust(hspace=0.12, wspace=0.22, bottom=0.07)
        for column, dim, first in zip(grid.T, ("error", "logit"), (0, 3)):
            for axes, what in zip(column, ("value", "slope")):
                _curves(axes, shapes[f"{what}_by_{dim}"], dim, first)
        grid[0, 0].set(title="Numbers", ylabel="loss", ylim=(-0.3, 8))
        grid[0, 1].set(title="Two classes, target 1", ylim=(-0.2, 6.5))
        grid[1, 0].set(ylabel="slope of the loss", xlabel="error $\\hat y - t$", ylim=(-5, 5))
        grid[1, 1].set(xlabel="logit $z$", ylim=(-1.15, 0.15))
        for axes in grid[0]:
            axes.legend(loc="upper right" if axes is grid[0, 1] else "upper center")
        caption(figure, text)
    return figure


def _curves(axes: Axes, curves: xr.DataArray, dim: str, first: int) -> None:
    for i, name in enumerate(curves[f"loss_of_{dim}"].values.tolist()):
        axes.plot(
            curves[dim],
            curves.sel({f"loss_of_{dim}": name}),
            color=COLOURS[first + i],
            ls=DASHES[i],
            label=name,
        )


def outlier_lines(lines: xr.Dataset, truth: tuple[float, float], share: float, text: str) -> Figure:
    """One data set with its three fitted lines, and the distance to the truth by outliers.

    Args:
      lines: `line` (share, loss, seed, number), `distance` (share, loss, seed), `shown` (share,
        what, row): the first data set.
      truth: Intercept and slope.
      share: Which share of outliers the left panel shows.
      text: The caption.
    """
    names = lines.loss.values.tolist()
    with style():
        figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.9))
        figure.subplots_adjust(wspace=0.22, bottom=0.14)
        x, y, outlier = lines.shown.sel(share=share).values
        left.plot(x[outlier == 0], y[outlier == 0], "o", ms=4, mfc="white", mec="#666666")
        left.plot(
            x[outlier == 1], y[outlier == 1], "x", ms=6, color="#666666", label="shifted rows"
        )
        ends = np.array([0.0, 2.0])
        left.plot(ends, truth[0] + truth[1] * ends, color="black", lw=3, alpha=0.25, label="truth")
        for i, name in enumerate(names):
            a, b = lines.line.sel(share=share, loss=name).isel(seed=0).values
            left.plot(ends, a + b * ends, color=COLOURS[i], ls=DASHES[i], label=name)
            values = lines.distance.sel(loss=name).transpose("share", "seed").values
            mean, low, high = mean_interval(values)
            percent = 100 * lines.share.values
            right.plot(percent, mean, "o", ms=4, color=COLOURS[i])
            right.plot(percent, mean, color=COLOURS[i], ls=DASHES[i], label=name)
            right.fill_between(percent, low, high, color=COLOURS[i], alpha=0.2, lw=0)
        left.set(title=f"One data set, {share:.0%} outliers", xlabel="x", ylabel="y")
        left.set_ylim(top=float(y.max()) * 1.28)
        left.legend(fontsize=8.5, ncols=3, loc="upper left")
        right.set(
            title="Distance of the fitted to the true line",
            xlabel="outliers (%)",
            ylabel="root mean square, units of y",
            yscale="log",
        )
        right.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        right.yaxis.set_major_formatter("{x:g}")
        right.yaxis.set_minor_locator(NullLocator())
        right.legend(loc="upper left")
        caption(figure, text)
    return figure
