"""What tuning buys: the test loss of the best of k trials."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lab.plots.figure_arguments import Band, require_each, require_some
from lab.plots.looks import Look, legend
from lab.plots.panels import loss_ticks, panels
from lab.plots.style import caption, style
from lab.validation.checks import checked


@checked
def best_of_curves(
    curves: Mapping[str, Mapping[str, Band]], look: Mapping[str, Look], text: str
) -> Figure:
    """Expected test loss of the best of k trials, k = 1 … B; a panel per task.

    Where an infinite loss may be selected the mean is infinite, and nothing is drawn: a line
    begins where it is finite. The axis is logarithmic and holds the lines; bands may leave it.

    Args:
      curves: By task and label, arrays [k].
      look: Of every label.
      text: The caption.
    """
    require_some("curves", curves)
    require_each("look", look, "curves", (name for lines in curves.values() for name in lines))
    with style():
        figure, grid = panels(len(curves), 3.1)
        for axes, (task, lines) in zip(grid, curves.items()):
            axes.set_yscale("log")
            for name, interval in lines.items():
                mean, low, high = (np.where(np.isfinite(x), x, np.nan) for x in interval)
                k = np.arange(1, len(mean) + 1)
                drawn = look[name]
                axes.plot(k, mean, marker="." if drawn.order else None, ms=4, **drawn.line())
                if drawn.order:
                    axes.fill_between(k, np.maximum(low, 0.5 * mean), high, **drawn.band())
            means = np.concatenate([line.estimate for line in lines.values()])
            means = means[np.isfinite(means) & (means > 0)]
            if means.size:
                axes.set_ylim(0.88 * means.min(), 1.14 * means.max())
            never = [n for n, line in lines.items() if not np.isfinite(line.estimate).any()]
            never = [name for name in never if look[name].order]
            note = "\n".join(["infinite at every k:", *never] if never else [])
            axes.text(
                0.98, 0.98, note, ha="right", va="top", fontsize=8, color="#444444",
                transform=axes.transAxes,
            )  # fmt: skip
            axes.set(title=task, xlabel="trials k", ylabel="test loss of the best of k")
            axes.xaxis.set_major_locator(MaxNLocator(7, integer=True, min_n_ticks=1))
            loss_ticks(axes.yaxis)
        legend(figure, look)
        caption(figure, text)
    return figure
