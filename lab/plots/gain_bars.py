"""Gains with their intervals, one to a line, in the colour of what came of them."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from lab.plots.style import COLOURS, GREY
from lab.statistics.gains import Gain

LOOKS = {"helps": (COLOURS[0], "o"), "hurts": (COLOURS[1], "s"), "not told apart": (GREY, "D")}


def gain_lines(axes: Axes, gains: Sequence[Gain], at: Sequence[float]) -> None:
    """A gain at each height, and a line at none."""
    for one, height in zip(gains, at):
        colour, marker = LOOKS[one.verdict]
        mean, low, high = one.interval
        axes.errorbar(
            float(mean), height, xerr=[[mean - low], [high - mean]], fmt=marker, ms=6, color=colour,
            mec="black", mew=0.7, ecolor="black", elinewidth=1, capsize=2.5,
        )  # fmt: skip
    axes.axvline(0, color="black", lw=1)
    axes.grid(axis="y", visible=False)


def gain_legend() -> list[Line2D]:
    """What the colours mean."""
    return [
        Line2D([], [], ls="", marker=marker, color=colour, mec="black", label=what)
        for what, (colour, marker) in LOOKS.items()
    ]
