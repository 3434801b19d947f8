"""Loss along the way, and against the learning rate."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lab.plots.looks import Look, legend
from lab.plots.panels import LEGEND, WIDTH, amounts, loss_ticks, panels, plain_schedule, wrapped
from lab.plots.style import caption, style
from lab.statistics import Interval

HOPELESS = 1.5  # times the loss before training: beyond it there is nothing to learn about a rate
Lines: TypeAlias = Mapping[str, tuple[np.ndarray, Interval]]  # by label: spent [T], loss there


def learning_curves(
    curves: Mapping[str, Mapping[str, Lines]], look: Mapping[str, Look], unit: str, text: str
) -> Figure:
    """Validation loss at the tuned rate against the budget spent, by task and schedule.

    Rows are tasks, columns schedules. A line ends where a run diverged. The axis holds the named
    lines from their second point on, lest the first fall hide what comes after: they enter from
    above, where those that explode leave.
    """
    schedules = list(dict.fromkeys(s for row in curves.values() for s in row))
    columns = len(schedules)
    wide = columns * WIDTH.get(columns, 3.0)
    with style():
        figure, grid = plt.subplots(
            len(curves), columns, figsize=(wide + LEGEND, 2.7 * len(curves) + 0.4), squeeze=False,
            sharex="row", sharey="row", layout="constrained",
        )  # fmt: skip
        for row, (task, by_schedule) in zip(grid, curves.items()):
            for axes, schedule in zip(row, schedules):
                if schedule not in by_schedule:
                    axes.set_visible(False)
                    continue
                _curves(axes, by_schedule[schedule], look)
                axes.set_title(
                    wrapped(f"{task}, {plain_schedule(schedule)} schedule", wide / columns)
                )
                axes.set_xlabel(unit)
            named = [
                interval.estimate
                for lines in by_schedule.values()
                for name, (_, interval) in lines.items()
                if look[name].order
            ]
            row[0].set_ylim(*_loss_range(named))
            loss_ticks(row[0].yaxis)
            row[0].set_ylabel("validation loss")
        legend(figure, look)
        caption(figure, text)
    return figure


def rate_sensitivity(
    tunings: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]],
    chosen: Mapping[str, Mapping[str, float]],
    untrained: Mapping[str, float],
    look: Mapping[str, Look],
    text: str,
) -> Figure:
    """Final validation loss of every trial against its learning rate; a panel per task.

    Points are means over runs, bars their range, rings the chosen rate. A line ends where a run
    diverged, or where the mean is worse than 1.5 times the loss before training.

    Args:
      tunings: By task and label: rates [n], ascending, and losses [n, runs].
      chosen: By task and label, one of the rates.
      untrained: By task, the loss before training.
      look: Of every label.
      text: The caption.
    """
    with style():
        figure, grid = panels(len(tunings), 3.2)
        for axes, (task, lines) in zip(grid, tunings.items()):
            chance = untrained[task]
            axes.set(
                xscale="log",
                yscale="log",
                title=task,
                xlabel="peak learning rate",
                ylabel="final validation loss",
            )
            for name, (rates, losses) in lines.items():
                _sensitivity(axes, rates, losses, chosen[task][name], chance, look[name])
            axes.axhline(chance, color="#666666", lw=0.8, ls=(0, (2, 2)))
            axes.text(
                0.01, chance, " before training", va="bottom", fontsize=8, color="#666666",
                transform=axes.get_yaxis_transform(), zorder=30,
                bbox={"fc": "white", "ec": "none", "pad": 0.5, "alpha": 0.7},
            )  # fmt: skip
            axes.set_ylim(None, max(1.3 * chance, axes.get_ylim()[1]))
            loss_ticks(axes.yaxis)
        ring = Line2D([], [], ls="", marker="o", mfc="white", mec="#444444", label="chosen rate")
        legend(figure, look, extra=[ring])
        caption(figure, text)
    return figure


def _curves(axes: Axes, lines: Lines, look: Mapping[str, Look]) -> None:
    axes.set_yscale("log")
    for name, (spent, interval) in lines.items():
        mean, low, high = (np.where(np.isfinite(x), x, np.nan) for x in interval)
        axes.plot(spent, mean, **look[name].line())
        if look[name].order:
            low = np.maximum(low, 0.5 * mean)  # a log axis has no room below zero
            axes.fill_between(spent, low, high, **look[name].band())
    axes.margins(x=0.01)
    amounts(axes.xaxis)


def _loss_range(estimates: Sequence[np.ndarray]) -> tuple[float | None, float | None]:
    """Limits of a log axis, so that neither the first fall nor what explodes flattens the rest."""
    values = np.concatenate([[], *estimates])
    first = np.array([np.min(estimate[: 2 if len(estimate) > 3 else 1]) for estimate in estimates])
    values, first = (x[np.isfinite(x) & (x > 0)] for x in (values, first))
    if first.size == 0:
        return None, None
    low, high = float(values.min()), float(first.max())
    room = (high / low) ** 0.08
    return low / room, high * room


def _sensitivity(
    axes: Axes, rates: np.ndarray, losses: np.ndarray, chosen: float, chance: float, look: Look
) -> None:
    mean = losses.mean(-1)
    mean = np.where(mean <= HOPELESS * chance, mean, np.nan)
    axes.plot(rates, mean, **look.line())
    if not look.order:
        return
    low = np.where(np.isnan(mean), np.nan, losses.min(-1))
    high = np.minimum(losses.max(-1), HOPELESS * chance)
    axes.vlines(rates, low, high, color=look.colour, lw=0.7, alpha=0.6)
    place = int(np.argmin(np.abs(np.log(rates / chosen))))
    axes.plot(rates[place], mean[place], "o", mfc="white", mec=look.colour, ms=6, zorder=20)
