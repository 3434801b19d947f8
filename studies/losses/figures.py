"""Figures of losses: values and slopes, and lines fitted through outliers."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from lab.plots.style import COLOURS, DASHES, caption, style
from lab.statistics import mean_interval
from lab.study import Record
from studies.losses.runs import Losses

SHOWN = 0.2  # share of outliers of the data set that is drawn


def figures(record: Record[Losses]) -> dict[str, Figure]:
    """With what they show written below."""
    return {"shapes": loss_shapes(record), "outliers": outlier_lines(record)}


def loss_shapes(record: Record[Losses]) -> Figure:
    """Values above, slopes below; left over the error, right over the logit of a positive."""
    shapes = record["shapes"]
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
        caption(
            figure,
            f"Single examples; Huber with δ = {record.settings.delta:g}. Slopes by automatic "
            "differentiation; the sub-gradient of MAE at 0 is 0.",
        )
    return figure


def _curves(axes: Axes, curves: xr.DataArray, dim: str, first: int) -> None:
    for i, name in enumerate(curves[f"loss_of_{dim}"].values.tolist()):
        curve = curves.sel({f"loss_of_{dim}": name})
        axes.plot(curves[dim], curve, color=COLOURS[first + i], ls=DASHES[i], label=name)


def outlier_lines(record: Record[Losses]) -> Figure:
    """One data set with its three fitted lines, and the distance to the truth by outliers."""
    lines, s = record["lines"], record.settings
    share = SHOWN if SHOWN in lines.share else float(lines.share[-1])
    names = lines.loss.values.tolist()
    with style():
        figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.9))
        figure.subplots_adjust(wspace=0.22, bottom=0.14)
        x, y, outlier = lines.shown.sel(share=share).values
        left.plot(x[outlier == 0], y[outlier == 0], "o", ms=4, mfc="white", mec="#666666")
        shifted = x[outlier == 1], y[outlier == 1]
        left.plot(*shifted, "x", ms=6, color="#666666", label="shifted rows")
        ends = np.array([0.0, 2.0])
        left.plot(
            ends, s.line[0] + s.line[1] * ends, color="black", lw=3, alpha=0.25, label="truth"
        )
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
        right.set(title="Distance of the fitted to the true line", xlabel="outliers (%)")
        right.set(ylabel="root mean square, units of y", yscale="log")
        right.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        right.yaxis.set_major_formatter("{x:g}")
        right.yaxis.set_minor_locator(NullLocator())
        right.legend(loc="upper left")
        caption(
            figure,
            f"{s.seeds} data sets of {s.rows} rows: y = 1 + 2x + noise of σ = {s.noise:g}; "
            f"outliers shifted by +{s.shift:g}. Huber with δ = {s.delta:g}.\n{s.steps:,} updates "
            "of Adam on all rows. Right: mean over data sets, 95 % t interval.",
        )
    return figure
