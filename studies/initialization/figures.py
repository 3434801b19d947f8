"""Figures of the study of initialization: distributions and profiles by layer, depth, outcome."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from lab.plots.dots import dots
from lab.plots.names import plain
from lab.plots.style import COLOURS, DASHES, caption, plain_ticks, style
from lab.statistics import mean_interval
from lab.study import Record
from studies.initialization.claims import MATCHED, spread
from studies.initialization.runs import Initialization
from studies.initialization.signal import edges

MARKS = "osD^vP*Xph"
LINES = (*COLOURS, "#777777", "#8C510A")
FLOOR, CEILING = 1e-12, 1e12  # of root mean squares in the figure


def figures(record: Record[Initialization]) -> dict[str, Figure]:
    """With what they show written below."""
    s, start = record.settings, record["start"]
    before = (
        f"Digits, {s.start_rows} rows, {s.layers} hidden layers of {s.start_width}, biases 0, no "
        f"training; {s.seeds} initial networks"
    )
    matched = "; ".join(f"{plain(i)} for {plain(a)}" for a, i in MATCHED.items())
    return {
        "outputs": distributions(
            start, "output", f"{before}, shares averaged. Framed: the initializer made for the "
            f"activation ({matched}). ReLU on a log scale, with 0 in the lowest bin.",
        ),
        "gradients": distributions(
            start, "gradient", f"{before}, shares averaged; gradient of each weight of a hidden "
            "layer's kernel, with 0 in the lowest bin.",
        ),
        "profiles": profiles(
            start, f"{before}: mean and 95 % t interval. Cut at 10⁻¹² and 10¹²: what lies on the "
            "lower edge is 0 or less than that.",
        ),
        "depth": depth(
            record["depth"], "ReLU, no biases, one Gaussian input per network, "
            f"{s.deep_nets} networks. Left: mean, 95 % t interval, and 12 networks thin. Right: "
            "standard deviation of log moments, 95 % BCa interval.",
        ),
        "outcome": outcome(
            record.under("outcome"), f"Digits, {s.layers} hidden layers of {s.width}, SGD with "
            f"momentum 0.9, {s.updates} updates at batch {s.batch}, the best of {len(s.rates)} "
            f"rates by validation loss on {s.tuning} other seeds for each; {s.seeds} fresh seeds: "
            "points, mean, 95 % t interval. Orange: made for the activation; dotted: chance. "
            "A diverged run counts as 0 % correct.",
        ),
    }  # fmt: skip


def distributions(record: xr.Dataset, what: str, text: str) -> Figure:
    """A row per activation, a column per initializer: shares of `output` or `gradient` by layer."""
    activations, names = record.activation.values.tolist(), record.initializer.values.tolist()
    layers, bins = record.sizes["layer"], record.sizes["bin"]
    with style():
        figure, grid = plt.subplots(
            len(activations), len(names), squeeze=False, sharex=True, sharey="row",
            figsize=(1.6 + 1.05 * len(names), 0.7 + 1.75 * len(activations)), layout="constrained",
        )  # fmt: skip
        image: Any = None
        label = {"output": "output", "gradient": "|∂L/∂w|"}[what]
        shade = plt.get_cmap("cividis_r").with_extremes(under="white")
        for row, activation in zip(grid, activations):
            along = edges("gradient" if what == "gradient" else activation, bins)
            for axes, name in zip(row, names):
                shares = record[what].sel(activation=activation, initializer=name)
                image = axes.pcolormesh(
                    np.arange(layers + 1) + 0.5, along, np.maximum(shares.values.T, 1e-9),
                    norm=LogNorm(1e-3, 1), cmap=shade, rasterized=True,
                )  # fmt: skip
                axes.grid(visible=False)
                if what == "gradient" or activation == "relu":
                    axes.set_yscale("log")
                    axes.yaxis.set_major_locator(LogLocator(numticks=6))
                    axes.yaxis.set_minor_locator(NullLocator())
                if name == MATCHED[activation]:
                    axes.spines[:].set(visible=True, color=COLOURS[1], linewidth=2)
            row[0].set_ylabel(f"{plain(activation)}\n{label}")
        for axes, name in zip(grid[0], names):
            axes.set_title(plain(name), fontsize=9, loc="center")
        for axes in grid[-1]:
            axes.set_xticks(sorted({1, (layers + 1) // 2, layers}))
        figure.supxlabel("hidden layer", fontsize=9.5)
        figure.colorbar(image, ax=grid, aspect=25, shrink=0.8, extend="min", label="share per bin")
        caption(figure, text)
    return figure


def profiles(record: xr.Dataset, text: str) -> Figure:
    """Root mean square of outputs (above) and gradients (below) against the layer, log scale."""
    activations, names = record.activation.values.tolist(), record.initializer.values.tolist()
    with style():
        figure, grid = plt.subplots(
            2, len(activations), figsize=(1.4 + 3.2 * len(activations), 5.6), squeeze=False,
            layout="constrained", sharex=True, sharey="row",
        )  # fmt: skip
        for column, activation in zip(grid.T, activations):
            for axes, what in zip(column, ("output_rms", "gradient_rms")):
                for i, name in enumerate(names):
                    values = record[what].sel(activation=activation, initializer=name)
                    found = mean_interval(values.transpose("layer", "seed").values)
                    mean, low, high = (np.clip(v, FLOOR, CEILING) for v in found)
                    axes.plot(
                        record.layer, mean, color=LINES[i], ls=DASHES[i % len(DASHES)],
                        marker=MARKS[i], ms=4, lw=1.3, label=plain(name),
                    )  # fmt: skip
                    axes.fill_between(record.layer, low, high, color=LINES[i], alpha=0.2, lw=0)
                axes.set(yscale="log")
            column[0].set_title(plain(activation))
            column[1].set_xlabel("hidden layer")
        grid[0, 0].set_ylabel("output, root mean square")
        grid[1, 0].set_ylabel("gradient, root mean square")
        handles, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right center", fontsize=8.5)
        caption(figure, text)
    return figure


def depth(record: xr.Dataset, text: str) -> Figure:
    """Left: second moment by layer at the largest width; right: spread of its log by width."""
    widths, layers = record.width.values, record.layer.values
    dashed: dict[str, Any] = {"color": "black", "ls": (0, (2, 2))}
    rows = (
        ("he_normal", "He, 2/fan_in", np.ones(len(layers)), "1"),
        ("lecun_normal", "1/fan_in", 2.0**-layers, "2$^{-L}$"),
    )
    with style():
        figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.8), layout="constrained")
        for i, (name, label, theory, said) in enumerate(rows):
            one = record.moment.sel(initializer=name, width=widths[-1])
            values = one.transpose("layer", "seed").values
            mean, low, high = mean_interval(values)
            left.plot(layers, values[:, :12], color=COLOURS[i], lw=0.4, alpha=0.5)
            left.fill_between(layers, np.maximum(low, 1e-30), high, color=COLOURS[i], alpha=0.3)
            left.plot(layers, mean, color=COLOURS[i], label=f"{label}: mean")
            left.plot(layers, theory, **dashed, lw=1.2, label=said)
        left.set(yscale="log", xlabel="layer L", ylabel="second moment, times the input's")
        left.set_title(f"width {widths[-1]}")
        left.legend(fontsize=8.5)
        last = record.moment.sel(initializer="he_normal").isel(layer=-1)
        mean, low, high = spread(last.transpose("width", "seed").values)
        right.errorbar(
            widths, mean, yerr=[mean - low, high - mean], fmt="o", color=COLOURS[0], capsize=3,
            label="He",
        )  # fmt: skip
        right.plot(widths, np.sqrt(5 * layers[-1] / widths), **dashed, label=r"$\sqrt{5L/n}$")
        right.set(xscale="log", yscale="log", xlabel="width n")
        right.set_ylabel(f"spread of the log at layer {layers[-1]}")
        right.set_xticks(widths, [str(n) for n in widths])
        right.xaxis.set_minor_locator(NullLocator())
        plain_ticks(right.yaxis)
        right.legend(fontsize=8.5)
        caption(figure, text)
    return figure


def outcome(parts: Mapping[str, xr.Dataset], text: str) -> Figure:
    """Test accuracy from each initializer with its interval and seeds; a panel per activation."""
    names = next(iter(parts.values())).initializer.values.tolist()
    with style():
        figure, row = plt.subplots(
            1, len(parts), figsize=(1.4 + 3.0 * len(parts), 0.9 + 0.28 * len(names)),
            squeeze=False, sharey=True, layout="constrained",
        )  # fmt: skip
        for axes, (activation, part) in zip(row[0], parts.items()):
            for y, name in enumerate(reversed(names)):
                values = 100 * part.accuracy.sel(initializer=name).values
                dots(axes, y, values, special=name == MATCHED[activation])
            axes.axvline(10, color="black", lw=0.9, ls=":")
            axes.set(title=plain(activation), xlabel="test accuracy, %", xlim=(0, 102))
        row[0][0].set_yticks(range(len(names)), [plain(n) for n in reversed(names)])
        caption(figure, text)
    return figure
