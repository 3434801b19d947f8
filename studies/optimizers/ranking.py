"""Test losses after tuning, the best at the top, with baselines."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lab.plots.panels import panels
from lab.plots.style import COLOURS, caption, plain_ticks, style
from lab.statistics import Interval

BEHIND, BASELINE = "#777777", "#8C5A00"
STRETCH = 0.6  # by how much of the optimizers' range a baseline may extend the axis


def ranking(
    intervals: Mapping[str, tuple[list[str], Interval]],
    tied: Mapping[str, list[str]],
    baselines: Mapping[str, Mapping[str, float]],
    text: str,
) -> Figure:
    """Test loss of every optimizer, best at the top, baselines below; a panel per task.

    A baseline is a dashed line through all rows; one far off the optimizers' range is written at
    the edge instead.

    Args:
      intervals: By task, labels from the best on, and their losses [label].
      tied: By task, the labels that cannot be told from the best.
      baselines: By task, test losses of baselines.
      text: The caption.
    """
    rows = max(len(names) + len(baselines[k]) for k, (names, _) in intervals.items())
    with style():
        figure, grid = panels(
            len(intervals),
            0.9 + 0.22 * rows,
            legend=False,
            width={1: 6.4, 2: 4.8}.get(len(intervals), 3.9),
        )
        for axes, (task, (names, losses)) in zip(grid, intervals.items()):
            lines = dict(sorted(baselines[task].items(), key=lambda item: item[1]))
            low, high = _scale(axes, losses, np.array(list(lines.values())))
            for place, name in enumerate(names):
                one = Interval(*(part[place] for part in losses))
                _row(axes, place, one, name in tied[task], low, high)
            for place, value in enumerate(lines.values(), len(names)):
                _baseline(axes, place, value, low, high)
            labels = axes.set_yticks(range(len(names) + len(lines)), [*names, *lines])
            for tick in labels[len(names) :]:
                tick.label1.set(style="italic", color=BASELINE)
            axes.set_ylim(len(names) + len(lines) - 0.4, -0.6)
            axes.set(title=task, xlabel="test loss")
            axes.grid(axis="y", visible=False)
        caption(figure, text)
    return figure


def _row(axes: Axes, place: int, loss: Interval, best: bool, low: float, high: float) -> None:
    colour = COLOURS[0] if best else BEHIND
    if not np.isfinite(loss.estimate):
        _note(axes, place, "diverged", colour)
        return
    axes.plot(
        [max(float(loss.low), low), min(float(loss.high), high)], [place] * 2, color=colour, lw=1.5
    )
    axes.plot(float(loss.estimate), place, "o" if best else "s", color=colour, ms=5)
    if loss.high > high:
        axes.plot(high, place, ">", color=colour, ms=4, clip_on=False)


def _baseline(axes: Axes, place: int, value: float, low: float, high: float) -> None:
    if not np.isfinite(value):
        _note(axes, place, "diverged", BASELINE)
    elif value > high:
        _note(axes, place, f"{value:.3g} →", BASELINE)
    elif value < low:
        _note(axes, place, f"← {value:.3g}", BASELINE, left=True)
    else:
        axes.plot([value] * 2, [-0.6, place], color=BASELINE, lw=0.9, ls=(0, (4, 2)), zorder=1)
        axes.plot(value, place, "D", color=BASELINE, ms=4)


def _note(axes: Axes, place: int, says: str, colour: str, left: bool = False) -> None:
    axes.text(
        0.015 if left else 0.985, place, says, ha="left" if left else "right", va="center",
        fontsize=8, color=colour, transform=axes.get_yaxis_transform(), zorder=5,
        bbox={"fc": "white", "ec": "none", "pad": 1.0},
    )  # fmt: skip


def _scale(axes: Axes, losses: Interval, baselines: Sequence[float] | np.ndarray):
    """Limits that hold all estimates and near baselines; logarithmic over more than fourfold."""
    middle = losses.estimate[np.isfinite(losses.estimate)]
    if middle.size == 0:
        middle = np.asarray(baselines)[np.isfinite(baselines)]
        middle = middle if middle.size else np.ones(1)
    log = bool(middle.min() > 0 and middle.max() > 4 * middle.min())
    forth, back = (np.log, np.exp) if log else (np.asarray, np.asarray)
    ends = np.concatenate([losses.low, losses.high, middle])
    ends = ends[np.isfinite(ends) & ((ends > 0) | (not log))]
    inner = forth(np.array([middle.min(), middle.max()]))
    shown = np.isfinite(losses.low) & np.isfinite(losses.high) & ((losses.low > 0) | (not log))
    width = (
        float(np.median(forth(losses.high[shown]) - forth(losses.low[shown]))) if shown.any() else 0
    )
    room = max(float(np.ptp(inner)), width, 1e-3 * float(np.abs(inner).max()), 1e-12)
    bottom = max(float(forth(ends).min()), float(inner[0]) - room)
    top = min(float(forth(ends).max()), float(inner[1]) + room)
    span = top - bottom or room
    near = forth(np.array([x for x in baselines if np.isfinite(x) and (x > 0 or not log)]))
    near = near[(near >= bottom - STRETCH * span) & (near <= top + STRETCH * span)]
    bottom, top = min([bottom, *near]), max([top, *near])
    low, high = (float(back(x)) for x in (bottom - 0.05 * span, top + 0.05 * span))
    axes.set_xscale("log" if log else "linear")
    axes.set_xlim(low, high)
    if log:
        plain_ticks(axes.xaxis)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    return low, high
