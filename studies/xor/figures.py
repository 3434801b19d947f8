"""Figures of XOR by small networks: success rates, time to success, decision boundaries."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from lab.plots.style import COLOURS, DASHES, caption, label_ends, style


def success_rates(
    rates: xr.DataArray, solved: xr.DataArray, colours: Mapping[str, int], text: str
) -> Figure:
    """Success rate with its interval by architecture, and the share solved by each update.

    Args:
      rates: (architecture, optimizer, limit), limit being `low`, `estimate`, `high`.
      solved: (architecture, updates), share of seeds solved by then, under one optimizer.
      colours: Number of each architecture's colour and dash.
      text: The caption.
    """
    names, optimizers = rates.architecture.values.tolist(), rates.optimizer.values.tolist()
    with style():
        figure, (left, right) = plt.subplots(1, 2, figsize=(10.4, 3.8), width_ratios=(1, 1.1))
        figure.subplots_adjust(wspace=0.25, bottom=0.15)
        for i, optimizer in enumerate(optimizers):
            low, middle, high = (
                rates.sel(optimizer=optimizer, limit=limit).values
                for limit in ("low", "estimate", "high")
            )
            at = np.arange(len(names)) + 0.16 * (2 * i - 1)
            left.errorbar(
                middle, at, xerr=[middle - low, high - middle], fmt="os"[i % 2], ms=5.5, lw=1.4,
                color=("black", COLOURS[1])[i % 2], label=optimizer,
                mfc=("black", "white")[i % 2],
            )  # fmt: skip
        left.set_yticks(range(len(names)), names)
        left.invert_yaxis()
        left.set(title="Seeds that solve XOR", xlabel="share of seeds", xlim=(0, 1.03))
        left.legend(loc="lower left")
        for name in names:
            number = colours[name]
            right.plot(
                solved.updates,
                solved.sel(architecture=name),
                color=COLOURS[number],
                ls=DASHES[number],
            )
        right.set(
            title=f"Solved by then, {optimizers[0]}",
            xlabel="updates",
            ylabel="share of seeds",
            ylim=(-0.02, 1.03),
            xscale="log",
        )
        right.set_xlim(float(solved.updates[0]), float(solved.updates[-1]))
        right.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        right.xaxis.set_major_formatter("{x:g}")
        right.xaxis.set_minor_locator(NullLocator())
        figure.canvas.draw()
        label_ends(
            right,
            [
                (
                    float(solved.updates[-1]),
                    float(solved.sel(architecture=name)[-1]),
                    name,
                    COLOURS[colours[name]],
                )
                for name in names
            ],
        )
        caption(figure, text)
    return figure


def boundaries(surfaces: xr.Dataset, text: str) -> Figure:
    """Probability of class 1 over the square; the first seed that solves XOR, the first that not.

    Args:
      surfaces: `probability` (architecture, solved, x2, x1) with coordinates `x1` and `x2`, NaN
        where no seed fits, and `seed` (architecture, solved).
      text: The caption.
    """
    names = surfaces.architecture.values.tolist()
    with style():
        figure, grid = plt.subplots(
            2, len(names), figsize=(1.95 * len(names), 4.3), sharex=True, sharey=True, squeeze=False
        )
        figure.subplots_adjust(wspace=0.08, hspace=0.2, bottom=0.08)
        for row, solved in zip(grid, (True, False)):
            for axes, name in zip(row, names):
                _surface(axes, surfaces.sel(architecture=name, solved=solved))
                if solved:
                    axes.set_title(name, fontsize=9.5)
            row[0].set_ylabel(("solved" if solved else "not solved") + "\n$x_2$")
        for axes in grid[1]:
            axes.set_xlabel("$x_1$")
        caption(figure, text)
    return figure


def _surface(axes: Axes, surface: xr.Dataset) -> None:
    x1, x2, p = surface.x1.values, surface.x2.values, surface.probability.values
    axes.grid(visible=False)
    axes.set(xticks=(0, 1), yticks=(0, 1), aspect="equal", xlim=(x1[0], x1[-1]))
    axes.set_ylim(x2[0], x2[-1])
    if np.isnan(p).any():
        axes.text(0.5, 0.5, "no such\nseed", ha="center", va="center", color="#666666")
        return
    axes.contourf(x1, x2, p, levels=np.linspace(0, 1, 9), cmap="PuOr_r", alpha=0.85)
    if p.min() < 0.5 < p.max():
        axes.contour(x1, x2, p, levels=[0.5], colors="black", linewidths=1.5)
    axes.plot([0, 1], [1, 0], "o", ms=7, mfc=COLOURS[1], mec="black")
    axes.plot([0, 1], [0, 1], "s", ms=7, mfc="white", mec="black")
    axes.text(
        0.96, 0.04, f"seed {int(surface.seed)}", ha="right", va="bottom", fontsize=7.5,
        transform=axes.transAxes,
        bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.2},
    )  # fmt: skip
