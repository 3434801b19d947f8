"""Figures of the study of activations: shapes, saturation, dying units, and the outcome."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lab.plots.dots import dots
from lab.plots.names import plain
from lab.plots.style import COLOURS, DASHES, caption, plain_ticks, style
from lab.statistics import mean_interval
from lab.study import Record
from studies.activations.claims import SAID
from studies.activations.runs import Activations

MARKS = "osD^vP"


def figures(record: Record[Activations]) -> dict[str, Figure]:
    """With what they show written below."""
    s, dying = record.settings, record.under("dying")
    how = (
        f"Digits, hidden layers of {s.width}, {s.updates:,} updates at batch {s.batch}; {s.seeds} "
        "fresh seeds, mean and 95 % t interval"
    )
    tuned = (
        f"SGD with momentum 0.9, the best of the same {len(s.rates)} rates by validation loss on "
        f"{s.tuning} other seeds"
    )
    initial: dict[str, list[str]] = {}
    for name, initializer in s.activations:
        initial.setdefault(plain(initializer), []).append(plain(name))
    weights = "; ".join(f"{k} for {', '.join(names)}" for k, names in initial.items())
    return {
        "shapes": shapes(
            record["shapes"],
            "The catalogue; slopes by automatic differentiation. “Gradient ×”: what the slope "
            "makes of the root mean square of a gradient where z ~ N(0, 1), √E f′(z)². PReLU as it "
            "begins, with a slope of ¼.",
        ),
        "saturation": saturation(
            record["saturation"],
            f"{how}. {s.saturating_layers} hidden layers, Glorot weights times the scale; {tuned}, "
            "for every scale. Saturated: pairs of unit and example of a batch with a slope below "
            f"{s.saturated:.0%} of the largest.",
        ),
        "dying": deaths(
            {name: dying[name] for name in ("relu", *s.remedies)},
            f"{how}. {s.dying_layers} hidden layers, He weights, no rate tuned. Dead: slope 0 on "
            "every training row. A diverged run has accuracy 0, and the dead units it had then.",
        ),
        "outcome": outcome(
            record.under("outcome"),
            f"{how}; points: seeds; orange: ReLU. {tuned}. Initial weights: {weights}.",
        ),
    }


def shapes(record: xr.Dataset, text: str) -> Figure:
    """A panel per activation: f and f'."""
    names = record.activation.values.tolist()
    rows = len(names) // 5 + 1
    with style():
        figure, grid = plt.subplots(
            rows, 5, figsize=(10.0, 0.6 + 1.8 * rows), sharex=True, sharey=True, squeeze=False,
            layout="constrained",
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
        value, slope = (
            Line2D([], [], color=COLOURS[i], ls="-" if i == 0 else "--", label=label)
            for i, label in enumerate(("value f(z)", "slope f′(z)"))
        )
        grid.flat[-1].legend(handles=[value, slope], loc="center")
        for axes in grid.flat[5 * (rows - 1) : len(names)]:
            axes.set_xlabel("pre-activation z")
        caption(figure, text)
    return figure


def saturation(record: xr.Dataset, text: str) -> Figure:
    """A row per activation: share against scale, share along the training, accuracy."""
    names, scales = record.activation.values.tolist(), record["scale"].values
    with style():
        figure, grid = plt.subplots(
            len(names), 3, figsize=(10.0, 2.9 * len(names) + 0.3), squeeze=False,
            layout="constrained", sharey="col",
        )  # fmt: skip
        for row, name in zip(grid, names):
            one = record.sel(activation=name)
            usual = one.isel(scale=int(np.argmin(np.abs(np.log(scales)))))
            for i, layer in enumerate(record.layer.values.tolist()):
                mine = one.saturated.sel(layer=layer).isel(updates=0).rename(scale="x")
                band(row[0], mine, i, f"layer {layer}")
                along = usual.saturated.sel(layer=layer).transpose("updates", "seed")
                mean, low, high = mean_interval(along.values)
                row[1].plot(along.updates, mean, color=COLOURS[i], ls=DASHES[i], lw=1.5)
                row[1].fill_between(along.updates, low, high, color=COLOURS[i], alpha=0.15, lw=0)
            band(row[2], one.accuracy.rename(scale="x"), 4, "accuracy")
            row[0].set(xscale="log", ylabel="saturated share", ylim=(-0.02, 1.02))
            row[0].set_title(f"{name}: at the start")
            row[1].set(ylabel="saturated share", ylim=(0, None), title=f"{name}: usual scale, 1")
            row[2].set(xscale="log", ylabel="test accuracy", ylim=(0, 1.02))
            row[2].set_title(f"{name}: after training")
            for axes in (row[0], row[2]):
                plain_ticks(axes.xaxis, subs=(1.0, 3.0))
        grid[0][0].legend(fontsize=8.5)
        for axes, label in zip(grid[-1], ("scale of weights", "updates", "scale of weights")):
            axes.set_xlabel(label)
        caption(figure, text)
    return figure


def deaths(parts: Mapping[str, xr.Dataset], text: str) -> Figure:
    """A row per optimizer: dead ReLUs by bias, dead units by activation, accuracy."""
    relu = parts["relu"]
    rules = relu.optimizer.values.tolist()
    with style():
        figure, grid = plt.subplots(
            len(rules), 3, figsize=(10.0, 2.9 * len(rules) + 0.3), squeeze=False,
            layout="constrained", sharex=True,
        )  # fmt: skip
        for row, rule in zip(grid, rules):
            for i, bias in enumerate(relu.bias.values.tolist()):
                one = relu.dead.sel(optimizer=rule, bias=bias, when="end").mean("layer")
                band(row[0], one.rename(learning_rate="x"), i, f"bias {bias:g}")
            for i, (name, part) in enumerate(parts.items()):
                mine = part.sel(optimizer=rule, bias=0.0).rename(learning_rate="x")
                band(row[1], mine.dead.sel(when="end").mean("layer"), i, plain(name))
                band(row[2], mine.accuracy, i, plain(name))
            titles = ("ReLU, by initial bias", "initial bias 0", "initial bias 0")
            for axes, title in zip(row, titles):
                axes.set(xscale="log", ylim=(-0.03, 1.03), title=f"{SAID[rule]}: {title}")
            row[0].set_ylabel("dead share of hidden units")
            row[1].set_ylabel("dead share of hidden units")
            row[2].set_ylabel("validation accuracy")
        for axes in grid[0][:2]:
            axes.legend(fontsize=8.5)
        for axes in grid[-1]:
            axes.set_xlabel("learning rate")
        caption(figure, text)
    return figure


def outcome(parts: Mapping[str, xr.Dataset], text: str) -> Figure:
    """Test error of each activation with its interval, a panel per depth; best on top."""
    names = list(parts)
    depths = parts["relu"].layers.values.tolist()
    with style():
        figure, row = plt.subplots(
            1, len(depths), figsize=(4.8 * len(depths), 0.27 * len(names) + 1.3), squeeze=False,
            layout="constrained",
        )  # fmt: skip
        for axes, depth in zip(row[0], depths):
            wrong = {n: 1 - parts[n].accuracy.sel(layers=depth).values for n in names}
            order = sorted(names, key=lambda n: -wrong[n].mean())
            for y, name in enumerate(order):
                dots(axes, y, 100 * wrong[name], special=name == "relu", least=0.1)
            axes.set_yticks(range(len(order)), [plain(n) for n in order])
            axes.set(xscale="log", xlabel="test error (%)", title=f"{depth} hidden layers")
            plain_ticks(axes.xaxis)
        caption(figure, text)
    return figure


def band(axes: Axes, values: xr.DataArray, i: int, label: str) -> None:
    """Mean over seeds with its 95 % t interval, against the coordinate x."""
    mean, low, high = mean_interval(values.transpose("x", "seed").values)
    look = {"color": COLOURS[i], "ls": DASHES[i]}
    axes.plot(values.x, mean, **look, marker=MARKS[i], ms=3.5, label=label, lw=1.5)
    axes.fill_between(
        values.x, np.maximum(low, 0), np.minimum(high, 1), color=COLOURS[i], alpha=0.15, lw=0
    )
