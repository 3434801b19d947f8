"""Pictures of regularization: gains with intervals; paths of strengths and weights."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lab.plots.style import COLOURS, DASHES, GREY, caption, plain_ticks, style
from lab.statistics.intervals import mean_interval
from studies.regularization.verdict import Gain

LOOKS = {"helps": (COLOURS[0], "o"), "hurts": (COLOURS[1], "s"), "not told apart": (GREY, "D")}


def ablation(found: Mapping[str, Sequence[Gain]], unit: Mapping[str, str], text: str) -> Figure:
    """A column per data set: gain of every row over the one it is held against.

    Args:
      found: By data set.
      unit: Of the gains.
      text: The caption.
    """
    rows = max(len(gains) for gains in found.values())
    with style():
        figure, panels = plt.subplots(
            1,
            len(found),
            figsize=(5.8 * len(found), 1.6 + 0.25 * rows),
            layout="constrained",
            squeeze=False,
        )
        for axes, (name, gains) in zip(panels[0], found.items()):
            _gains(axes, gains)
            axes.set(title=name, xlabel=f"gain, {unit[name]} (to the right: better)")
        handles = [
            Line2D([], [], ls="", marker=marker, color=colour, mec="black", label=what)
            for what, (colour, marker) in LOOKS.items()
        ]
        panels[0, -1].legend(handles=handles, fontsize=8.5, title="after Holm's correction")
        caption(figure, text)
    return figure


def _gains(axes: Axes, gains: Sequence[Gain]) -> None:
    at, labels, place = [], [], 0.0
    before = gains[0].kind
    for one in gains:
        place += 1.0 if one.kind == before else 1.7
        before = one.kind
        colour, marker = LOOKS[one.verdict]
        low, high = one.gain.estimate - one.gain.low, one.gain.high - one.gain.estimate
        axes.errorbar(
            one.gain.estimate, place, xerr=[[low], [high]], fmt=marker, ms=6, color=colour,
            mec="black", mew=0.7, ecolor="black", elinewidth=1.0, capsize=2.5,
        )  # fmt: skip
        at.append(place)
        labels.append(one.row)
    axes.axvline(0.0, color="black", lw=1.0)
    axes.set_yticks(at, labels, fontsize=8.5)
    axes.set_ylim(place + 0.8, 0.2)
    axes.grid(axis="y", visible=False)


def paths(record: xr.Dataset, unit: str, text: str) -> Figure:
    """Sparsity and error along paths of strengths; histograms of the first layer's weights."""
    names = record.path.values.tolist()
    with style():
        figure, (left, middle, right) = plt.subplots(
            1, 3, figsize=(12.4, 3.7), layout="constrained"
        )
        for k, name in enumerate(names):
            one = record.sel(path=name)
            x, looks = one.value.values, {"color": COLOURS[k], "ls": DASHES[k], "label": name}
            _line(left, x, 100 * one.zero, looks)
            _line(middle, x, one.error * (100 if unit == "%" else 1), looks)
            pick = int(one.error.mean("split").values.argmin())
            bins = np.linspace(-0.6, 0.6, 81)
            right.hist(
                np.clip(one.weights.values[pick], -0.6, 0.6),
                bins,
                histtype="step",
                lw=1.4,
                **{**looks, "label": f"{name}, {x[pick]:.1g}"},
            )
        start = record.sel(path=names[0]).weights.values[0]
        right.hist(
            np.clip(start, -0.6, 0.6), bins=np.linspace(-0.6, 0.6, 81), color=GREY, alpha=0.6,
            label="hardly any", zorder=0,
        )  # fmt: skip
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


def _line(axes: Axes, x: np.ndarray, values: xr.DataArray, looks: dict) -> None:
    mean, low, high = mean_interval(values.transpose("strength", "split").values)
    axes.fill_between(x, low, high, color=looks["color"], alpha=0.13, lw=0)
    axes.plot(x, mean, **looks)
