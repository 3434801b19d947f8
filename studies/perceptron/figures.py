"""Figures of the perceptron: its line as it learns, and its mistakes under their bound."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from lab.plots.style import COLOURS, DASHES, caption, style


def decision_lines(paths: Mapping[str, xr.Dataset], corrections: xr.DataArray, text: str) -> Figure:
    """The line Σ w x + b = 0 after each correction, pale to dark, the last one black; and the
    share of random starts that still need corrections, by epoch.

    Args:
      paths: By title, at most three: `layer` (shown, 3), weights and bias before the first
        example and after each one, `x` (row, input) and `target` (row).
      corrections: (gate, seed, epoch) made in each epoch.
      text: The caption.
    """
    with style():
        figure, grid = plt.subplots(2, 2, figsize=(9.0, 7.4))
        figure.subplots_adjust(hspace=0.32, wspace=0.25, bottom=0.04)
        for axes, (title, path) in zip(grid.ravel(), paths.items()):
            _lines(axes, path)
            axes.set(title=title, xlabel="$x_1$", ylabel="$x_2$")
        _unfinished(grid[1, 1], corrections)
        caption(figure, text)
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
    epochs, count = corrections.epoch.values, corrections.sizes["seed"]
    for i, gate in enumerate(corrections.gate.values.tolist()):
        busy = (corrections.sel(gate=gate) > 0).sum("seed").values
        limits = [stats.binomtest(int(k), count).proportion_ci(method="wilson") for k in busy]
        axes.plot(epochs, busy / count, ls=DASHES[i], color=COLOURS[i], label=gate)
        axes.fill_between(
            epochs, [c.low for c in limits], [c.high for c in limits], alpha=0.15, lw=0,
            color=COLOURS[i],
        )  # fmt: skip
    axes.set(
        title="Random starts that still need corrections",
        xlabel="epoch",
        ylabel="share of starts",
        ylim=(-0.03, 1.06),
        xlim=(1, epochs[-1]),
    )
    axes.legend(loc="center right")


def mistake_bound(sets: xr.Dataset, text: str) -> Figure:
    """Corrections against (R/γ)², a point per random set (log-log); the diagonal is the bound.

    Args:
      sets: `mistakes`, `bound` and `margin`, each (least_margin, seed).
      text: The caption.
    """
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
        left.set(
            title="A point per data set",
            xlabel="Novikoff's bound on corrections",
            ylabel="corrections until none is needed",
        )
        margins = sets.least_margin.values
        low, middle, high = sets.mistakes.quantile([0.05, 0.5, 0.95], "seed").values
        right.fill_between(margins, low, high, color=COLOURS[0], alpha=0.18, lw=0)
        right.loglog(margins, middle, "o-", color=COLOURS[0], ms=4, label="median, 5–95 % range")
        right.loglog(
            margins, sets.bound.median("seed"), "s--", color="black", ms=4, label="bound, median"
        )
        right.set(title="By margin", xlabel="least margin γ", ylabel="corrections")
        right.legend()
        caption(figure, text)
    return figure
