"""Figures of the null experiment: winners named where there is none, and where there is one."""

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, DASHES, caption, style
from lab.statistics.intervals import Interval


class Rate(NamedTuple):
    """How often one way to decide named a winner."""

    name: str
    winners: int
    rounds: int
    share: Interval
    careful: bool  # whether it promises the level
    allowed: int


class Power(NamedTuple):
    """How often an advantage was found, by its size, with one number of splits."""

    splits: int
    size: np.ndarray  # of the advantage
    redrawn: Interval
    trained: Interval
    fine: np.ndarray  # sizes of the two curves
    promised: np.ndarray
    known: np.ndarray  # if the standard error were the true one


def false_winners(rates: Sequence[Rate], level: float, text: str) -> Figure:
    """Share of comparisons of an optimizer with itself that name a winner, with its interval."""
    with style():
        figure, axes = plt.subplots(figsize=(8.2, 1.5 + 0.36 * len(rates)), layout="constrained")
        axes.set_xscale("function", functions=(lambda x: np.sqrt(np.maximum(x, 0)), np.square))
        axes.axvline(100 * level, color=COLOURS[4], lw=1.0, ls=(0, (4, 3)), zorder=1)
        axes.text(
            100 * level, -0.5, f"  promised: at most {level:.0%}", ha="left", va="center",
            fontsize=8.5,
        )  # fmt: skip
        for place, rate in enumerate(rates):
            share, low, high = (100 * float(x) for x in rate.share)
            colour = COLOURS[0] if rate.careful else COLOURS[1]
            axes.plot([low, high], [place, place], color=colour, lw=1.8)
            axes.plot(share, place, "o" if rate.careful else "s", color=colour, ms=6, mfc="white"
                      if not rate.careful else colour, clip_on=False, zorder=5)  # fmt: skip
            axes.text(
                1.01, place, f"{rate.winners:,} of {rate.rounds:,}", va="center", fontsize=8.5,
                transform=axes.get_yaxis_transform(),
            )  # fmt: skip
        axes.set_xlim(0, 100)
        axes.set_ylim(len(rates) - 0.4, -0.8)
        axes.set_xticks([0, 1, 5, 10, 20, 40, 60, 80, 100])
        axes.set_yticks(range(len(rates)), [rate.name for rate in rates])
        axes.set_xlabel("comparisons that name a winner where there is none, % (square-root scale)")
        axes.grid(axis="y", visible=False)
        caption(figure, text)
    return figure


def power_curves(powers: Sequence[Power], margin: float, text: str) -> Figure:
    """Share of comparisons that find an advantage, against its size; a panel per splits."""
    with style():
        figure, grid = plt.subplots(
            1, len(powers), figsize=(4.4 * len(powers), 3.6), squeeze=False, sharey=True,
            layout="constrained",
        )  # fmt: skip
        for axes, power in zip(grid[0], powers):
            _power(axes, power, margin)
        grid[0, 0].set_ylabel("comparisons that name the better one, %")
        handles, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=2, handlelength=3)
        caption(figure, text)
    return figure


def _power(axes: Axes, power: Power, margin: float) -> None:
    for i, (values, name) in enumerate(
        [
            (power.promised, "promised by the intervals' own standard errors"),
            (power.known, "if the standard error were known"),
        ]
    ):
        axes.plot(power.fine, 100 * values, color=COLOURS[(0, 2)[i]], ls=DASHES[i], label=name)
    for found, mark, colour, name, shift in (
        (power.redrawn, "o", COLOURS[1], "found, redrawn", 0.0),
        (power.trained, "s", COLOURS[4], "found, trained", 0.012),
    ):
        at = power.size + shift * power.size.max()  # so that bars do not hide each other
        middle, low, high = (100 * np.asarray(x) for x in found)
        axes.errorbar(
            at, middle, [middle - low, high - middle], fmt=mark, color=colour, ms=4.5, lw=1.1,
            mfc=colour if mark == "o" else "white", label=name, zorder=5,
        )  # fmt: skip
    axes.axvline(margin, color="#666666", lw=0.8, ls=(0, (2, 2)))
    axes.text(margin, 103, " margin", fontsize=8, color="#666666", va="bottom", ha="left")
    axes.set(ylim=(-3, 103), xlabel="planted advantage, test loss")
    axes.set_title("one split" if power.splits == 1 else f"{power.splits} splits", pad=16)
