"""Shapes of schedules, side by side."""

import math
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, GREY, caption, style

COLUMNS = 3


def schedule_shapes(curves: Mapping[str, np.ndarray], text: str) -> Figure:
    """One small panel per schedule, all with the same axes.

    Args:
      curves: Rates over a whole budget, in fractions of the peak, by name.
      text: The caption.
    """
    rows = math.ceil(len(curves) / COLUMNS)
    with style():
        figure, panels = plt.subplots(
            rows, COLUMNS, figsize=(9.2, 1.45 * rows), sharex=True, sharey=True, squeeze=False
        )
        figure.subplots_adjust(
            hspace=0.42, wspace=0.12, left=0.07, right=0.99, top=0.97, bottom=0.06
        )
        for panel, (name, rates) in zip(panels.flat, curves.items()):
            at = np.arange(len(rates)) / len(rates)
            panel.axhline(1.0, color=GREY, lw=0.8, ls=(0, (3, 2)))
            panel.plot(at, rates, color=COLOURS[0], drawstyle="steps-post")
            panel.fill_between(at, rates, step="post", color=COLOURS[0], alpha=0.12, lw=0)
            panel.set_title(name.removesuffix("_schedule"), fontsize=9)
            panel.set(xlim=(0, 1), ylim=(0, 1.12), yticks=[0, 0.5, 1])
            panel.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "¼", "½", "¾", "1"])
        for panel in panels.flat[len(curves) :]:
            panel.set_axis_off()
        for panel in panels.flat[max(0, len(curves) - COLUMNS) : len(curves)]:
            panel.set_xlabel("updates / budget", fontsize=8.5)
            panel.tick_params(labelbottom=True)
        for panel in panels[:, 0]:
            panel.set_ylabel("rate / peak", fontsize=8.5)
        caption(figure, text)
    return figure
