"""Pictures of regularization: gains with intervals; paths of strengths and weights."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.plots.gain_bars import gain_legend, gain_lines
from lab.plots.style import COLOURS, DASHES, GREY, caption, plain_ticks, style
from lab.statistics.gains import LEVEL
from lab.statistics.intervals import mean_interval
from lab.study import Record
from studies.regularization.claims import held, outcome, tables_of
from studies.regularization.settings import Regularization


def figures(record: Record[Regularization]) -> dict[str, Figure]:
    """With what they show written below."""
    s, found = record.settings, tables_of(record)
    first = next(iter(found))
    along = record[f"{first}_paths"]
    net = (
        f"one layer of {s.width} ReLU, Adam, {s.updates} updates of batch {s.batch}, cosine "
        "schedule"
    )
    sizes = ", ".join(f"{n} {table.training_rows:,} training rows" for n, table in found.items())
    return {
        "ablation": ablation(
            found,
            f"{sizes}; {net}; each row tuned with {len(s.rates)} trials on the validation rows of "
            f"each of {s.seeds} redrawn splits, then {s.runs} fresh seeds on its test rows. Gains "
            "are paired by split (alone, pairs and all: against none; left out or added: against "
            "all); 95 % t intervals over splits. Colours: sign-flip test, corrected by Holm over "
            f"all rows of the data set, {LEVEL:.0%}.",
        ),
        "paths": paths(
            along,
            outcome(found[first])[2],
            f"{first}: {net}, rate fixed. Mean over {s.path_splits} splits, 95 % t interval. "
            "Strength: λ of each method's own formula. Histograms: one split, the strength with "
            "the least validation error; weights beyond ±0.6 are put there; grey: the path of L1 "
            f"at its least strength, {float(along.value[0, 0]):.0e}.",
        ),
    }


def ablation(found: dict[str, xr.Dataset], text: str) -> Figure:
    """A column per data set: gain of every row over the one it is held against."""
    rows = max(table.sizes["row"] for table in found.values()) - 1
    with style():
        figure, panels = plt.subplots(
            1,
            len(found),
            figsize=(5.8 * len(found), 1.6 + 0.25 * rows),
            layout="constrained",
            squeeze=False,
        )
        for axes, (name, table) in zip(panels[0], found.items()):
            _gains(axes, table)
            unit = outcome(table)[2].replace("%", "points of test error")
            axes.set(title=name, xlabel=f"gain, {unit} (to the right: better)")
        panels[0, -1].legend(handles=gain_legend(), fontsize=8.5, title="after Holm's correction")
        caption(figure, text)
    return figure


def _gains(axes: Axes, table: xr.Dataset) -> None:
    """Rows of a kind close together."""
    gains = held(table)
    kinds = table.kind.sel(row=[*gains]).values
    at = np.cumsum([1.0, *np.where(kinds[1:] == kinds[:-1], 1.0, 1.7)]).tolist()
    gain_lines(axes, [*gains.values()], at)
    axes.set_yticks(at, [*gains], fontsize=8.5)
    axes.set_ylim(at[-1] + 0.8, 0.2)


def paths(record: xr.Dataset, unit: str, text: str) -> Figure:
    """Sparsity and error along paths of strengths; histograms of the first layer's weights."""
    bins: Any = np.linspace(-0.6, 0.6, 81)
    with style():
        figure, (left, middle, right) = plt.subplots(
            1, 3, figsize=(12.4, 3.7), layout="constrained"
        )
        for k, name in enumerate(record.path.values.tolist()):
            one = record.sel(path=name)
            x, looks = one.value.values, {"color": COLOURS[k], "ls": DASHES[k], "label": name}
            _line(left, x, 100 * one.zero, looks)
            _line(middle, x, one.error * (100 if unit == "%" else 1), looks)
            pick = int(one.error.mean("split").values.argmin())
            looks["label"] = f"{name}, {x[pick]:.1g}"
            _histogram(right, one.weights[pick], bins, histtype="step", lw=1.4, **looks)
        _histogram(
            right, record.weights[0, 0], bins, color=GREY, alpha=0.6, label="hardly any", zorder=0
        )
        for axes in (left, middle):
            axes.set(xscale="log", xlabel="strength")
        left.set(title="Exact zeros", ylabel="weights of the first layer, %")
        middle.set(title="Validation error", ylabel=f"validation error, {unit}")
        right.set(
            title="Weights at the best strength", xlabel="weight", ylabel="count", yscale="log"
        )
        middle.set_yscale("log")
        plain_ticks(middle.yaxis)
        left.legend(fontsize=8.5)
        right.legend(fontsize=7.5, title="path, strength", title_fontsize=8)
        caption(figure, text)
    return figure


def _histogram(axes: Axes, weights: xr.DataArray, bins: Any, **looks: Any) -> None:
    axes.hist(np.clip(weights.values, bins[0], bins[-1]), bins, **looks)


def _line(axes: Axes, x: np.ndarray, values: xr.DataArray, looks: dict) -> None:
    mean, low, high = mean_interval(values.transpose("strength", "split").values)
    axes.fill_between(x, low, high, color=looks["color"], alpha=0.13, lw=0)
    axes.plot(x, mean, **looks)
