"""Figure of depth against width: test loss by shape, differences that matter, and curves."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from lab.plots.style import COLOURS, DASHES, caption, style
from lab.statistics import Interval, mean_interval


class Shape(NamedTuple):
    """A network's hidden widths in words, and its number of parameters."""

    name: str
    parameters: int


def depth_and_width(
    shapes: Mapping[str, Sequence[Shape]],
    losses: Mapping[str, np.ndarray],
    curves: Mapping[str, xr.DataArray],
    differences: Mapping[str, Mapping[str, Interval]],
    text: str,
) -> Figure:
    """A column per task: test loss, paired differences, validation loss on the way.

    Args:
      shapes: By task, the networks.
      losses: By task, test losses in nats (network, seed).
      curves: By task, validation losses (network, seed, step), with `examples` per step.
      differences: By task and claim, the paired difference of test losses.
      text: The caption.
    """
    with style():
        figure, grid = plt.subplots(
            3,
            len(shapes),
            figsize=(5.6 * len(shapes), 9.0),
            squeeze=False,
            height_ratios=(1, 0.55, 1.1),
        )
        figure.subplots_adjust(hspace=0.42, wspace=0.62, bottom=0.06)
        for column, task in zip(grid.T, shapes):
            _losses(column[0], shapes[task], losses[task])
            _differences(column[1], differences[task])
            _curves(column[2], shapes[task], curves[task])
            column[0].set_title(task)
        caption(figure, text)
    return figure


def _losses(axes: Axes, shapes: Sequence[Shape], losses: np.ndarray) -> None:
    mean, low, high = mean_interval(losses)
    for i in range(len(shapes)):
        axes.plot(losses[i], np.full(losses.shape[1], i), "|", color="#9A9A9A", ms=7, mew=0.8)
        axes.plot([low[i], high[i]], [i, i], color=COLOURS[i], lw=2.2)
        axes.plot(mean[i], i, "o", color=COLOURS[i], ms=6)
    labels = [f"{shape.name}\n{shape.parameters:,} parameters" for shape in shapes]
    axes.set_yticks(range(len(shapes)), labels, fontsize=8.5)
    axes.set(xlabel="test loss (nats)", ylim=(len(shapes) - 0.4, -0.6))
    axes.grid(axis="y", visible=False)


def _differences(axes: Axes, differences: Mapping[str, Interval]) -> None:
    for i, gap in enumerate(differences.values()):
        axes.plot([float(gap.low), float(gap.high)], [i, i], color="black", lw=1.8)
        axes.plot(float(gap.estimate), i, "D", color="black", ms=5)
    axes.axvline(0, color="#666666", lw=1, ls=(0, (2, 2)))
    axes.set_yticks(range(len(differences)), list(differences), fontsize=8.5)
    axes.invert_yaxis()
    axes.set(xlabel="paired difference of test losses (nats)")
    axes.margins(y=0.25)
    axes.grid(axis="y", visible=False)
    bound = max(abs(float(x)) for gap in differences.values() for x in (gap.low, gap.high))
    axes.set_xlim(-1.15 * bound, 1.15 * bound)
    axes.text(0.01, 1.03, "← first is better", transform=axes.transAxes, fontsize=8.5)
    axes.text(0.99, 1.03, "second is better →", transform=axes.transAxes, fontsize=8.5, ha="right")


def _curves(axes: Axes, shapes: Sequence[Shape], curves: xr.DataArray) -> None:
    examples = curves.examples.values
    for i, shape in enumerate(shapes):
        mean, low, high = mean_interval(curves.isel(network=i).transpose("step", "seed").values)
        axes.plot(examples, mean, color=COLOURS[i], ls=DASHES[i], label=shape.name)
        axes.fill_between(examples, low, high, color=COLOURS[i], alpha=0.15, lw=0)
    axes.set(
        yscale="log",
        xlabel="training examples",
        ylabel="validation loss (log scale)",
        xlim=(0, examples[-1]),
    )
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.legend(fontsize=8, loc="upper right")
