"""Figures of the study of activations: shapes, saturation, dying units, and the outcome."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lab import statistics
from lab.plots.style import COLOURS, DASHES, caption, plain_ticks, style

MARKS = "osD^vP"
SPELT = {
    "hard_sigmoid": "hard sigmoid", "relu": "ReLU", "leaky_relu": "leaky ReLU", "prelu": "PReLU",
    "elu": "ELU", "selu": "SELU", "gelu": "GELU",
}  # fmt: skip


def plain(name: str) -> str:
    """A name for people."""
    return SPELT.get(name, name)


def shapes(record: xr.Dataset, text: str) -> Figure:
    """A panel per activation: f and f'."""
    names = record.activation.values.tolist()
    with style():
        figure, grid = plt.subplots(
            len(names) // 5 + 1, 5, figsize=(10.0, 0.6 + 1.8 * (len(names) // 5 + 1)),
            sharex=True, sharey=True, squeeze=False, layout="constrained",
        )  # fmt: skip
        for axes, name in zip(grid.flat, names):
            one = record.sel(activation=name)
            axes.axhline(0, color="#999999", lw=0.7)
            axes.axvline(0, color="#999999", lw=0.7)
            axes.plot(one.x, one.value, color=COLOURS[0])
            axes.plot(one.x, one.slope, color=COLOURS[1], ls="--", lw=1.4)
            axes.set(title=plain(name), ylim=(-1.9, 2.6), xlim=(-4, 4), xticks=[-4, -2, 0, 2, 4])
            axes.text(
                0.04, 0.95, f"gradient ×{float(one.factor):.2f}", transform=axes.transAxes,
                va="top", fontsize=8, color="#444444",
            )  # fmt: skip
        for axes in grid.flat[len(names) :]:
            axes.axis("off")
        grid.flat[-1].legend(
            handles=[
                Line2D([], [], color=COLOURS[0], label="value f(z)"),
                Line2D([], [], color=COLOURS[1], ls="--", label="slope f′(z)"),
            ],
            loc="center",
        )
        for axes in grid.flat[5 * (len(grid) - 1) : len(names)]:
            axes.set_xlabel("pre-activation z")
        caption(figure, text)
    return figure


def band(axes: Axes, x, values: np.ndarray, i: int, label: str) -> None:
    """Mean over the last axis with its 95 % t interval."""
    mean, low, high = statistics.mean_interval(values)
    axes.plot(x, mean, color=COLOURS[i], ls=DASHES[i], marker=MARKS[i], ms=3.5, label=label, lw=1.5)
    axes.fill_between(
        x, np.maximum(low, 0), np.minimum(high, 1), color=COLOURS[i], alpha=0.15, lw=0
    )


def saturation(record: xr.Dataset, text: str) -> Figure:
    """A row per activation: share against scale, share along the training, accuracy."""
    names = record.activation.values.tolist()
    layers = record.layer.values.tolist()
    scales = record["scale"].values
    with style():
        figure, grid = plt.subplots(
            len(names), 3, figsize=(10.0, 2.9 * len(names) + 0.3), squeeze=False,
            layout="constrained", sharey="col",
        )  # fmt: skip
        for row, name in zip(grid, names):
            one = record.sel(activation=name)
            usual = one.isel(scale=int(np.argmin(np.abs(np.log(scales)))))
            for i, layer in enumerate(layers):
                mine = one.saturated.sel(layer=layer).isel(updates=0).transpose("scale", "seed")
                band(row[0], scales, mine.values, i, f"layer {layer}")
                along = usual.saturated.sel(layer=layer).transpose("updates", "seed")
                mean, low, high = statistics.mean_interval(along.values)
                row[1].plot(along.updates, mean, color=COLOURS[i], ls=DASHES[i], lw=1.5)
                row[1].fill_between(along.updates, low, high, color=COLOURS[i], alpha=0.15, lw=0)
            band(row[2], scales, one.accuracy.transpose("scale", "seed").values, 4, "accuracy")
            row[0].set(xscale="log", ylabel="saturated share", ylim=(-0.02, 1.02))
            row[0].set_title(f"{name}: at the start")
            row[1].set(ylabel="saturated share", ylim=(0, None), title=f"{name}: usual scale, 1")
            row[2].set(xscale="log", ylabel="test accuracy", ylim=(0, 1.02))
            row[2].set_title(f"{name}: after training")
            plain_ticks(row[0].xaxis, subs=(1.0, 3.0))
            plain_ticks(row[2].xaxis, subs=(1.0, 3.0))
        grid[0][0].legend(fontsize=8.5)
        for axes, label in zip(grid[-1], ("scale of weights", "updates", "scale of weights")):
            axes.set_xlabel(label)
        caption(figure, text)
    return figure


def dying(parts: Mapping[str, xr.Dataset], text: str) -> Figure:
    """A row per optimizer: dead ReLUs by bias, dead units by activation, accuracy."""
    relu = parts["relu"]
    rules = relu.optimizer.values.tolist()
    spelt = {"sgd": "SGD", "adam": "Adam"}
    with style():
        figure, grid = plt.subplots(
            len(rules), 3, figsize=(10.0, 2.9 * len(rules) + 0.3), squeeze=False,
            layout="constrained", sharex=True,
        )  # fmt: skip
        for row, rule in zip(grid, rules):
            for i, bias in enumerate(relu.bias.values.tolist()):
                one = relu.sel(optimizer=rule, bias=bias, when="end").dead.mean("layer")
                band(
                    row[0],
                    relu.learning_rate,
                    one.transpose("learning_rate", "seed").values,
                    i,
                    f"bias {bias:g}",
                )
            for i, (name, part) in enumerate(parts.items()):
                mine = part.sel(optimizer=rule, bias=0.0)
                dead = mine.dead.sel(when="end").mean("layer")
                for axes, shown in ((row[1], dead), (row[2], mine.accuracy)):
                    values = shown.transpose("learning_rate", "seed").values
                    band(axes, mine.learning_rate, values, i, plain(name))
            titles = ("ReLU, by initial bias", "initial bias 0", "initial bias 0")
            for axes, title in zip(row, titles):
                axes.set(xscale="log", ylim=(-0.03, 1.03), title=f"{spelt[rule]}: {title}")
            row[0].set_ylabel("dead share of hidden units")
            row[1].set_ylabel("dead share of hidden units")
            row[2].set_ylabel("validation accuracy")
        grid[0][0].legend(fontsize=8.5)
        grid[0][1].legend(fontsize=8.5)
        for axes in grid[-1]:
            axes.set_xlabel("learning rate")
        caption(figure, text)
    return figure


def outcome(parts: Mapping[str, xr.Dataset], text: str) -> Figure:
    """Test error of each activation with its interval, a panel per depth; best on top."""
    names, one = list(parts), next(iter(parts.values()))
    depths = one.layers.values.tolist()
    with style():
        figure, row = plt.subplots(
            1,
            len(depths),
            figsize=(4.8 * len(depths), 0.27 * len(names) + 1.3),
            squeeze=False,
            layout="constrained",
        )
        for axes, depth in zip(row[0], depths):
            wrong = {n: 1 - parts[n].accuracy.sel(layers=depth).values for n in names}
            order = sorted(names, key=lambda n: -wrong[n].mean())
            for y, name in enumerate(order):
                mean, low, high = statistics.mean_interval(100 * wrong[name])
                axes.plot(
                    100 * wrong[name], np.full(wrong[name].size, y), ".", color="#999999", ms=3,
                    alpha=0.6,
                )  # fmt: skip
                axes.errorbar(
                    mean, y, xerr=[[mean - max(low, 0.1)], [high - mean]], fmt="o", ms=4.5,
                    color=COLOURS[1] if name == "relu" else COLOURS[0], capsize=2.5, lw=1.4,
                )  # fmt: skip
            axes.set_yticks(range(len(order)), [plain(n) for n in order])
            axes.set(xscale="log", xlabel="test error (%)", title=f"{depth} hidden layers")
            plain_ticks(axes.xaxis)
        caption(figure, text)
    return figure
