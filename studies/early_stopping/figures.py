"""Pictures of early stopping: patience against error and cost; small validation sets, min_delta."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, DASHES, caption, plain_ticks, style
from lab.statistics.intervals import mean_interval

MARKERS = ("o", "s", "^", "D")


def patience(outcomes: Mapping[str, Any], patiences: Sequence[int], text: str) -> Figure:
    """A column per data set: test error above, updates spent below."""
    with style():
        figure, grid = plt.subplots(
            2, len(outcomes), figsize=(1.2 + 3.0 * len(outcomes), 5.2), layout="constrained",
            squeeze=False, sharex=True, height_ratios=(3, 2),
        )  # fmt: skip
        for (top, low), (name, one) in zip(grid.T, outcomes.items()):
            _band(top, patiences, one.patience[0], COLOURS[0], "-", "o", "back to the best")
            _band(top, patiences, one.bad, COLOURS[1], "--", "s", "as it stopped")
            for values, dash, label in (
                (one.end, "-", "to the end"),
                (one.hindsight, ":", "best in hindsight"),
            ):
                top.axhline(values.mean(), color="black", ls=dash, lw=1.2, label=label)
            _band(low, patiences, 100 * one.patience[1], COLOURS[2], "-", "D", None)
            top.set(title=name)
            low.set(xlabel="patience, evaluations", ylim=(0, 105), xscale="log")
            low.set_xticks(patiences, [str(p) for p in patiences])
            low.minorticks_off()
        grid[0, 0].set_ylabel("test error, %")
        grid[1, 0].set_ylabel("updates spent, %")
        handles, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=4, fontsize=8.5)
        caption(figure, text)
    return figure


def misled(
    outcomes: Mapping[str, Any], sizes: Sequence[Sequence[int]], deltas: Sequence[float], text: str
) -> Figure:
    """Differences in test error by size of the validation set and by the least improvement."""
    with style():
        figure, (left, middle, right) = plt.subplots(
            1, 3, figsize=(12.4, 3.8), layout="constrained"
        )
        for k, (name, one) in enumerate(outcomes.items()):
            looks = (COLOURS[k], DASHES[k], MARKERS[k])
            _band(left, sizes[k], one.sizes[0] - one.sizes[0][-1], *looks, name)
            places = range(len(deltas))
            _band(middle, places, one.delta[0] - one.delta[0][0], *looks, None)
            _band(right, places, 100 * one.delta[1], *looks, None)
        left.set(
            xscale="log",
            xlabel="validation rows",
            title="Few rows mislead",
            ylabel="test error more than with all rows, points",
        )
        middle.set(
            title="Ignoring small improvements",
            ylabel="test error more than with min_delta 0, points",
        )
        right.set(title="What that saves", ylabel="updates spent, %", ylim=(0, 105))
        for axes in (middle, right):
            axes.set_xticks(range(len(deltas)), [f"{d:g}" for d in deltas])
            axes.set_xlabel("min_delta, nats")
        for axes in (left, middle):
            axes.axhline(0.0, color="black", lw=0.8)
        plain_ticks(left.xaxis)
        left.legend(fontsize=8.5)
        caption(figure, text)
    return figure


def _band(
    axes: Axes, x: Sequence[float], values: np.ndarray, colour: str, dash: Any, marker: str,
    label: str | None,
) -> None:  # fmt: skip
    mean, low, high = mean_interval(values)
    axes.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
    axes.plot(x, mean, color=colour, ls=dash, marker=marker, ms=4.5, label=label)
