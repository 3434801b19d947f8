"""Mean ranks with intervals, and how often each place is taken."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.plots.figure_arguments import Places, Ranked, require_each, require_some
from lab.plots.style import COLOURS, caption, style
from lab.validation.checks import checked

NUMBERED = 12  # with more optimizers the cells are too small for numbers


@checked
def rank_plot(
    places: Mapping[str, Places],
    overall: Ranked,
    text: str,
) -> Figure:
    """Mean rank over tasks, the best at the top; beside it the places on every task.

    Rows are the same optimizers from left to right.

    Args:
      places: By task, labels and the probability of each place [label, place].
      overall: Labels from the best on, and their mean ranks [label].
      text: The caption.
    """
    require_some("places", places)
    for labels, _ in places.values():
        require_each("overall", overall[0], "places", labels)
        require_each("places", labels, "overall", overall[0])
    names, rank = overall
    count = len(names)
    title = "over all tasks" if len(places) > 1 else ""
    strip = max(2.2, 0.27 * count) if count <= NUMBERED else 3.0
    widths = [3.6, *[strip] * len(places)]
    height = 1.4 + max(0.22 * count, 0.9)
    with style():
        figure, row = plt.subplots(
            1, len(widths), figsize=(sum(widths) + 0.5, height),
            width_ratios=widths, sharey=True, layout="constrained",
        )  # fmt: skip
        row[0].hlines(range(count), rank.low, rank.high, color=COLOURS[0], lw=1.6)
        row[0].plot(rank.estimate, range(count), "o", color=COLOURS[0], ms=5)
        row[0].set_yticks(range(count), names)
        row[0].set(xlabel="mean rank (1 is best)", title=title, xlim=(0.8, count + 0.2))
        row[0].xaxis.get_major_locator().set_params(integer=True)
        row[0].set_ylim(count - 0.5, -0.5)
        image: Any = None
        for axes, (task, (labels, chance)) in zip(row[1:], places.items()):
            order = [labels.index(name) for name in names]
            image = _strip(axes, np.asarray(chance)[order], task)
        bar = figure.colorbar(
            image, ax=row.tolist(), aspect=20, shrink=min(0.95, 3 / height), fraction=0.03,
            pad=0.01,
            label="probability of the place",
        )  # fmt: skip
        bar.set_ticks([0, 0.25, 0.5, 0.75, 1], labels=["0", "25 %", "50 %", "75 %", "100 %"])
        caption(figure, text)
    return figure


def _strip(axes: Axes, chance: np.ndarray, task: str):
    count = len(chance)
    image = axes.imshow(
        chance, aspect="auto", cmap="Blues", vmin=0, vmax=1,
        extent=(0.5, count + 0.5, count - 0.5, -0.5),
    )  # fmt: skip
    if count <= NUMBERED:
        for (i, j), share in np.ndenumerate(chance):
            if share >= 0.005:
                axes.text(
                    j + 1, i, f"{100 * share:.0f}", ha="center", va="center", fontsize=7,
                    color="white" if share > 0.55 else "black",
                )  # fmt: skip
    axes.set(title=task, xlabel="place")
    axes.set_xticks(range(1, count + 1) if count <= NUMBERED else [1, *range(10, count + 1, 10)])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False)
    return image
