"""Figures of an optimizer comparison: learning curves, sensitivity to the rate, ranking.

At most `NAMED` optimizers are coloured and named, the best by test loss; the others stay grey,
and every one is in the table.
"""

from collections.abc import Mapping
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lab.plots.style import COLOURS, DASHES, GREY, caption, plain_ticks, style
from lab.protocol.tuning import Selection
from lab.statistics import mean_interval

NAMED = len(COLOURS)


class Look(NamedTuple):
    """How one optimizer is drawn, in every figure of a study."""

    colour: str
    dash: object
    order: int


def looks(ranked: list[str]) -> dict[str, Look]:
    """Colours and dashes for the first `NAMED` of a ranking; grey for the rest."""
    return {
        name: Look(COLOURS[i], DASHES[i], 10 - i) if i < NAMED else Look(GREY, "-", 0)
        for i, name in enumerate(ranked)
    }


def learning_curves(
    reports: Mapping[str, xr.Dataset], look: Mapping[str, Look], text: str
) -> Figure:
    """Validation loss at the tuned rate against examples; rows are tasks, columns schedules.

    Lines are means over report seeds on a log scale, bands 95 % t intervals of the mean.
    """
    schedules = next(iter(reports.values())).schedule.values[0].tolist()  # of the first optimizer
    with style():
        figure, grid = plt.subplots(
            len(reports), len(schedules), figsize=(4.6 * len(schedules), 3.1 * len(reports)),
            squeeze=False, sharex="row", sharey="row", layout="constrained",
        )  # fmt: skip
        for row, (task, report) in zip(grid, reports.items()):
            for axes, (i, schedule) in zip(row, enumerate(schedules)):
                _curves(axes, report.isel(trial=i), look)
                axes.set_title(f"{task}, {schedule.split('_')[0]} schedule")
                axes.xaxis.set_major_formatter("{x:,.0f}")
            row[0].set_ylabel("validation loss")
        for axes in grid[-1]:
            axes.set_xlabel("training examples")
        _legend(figure, look)
        caption(figure, text)
    return figure


def rate_sensitivity(
    tunings: Mapping[str, xr.Dataset],
    selections: Mapping[str, Selection],
    look: Mapping[str, Look],
    schedule: str,
    text: str,
) -> Figure:
    """Final validation loss of every trial against its learning rate; a panel per task.

    Points are means over tuning seeds, bars their range, rings the selected rate. A line ends
    where a seed diverged, or did worse than 1.5 times the loss before training.
    """
    with style():
        figure, grid = plt.subplots(
            1, len(tunings), figsize=(4.6 * len(tunings), 3.7), squeeze=False,
            layout="constrained",
        )  # fmt: skip
        for axes, (task, tuning) in zip(grid[0], tunings.items()):
            record = tuning.sel(schedule=schedule)
            chance = float(record.validation_loss.isel(step=0).median())
            axes.set(
                xscale="log", yscale="log", title=f"{task}, {schedule.split('_')[0]} schedule",
                xlabel="peak learning rate", ylabel="final validation loss",
            )  # fmt: skip
            final = record.validation_loss.isel(step=-1)
            for name in final.optimizer.values.tolist():
                mine, drawn = final.sel(optimizer=name), look[name]
                rate = record.learning_rate.sel(optimizer=name).values
                # above the loss at initialization there is nothing to learn about a rate
                mean = mine.mean("seed").values
                mean = np.where(mean <= 1.5 * chance, mean, np.nan)
                axes.plot(
                    rate, mean, color=drawn.colour, ls=drawn.dash, zorder=2 + drawn.order,
                    lw=1.6 if drawn.order else 0.9,
                )  # fmt: skip
                if drawn.order:
                    low, high = mine.min("seed").values, mine.max("seed").values
                    axes.vlines(
                        rate, np.where(np.isnan(mean), np.nan, low), np.minimum(high, 1.5 * chance),
                        color=drawn.colour, lw=0.7, alpha=0.6,
                    )  # fmt: skip
                    chosen = int(selections[task].trial.sel(optimizer=name, schedule=schedule))
                    axes.plot(
                        rate[chosen], mean[chosen], "o", mfc="white", mec=drawn.colour, ms=6,
                        zorder=20,
                    )  # fmt: skip
            axes.axhline(chance, color="#666666", lw=0.8, ls=(0, (2, 2)))
            axes.text(
                0.01, chance, " before training", va="bottom", fontsize=8, color="#666666",
                transform=axes.get_yaxis_transform(),
            )  # fmt: skip
            plain_ticks(axes.yaxis)
        _legend(figure, look)
        caption(figure, text)
    return figure


def ranking(
    losses: Mapping[str, xr.DataArray],
    tied: Mapping[str, list[str]],
    text: str,
) -> Figure:
    """Test loss of every optimizer at its tuned rate, best at the top; a panel per task.

    Args:
      losses: By task, (optimizer, seed).
      tied: By task, the names that cannot be told from the best.
      text: The caption.
    """
    count = max(x.sizes["optimizer"] for x in losses.values())
    with style():
        figure, grid = plt.subplots(
            1, len(losses), figsize=(4.8 * len(losses), 1.2 + 0.24 * count), squeeze=False,
            layout="constrained",
        )  # fmt: skip
        for axes, (task, values) in zip(grid[0], losses.items()):
            names = values.optimizer.values[np.argsort(values.mean("seed").values, kind="stable")]
            for place, name in enumerate(names.tolist()):
                mean, low, high = mean_interval(values.sel(optimizer=name).values)
                best = name in tied[task]
                colour = COLOURS[0] if best else "#777777"
                if np.isfinite(mean):
                    axes.plot([low, high], [place, place], color=colour, lw=1.5)
                    axes.plot(mean, place, "o" if best else "s", color=colour, ms=5)
                else:
                    axes.text(
                        0.98, place, "diverged on some seed", ha="right", va="center", fontsize=8,
                        transform=axes.get_yaxis_transform(), color=colour,
                    )  # fmt: skip
            axes.set(title=task, xlabel="test loss")
            axes.set_yticks(range(len(names)), names)
            axes.invert_yaxis()
            axes.grid(axis="y", visible=False)
        caption(figure, text)
    return figure


def _curves(axes: Axes, report: xr.Dataset, look: Mapping[str, Look]) -> None:
    axes.set_yscale("log")
    for name in report.optimizer.values.tolist():
        drawn = look[name]
        values = report.validation_loss.sel(optimizer=name).transpose("step", "seed").values
        mean, low, high = (np.where(np.isinf(x), np.nan, x) for x in mean_interval(values))
        style = {"color": drawn.colour, "zorder": 2 + drawn.order}
        axes.plot(report.examples, mean, ls=drawn.dash, lw=1.6 if drawn.order else 0.9, **style)  # type: ignore[arg-type]
        if drawn.order:
            low = np.maximum(low, 0.5 * mean)  # a log axis has no room below zero
            axes.fill_between(report.examples, low, high, alpha=0.15, lw=0, **style)
    axes.margins(x=0.01)
    plain_ticks(axes.yaxis)


def _legend(figure: Figure, look: Mapping[str, Look]) -> None:
    """Names in the order of the ranking, to the right of all panels."""
    lines = [
        Line2D([], [], color=drawn.colour, ls=drawn.dash, label=name)  # type: ignore[arg-type]
        for name, drawn in look.items()
        if drawn.order
    ]
    if len(look) > len(lines):
        lines.append(Line2D([], [], color=GREY, lw=0.9, label=f"{len(look) - len(lines)} others"))
    figure.legend(handles=lines, loc="outside right center", handlelength=3.2)
