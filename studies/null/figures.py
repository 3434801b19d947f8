"""Figures of the null experiment: winners named where there is none, and where there is one."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, DASHES, caption, style
from lab.study import Record
from studies.null.counts import LEVEL, Power, Rate, on, powers, rates
from studies.null.runs import Null

RATES = (
    " Bars: exact 95 % binomial intervals. Circles: the protocol, and the paired test of any two "
    "settings; squares: settled by the report seeds of the two selected settings alone, at 5 %, or "
    "by one tuning and one report seed, beyond the margin."
)
POWER = (
    " The advantage is a constant subtracted from the test losses of one of the two; trained ones "
    "are drawn a little to the right. Bars: exact 95 % binomial intervals."
)


def figures(record: Record[Null]) -> dict[str, Figure]:
    """With what they show written below."""
    s, bank = record.settings, record["bank"].sizes
    text = (
        f"{s.task}, MLP with {s.width} hidden units, {s.optimizer} with learning rates from "
        f"{s.low:g} to {s.high:g}, {s.plan.budget}, batch {s.batch}; {s.trials} trials, {s.tuning} "
        f"tuning and {s.seeds} report seeds for each name, all drawn independently; margin "
        f"{s.margin:g}. Redrawn from {bank['trial']} trials × {bank['seed']} seeds × "
        f"{bank['split']} splits."
    )
    return {
        "rates": false_winners(rates(record), LEVEL, text + RATES),
        "power": power_curves(powers(record), s.margin, text + POWER),
    }


def false_winners(found: Sequence[Rate], level: float, text: str) -> Figure:
    """Share of comparisons of an optimizer with itself that name a winner, with its interval."""
    with style():
        figure, axes = plt.subplots(figsize=(8.2, 1.5 + 0.36 * len(found)), layout="constrained")
        axes.set_xscale("function", functions=(lambda x: np.sqrt(np.maximum(x, 0)), np.square))
        axes.axvline(100 * level, color=COLOURS[4], lw=1.0, ls=(0, (4, 3)), zorder=1)
        axes.text(
            100 * level, -0.5, f"  promised: at most {level:.0%}", ha="left", va="center",
            fontsize=8.5,
        )  # fmt: skip
        for place, rate in enumerate(found):
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
        axes.set_ylim(len(found) - 0.4, -0.8)
        axes.set_xticks([0, 1, 5, 10, 20, 40, 60, 80, 100])
        axes.set_yticks(range(len(found)), [rate.name for rate in found])
        axes.set_xlabel("comparisons that name a winner where there is none, % (square-root scale)")
        axes.grid(axis="y", visible=False)
        caption(figure, text)
    return figure


def power_curves(found: Sequence[Power], margin: float, text: str) -> Figure:
    """Share of comparisons that find an advantage, against its size; a panel per splits."""
    with style():
        figure, grid = plt.subplots(
            1, len(found), figsize=(4.4 * len(found), 3.6), squeeze=False, sharey=True,
            layout="constrained",
        )  # fmt: skip
        for axes, power in zip(grid[0], found):
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
    axes.set_title(on(power.splits), pad=16)
