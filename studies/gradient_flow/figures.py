"""Figures of the study of gradient flow: heat maps of layers and time, region, remedies, layers."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lab.plots.dots import dots
from lab.plots.names import plain
from lab.plots.style import COLOURS, DASHES, caption, style
from lab.statistics import mean_interval
from lab.study import Record
from studies.gradient_flow.claims import SAID
from studies.gradient_flow.runs import GradientFlow

MARKS = "osD^vP*"
DEEPEST, HIGHEST = -6.0, 2.0  # log₁₀ of gradient norms in the maps


def figures(record: Record[GradientFlow]) -> dict[str, Figure]:
    """With what they show written below."""
    s, flows = record.settings, record.under("flow")
    watched = (
        f"{s.layers} hidden layers of {s.width} and the output, but for “4 layers”; Glorot but "
        "where another initializer is named; SGD with momentum 0.9 at rate "
        f"{s.watched:g}, batch {s.batch}"
    )
    return {
        "heat": heat(
            flows, f"Digits, {watched}; norm over all parameters of a layer, mean of its logarithm "
            f"over {s.seeds} seeds. White: no such layer, or a seed diverged.",
        ),
        "region": region(
            record["region"], f"Digits, sigmoid nets of width {s.region_width}, SGD with momentum "
            f"0.9, {s.short} updates at batch {s.batch}; mean of {s.seeds} seeds, and on the right "
            "the best of all rates by that mean. A diverged run has 0.",
        ),
        "remedies": remedies(
            record["stalled"], record.under("remedies"), f"Digits, {s.layers} sigmoid layers of "
            f"{s.width} under Glorot but for what is named (fewer: 2), {s.updates} updates at "
            f"batch {s.batch}; {s.seeds} fresh seeds, mean and 95 % t interval, points: seeds; "
            "dotted: chance. Above the line (orange) the best of all "
            f"{len(s.rules[0][1])} rates on these seeds, which flatters; below the best by "
            f"validation loss on {s.tuning} others.",
        ),
        "layers": layers(
            flows["sigmoid"], f"Digits, sigmoid; {watched}. Geometric mean over {s.seeds} seeds "
            "and 95 % t interval.",
        ),
    }  # fmt: skip


def heat(flows: Mapping[str, xr.Dataset], text: str) -> Figure:
    """log₁₀ of each layer's gradient norm against time; a row per activation, a column per net."""
    views = next(iter(flows.values())).view.values.tolist()
    with style():
        figure, grid = plt.subplots(
            len(flows), len(views), figsize=(1.6 + 1.45 * len(views), 0.8 + 1.75 * len(flows)),
            squeeze=False, sharex=True, sharey=True, layout="constrained",
        )  # fmt: skip
        image: Any = None
        shade = plt.get_cmap("cividis").with_extremes(bad="white")
        for row, (activation, part) in zip(grid, flows.items()):
            for axes, view in zip(row, views):
                norms = part.gradient.sel(view=view).transpose("seed", "layer", "updates").values
                # a mean of logarithms: of 0, what is lowest in the map
                shown = np.log10(np.maximum(norms, 10.0 ** (DEEPEST - 1))).mean(0)
                image = axes.pcolormesh(
                    part.updates.values, part.layer.values, shown, shading="nearest", cmap=shade,
                    vmin=DEEPEST, vmax=HIGHEST, rasterized=True,
                )  # fmt: skip
                axes.grid(visible=False)
            row[0].set_ylabel(f"{plain(activation)}\nlayer")
            row[0].set_yticks(part.layer.values[::3])
        for axes, view in zip(grid[0], views):
            axes.set_title(plain(view), fontsize=9.5, loc="center")
        figure.supxlabel("update", fontsize=9.5)
        figure.colorbar(
            image, ax=grid, aspect=25, shrink=0.8, extend="both", label="log₁₀ of gradient norm"
        )
        caption(figure, text)
    return figure


def region(part: xr.Dataset, text: str) -> Figure:
    """Mean accuracy: depth × rate at the usual scale and at 4 times; depth × scale, best rate."""
    scales, rates = part.init_scale.values, part.learning_rate.values
    mean = part.accuracy.mean("seed").transpose("layers", "init_scale", "learning_rate")
    wide = float(scales[int(np.argmin(np.abs(np.log(scales / 4))))])
    panels = [
        ("Glorot", mean.sel(init_scale=1.0), rates, "learning rate"),
        (f"Glorot × {wide:g}", mean.sel(init_scale=wide), rates, "learning rate"),
        ("best of all rates", mean.max("learning_rate"), scales, "scale of Glorot's weights"),
    ]
    depths = part.layers.values
    with style():
        figure, row = plt.subplots(1, 3, figsize=(10.4, 3.3), layout="constrained", sharey=True)
        image: Any = None
        for axes, (title, values, across, label) in zip(row, panels):
            image = axes.imshow(
                100 * values.values, origin="lower", aspect="auto", cmap="cividis", vmin=0, vmax=100
            )
            for (i, j), value in np.ndenumerate(100 * values.values):
                axes.text(j, i, f"{value:.0f}", ha="center", va="center", fontsize=8.5,
                          color="black" if value > 55 else "white")  # fmt: skip
            axes.set_xticks(range(len(across)), [f"{x:.2g}" for x in across])
            axes.set(title=title, xlabel=label)
            axes.grid(visible=False)
        row[0].set_yticks(range(len(depths)), [str(d) for d in depths])
        row[0].set_ylabel("hidden layers")
        figure.colorbar(image, ax=row, label="validation accuracy, %")
        caption(figure, text)
    return figure


def remedies(stalled: xr.Dataset, parts: Mapping[str, xr.Dataset], text: str) -> Figure:
    """Accuracy of the stalled net, of other initial weights, and of each remedy; by optimizer."""
    rules = stalled.optimizer.values.tolist()
    names = stalled.initializer.values.tolist()
    labels = [f"{plain(n)}, best rate" for n in names] + list(parts)
    with style():
        figure, row = plt.subplots(
            1, len(rules), figsize=(1.8 + 4.0 * len(rules), 0.9 + 0.32 * len(labels)),
            squeeze=False, sharey=True, layout="constrained",
        )  # fmt: skip
        for axes, rule in zip(row[0], rules):
            own = stalled.accuracy.sel(optimizer=rule)
            best = own.mean("seed").argmax("rate")
            rows = [own.sel(initializer=n).isel(rate=int(best.sel(initializer=n))) for n in names]
            rows += [part.accuracy.sel(optimizer=rule) for part in parts.values()]
            for i, found in enumerate(rows):
                y = len(rows) - 1 - i
                dots(axes, y, 100 * found.values, special=i < len(names), size=5)
            axes.axvline(10, color="black", lw=0.9, ls=":")
            axes.axhline(len(parts) - 0.5, color="#999999", lw=0.8)
            axes.set(title=SAID[rule], xlabel="test accuracy, %", xlim=(0, 102))
        row[0][0].set_yticks(range(len(labels)), labels[::-1])
        caption(figure, text)
    return figure


def layers(part: xr.Dataset, text: str) -> Figure:
    """Left: gradient norm by layer at the start; right: relative change of weights at the end."""
    with style():
        figure, row = plt.subplots(1, 2, figsize=(10.0, 3.9), layout="constrained", sharex=True)
        panels = (("gradient", 0, "norm of the gradient"), ("change", -1, "relative change"))
        for axes, (what, at, label) in zip(row, panels):
            for i, view in enumerate(part.view.values.tolist()):
                values = (
                    part[what].sel(view=view).isel(updates=at).transpose("layer", "seed").values
                )
                there = np.isfinite(values).all(-1) & (values > 0).all(-1)
                x = part.layer.values[there]
                mean, low, high = (10**v for v in mean_interval(np.log10(values[there])))
                axes.plot(x, mean, color=COLOURS[i], ls=DASHES[i], marker=MARKS[i], ms=4, lw=1.4,
                          label=plain(view))  # fmt: skip
                axes.fill_between(x, low, high, color=COLOURS[i], alpha=0.18, lw=0)
            axes.set(yscale="log", xlabel="layer (the last is the output)", ylabel=label)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        row[0].set_title("before training")
        row[1].set_title(f"after {int(part.updates[-1])} updates")
        handles, names = row[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside right center", fontsize=8.5)
        caption(figure, text)
    return figure
