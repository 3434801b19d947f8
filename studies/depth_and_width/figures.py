"""Figure of depth against width: test loss by shape, differences that matter, and curves."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from lab.plots.style import COLOURS, DASHES, caption, style
from lab.statistics import mean_interval, paired_difference
from lab.study import Record
from studies.depth_and_width.claims import PREFERENCES, losses, reports
from studies.depth_and_width.runs import DepthAndWidth


def figures(record: Record[DepthAndWidth]) -> dict[str, Figure]:
    """With what it shows written below."""
    s, found = record.settings, reports(record)
    updates = [f"{int(next(iter(r.values())).updates[-1]):,}" for r in found.values()]
    comparisons = len(PREFERENCES) * len(found)
    text = (
        f"Budget: {' / '.join(updates)} updates ({' / '.join(found)}), {s.optimizer}, cosine "
        f"schedule; rate chosen for each shape among {s.trials} on {s.tuning} tuning seeds.\nTest "
        f"loss: {s.seeds} fresh seeds (ticks), mean and 95 % t interval. Differences: paired by "
        f"seed, simultaneous 95 % intervals ({comparisons} comparisons).\nCurves: mean and 95 % "
        "interval of the mean."
    )
    with style():
        figure, grid = plt.subplots(
            3,
            len(found),
            figsize=(5.6 * len(found), 9.0),
            squeeze=False,
            height_ratios=(1, 0.55, 1.1),
        )
        figure.subplots_adjust(hspace=0.42, wspace=0.62, bottom=0.06)
        for column, (task, by_key) in zip(grid.T, found.items()):
            _losses(column[0], list(by_key.values()))
            _differences(column[1], by_key, comparisons)
            _curves(column[2], list(by_key.values()))
            column[0].set_title(task)
        caption(figure, text)
    return {"shapes": figure}


def _losses(axes: Axes, shapes: Sequence[xr.Dataset]) -> None:
    for i, shape in enumerate(shapes):
        loss = losses(shape)
        mean, low, high = mean_interval(loss)
        axes.plot(loss, np.full(len(loss), i), "|", color="#9A9A9A", ms=7, mew=0.8)
        axes.plot([low, high], [i, i], color=COLOURS[i], lw=2.2)
        axes.plot(mean, i, "o", color=COLOURS[i], ms=6)
    labels = [f"{x.attrs['widths']}\n{int(x.attrs['parameters']):,} parameters" for x in shapes]
    axes.set_yticks(range(len(shapes)), labels, fontsize=8.5)
    axes.set(xlabel="test loss (nats)", ylim=(len(shapes) - 0.4, -0.6))
    axes.grid(axis="y", visible=False)


def _differences(axes: Axes, by_key: Mapping[str, xr.Dataset], comparisons: int) -> None:
    differences = {
        p.name: paired_difference(
            losses(by_key[p.better]), losses(by_key[p.worse]), comparisons=comparisons
        )
        for p in PREFERENCES
        if p.worse in by_key
    }
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


def _curves(axes: Axes, shapes: Sequence[xr.Dataset]) -> None:
    examples = shapes[0].examples.values
    for i, shape in enumerate(shapes):
        curve = shape.validation_loss.isel(optimizer=0, trial=0).transpose("step", "seed")
        mean, low, high = mean_interval(curve.values)
        axes.plot(examples, mean, color=COLOURS[i], ls=DASHES[i], label=shape.attrs["widths"])
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
