"""Figures of the perceptron: its line as it learns, and its mistakes under their bound."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, DASHES, caption, style
from lab.statistics.shares import share_interval
from lab.study import Record
from studies.perceptron.runs import Perceptron


def figures(record: Record[Perceptron]) -> dict[str, Figure]:
    """With what they show written below."""
    return {"lines": decision_lines(record), "bound": mistake_bound(record)}


def decision_lines(record: Record[Perceptron]) -> Figure:
    """The line Σ w x + b = 0 after each correction, pale to dark, the last one black; and the
    share of random starts that still need corrections, by epoch.
    """
    titles = {
        "path and": "AND: line after each correction",
        "path set": "A random separable set",
        "path xor": "XOR: the line goes round for ever",
    }
    with style():
        figure, grid = plt.subplots(2, 2, figsize=(9.0, 7.4))
        figure.subplots_adjust(hspace=0.32, wspace=0.25, bottom=0.04)
        for axes, (label, title) in zip(grid.ravel(), titles.items()):
            _lines(axes, record[label])
            axes.set(title=title, xlabel="$x_1$", ylabel="$x_2$")
        _unfinished(grid[1, 1], record["gates"].corrections)
        caption(
            figure,
            f"Lines: α = 1, θ = 0, one random start, {record.settings.epochs} epochs; pale first, "
            f"the last in black. Shares: {record.settings.seeds} random starts and orders\nof the "
            "examples, bands 95 % Wilson intervals.",
        )
    return figure


def _lines(axes: Axes, path: xr.Dataset) -> None:
    layers, x, targets = path.layer.values, path.x.values, path.target.values
    layers = layers[np.r_[True, np.abs(np.diff(layers, axis=0)).sum(1) > 0]]
    span = np.ptp(x[:, 0])
    x1 = np.array([x[:, 0].min() - 0.4 * span, x[:, 0].max() + 0.4 * span])
    shades = plt.get_cmap("Blues")(np.linspace(0.2, 0.9, len(layers)))
    for number, ((w1, w2, b), shade) in enumerate(zip(layers, shades), 1):
        last = number == len(layers)
        look = {"color": "black", "lw": 2.2} if last else {"color": shade, "lw": 1.2}
        if abs(w2) > 1e-6:
            axes.plot(x1, -(w1 * x1 + b) / w2, **look)
        elif abs(w1) > 1e-6:
            axes.axvline(-b / w1, **look)
    size = 9 if len(x) < 10 else 4
    for sign, marker, colour in ((1, "o", COLOURS[1]), (-1, "s", "white")):
        axes.plot(
            *x[targets == sign].T, marker, ms=size, mfc=colour, mec="black", ls="none", zorder=5,
            mew=1 if size > 5 else 0.6, label=f"target {sign:+d}".replace("-", "−"),
        )  # fmt: skip
    axes.set(xlim=x1, ylim=(x[:, 1].min() - 0.35 * span, x[:, 1].max() + 0.6 * span))
    axes.legend(
        loc="upper center", ncols=2, fontsize=8.5, handletextpad=0.1, columnspacing=0.8,
        frameon=True, framealpha=0.9, edgecolor="none",
    ).set_zorder(9)  # fmt: skip


def _unfinished(axes: Axes, corrections: xr.DataArray) -> None:
    epochs = corrections.epoch.values
    for i, gate in enumerate(corrections.gate.values.tolist()):
        busy = (corrections.sel(gate=gate) > 0).transpose("epoch", "seed").values
        share, low, high = share_interval(busy)
        axes.plot(epochs, share, ls=DASHES[i], color=COLOURS[i], label=gate)
        axes.fill_between(epochs, low, high, alpha=0.15, lw=0, color=COLOURS[i])
    axes.set(title="Random starts that still need corrections", xlabel="epoch")
    axes.set(ylabel="share of starts", ylim=(-0.03, 1.06), xlim=(1, epochs[-1]))
    axes.legend(loc="center right")


def mistake_bound(record: Record[Perceptron]) -> Figure:
    """Corrections against (R/γ)², a point per random set (log-log); the diagonal is the bound."""
    sets, s = record["sets"], record.settings
    with style():
        figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.7))
        figure.subplots_adjust(wspace=0.3, bottom=0.14)
        bounds = sets.bound.values.ravel()
        left.loglog(bounds, sets.mistakes.values.ravel(), ".", color=COLOURS[0], ms=4, alpha=0.45)
        ends = np.array([bounds.min() / 1.3, bounds.max() * 1.3])
        left.plot(ends, ends, color="black", lw=1.3)
        left.text(
            500, 700, "bound $(R/γ)^2$", rotation=45, rotation_mode="anchor",
            transform_rotates_text=True, ha="center", va="bottom",
        )  # fmt: skip
        left.set(title="A point per data set", xlabel="Novikoff's bound on corrections")
        left.set_ylabel("corrections until none is needed")
        margins = sets.least_margin.values
        low, middle, high = sets.mistakes.quantile([0.05, 0.5, 0.95], "seed").values
        right.fill_between(margins, low, high, color=COLOURS[0], alpha=0.18, lw=0)
        right.loglog(margins, middle, "o-", color=COLOURS[0], ms=4, label="median, 5–95 % range")
        right.loglog(
            margins, sets.bound.median("seed"), "s--", color="black", ms=4, label="bound, median"
        )
        right.set(title="By margin", xlabel="least margin γ", ylabel="corrections")
        right.legend()
        caption(
            figure,
            f"{s.seeds} random sets of {s.points} points in the plane per margin, α = 1, θ = 0, "
            "zero start, run until an epoch makes no correction.",
        )
    return figure
