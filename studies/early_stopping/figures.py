"""Pictures of early stopping: patience against error and cost; small validation sets, min_delta."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, DASHES, caption, plain_ticks, style
from lab.statistics.intervals import mean_interval
from lab.study import Record
from studies.early_stopping.claims import of_arms
from studies.early_stopping.replays import DELTAS, PATIENCES, Replays
from studies.early_stopping.runs import Stopping

MARKERS = ("o", "s", "^", "D")


def figures(record: Record[Stopping]) -> dict[str, Figure]:
    """With what they show written below."""
    s, arms = record.settings, of_arms(record)
    rows = ", ".join(f"{rows:,} rows ({name})" for name, _, rows, _ in s.arms)
    how = (
        f"One layer of {s.width} ReLU, Adam at {s.rate:g}, batch {s.batch}, {s.updates:,} updates, "
        f"validation loss every {s.every}; learning sets of {rows}. Mean over {s.seeds} redrawn "
        f"splits of {s.runs} runs each, 95 % t interval"
    )
    return {
        "patience": patience(arms, f"{how}. Every rule is replayed on the same runs."),
        "misled": misled(
            arms,
            [record[f"arm_{i}"].attrs["validation_rows"] for i in range(len(arms))],
            s.sizes,
            f"{how}. Patience {s.patience}; differences are paired by split.",
        ),
    }


def patience(arms: dict[str, Replays], text: str) -> Figure:
    """A column per data set: test error above, updates spent below."""
    with style():
        figure, grid = plt.subplots(
            2, len(arms), figsize=(1.2 + 3.0 * len(arms), 5.2), layout="constrained",
            squeeze=False, sharex=True, height_ratios=(3, 2),
        )  # fmt: skip
        for (top, low), (name, one) in zip(grid.T, arms.items()):
            errors, shares = _along(one, "patience", PATIENCES)
            _band(top, PATIENCES, errors, COLOURS[0], "-", "o", "back to the best")
            last = _along(one, "last kept", PATIENCES)[0]
            _band(top, PATIENCES, last, COLOURS[1], "--", "s", "as it stopped")
            for key, dash, label in (
                ("end", "-", "to the end"),
                ("hindsight", ":", "best in hindsight"),
            ):
                level = one[key, 1].outcome.mean()
                top.axhline(level, color="black", ls=dash, lw=1.2, label=label)
            _band(low, PATIENCES, 100 * shares, COLOURS[2], "-", "D", None)
            top.set(title=name)
            low.set(xlabel="patience, evaluations", ylim=(0, 105), xscale="log")
            low.set_xticks(PATIENCES, [str(p) for p in PATIENCES])
            low.minorticks_off()
        grid[0, 0].set_ylabel("test error, %")
        grid[1, 0].set_ylabel("updates spent, %")
        handles, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=4, fontsize=8.5)
        caption(figure, text)
    return figure


def misled(
    arms: dict[str, Replays], rows: Sequence[int], sizes: Sequence[int], text: str
) -> Figure:
    """Differences in test error by size of the validation set and by the least improvement."""
    with style():
        figure, (left, middle, right) = plt.subplots(
            1, 3, figsize=(12.4, 3.8), layout="constrained"
        )
        for k, (name, one) in enumerate(arms.items()):
            looks = (COLOURS[k], DASHES[k], MARKERS[k])
            few = _along(one, "rows", sizes)[0]
            _band(left, [n or rows[k] for n in sizes], few - few[-1], *looks, name)
            errors, shares = _along(one, "delta", DELTAS)
            _band(middle, range(len(DELTAS)), errors - errors[0], *looks, None)
            _band(right, range(len(DELTAS)), 100 * shares, *looks, None)
        left.set(xscale="log", xlabel="validation rows", title="Few rows mislead",
                 ylabel="test error more than with all rows, points")  # fmt: skip
        middle.set(
            title="Ignoring small improvements",
            ylabel="test error more than with min_delta 0, points",
        )
        right.set(title="What that saves", ylabel="updates spent, %", ylim=(0, 105))
        for axes in (middle, right):
            axes.set_xticks(range(len(DELTAS)), [f"{d:g}" for d in DELTAS])
            axes.set_xlabel("min_delta, nats")
        for axes in (left, middle):
            axes.axhline(0.0, color="black", lw=0.8)
        plain_ticks(left.xaxis)
        left.legend(fontsize=8.5)
        caption(figure, text)
    return figure


def _along(one: Replays, what: str, values: Sequence[float]) -> np.ndarray:
    """Outcomes and shares, (2, values, splits)."""
    return np.array([one[what, value] for value in values]).swapaxes(0, 1)


def _band(
    axes: Axes, x: Sequence[float], values: np.ndarray, colour: str, dash: Any, marker: str,
    label: str | None,
) -> None:  # fmt: skip
    mean, low, high = mean_interval(values)
    axes.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
    axes.plot(x, mean, color=colour, ls=dash, marker=marker, ms=4.5, label=label)
