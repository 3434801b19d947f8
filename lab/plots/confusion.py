"""Which classes are taken for which."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from lab.plots.figure_arguments import Square, require_some
from lab.plots.panels import panels
from lab.plots.style import GREY, caption, style
from lab.validation.checks import checked

NUMBERED = 12  # with more classes the cells are too small for numbers


@checked
def confusions(matrices: Mapping[str, tuple[str, Square]], text: str) -> Figure:
    """Per cent of each actual class that was predicted to be each class; a panel per task.

    The colour rises with the square root, so that rare confusions show beside the diagonal; below
    half a per cent no number is written. A class without examples is left grey.

    Args:
      matrices: By task, the optimizer's label and [actual, predicted] counts or shares.
      text: The caption.
    """
    require_some("matrices", matrices)
    with style():
        figure, grid = panels(len(matrices), 3.5, legend=False, width=3.5)
        image: Any = None
        for axes, (task, (label, matrix)) in zip(grid, matrices.items()):
            image = _panel(axes, np.asarray(matrix, np.float64))
            axes.set_title(f"{task}\n{label}")
        bar = figure.colorbar(
            image, ax=grid, aspect=25, shrink=0.8, fraction=0.04, label="% of the actual class"
        )
        bar.set_ticks([0, 1, 5, 20, 50, 100])
        caption(figure, text)
    return figure


def _panel(axes: Axes, matrix: np.ndarray):
    total = matrix.sum(1, keepdims=True)
    share = np.where(total > 0, 100 * matrix / np.where(total > 0, total, 1), np.nan)
    count = len(share)
    axes.set_facecolor(GREY)
    image = axes.imshow(share, cmap="Blues", norm=PowerNorm(0.5, 0, 100))
    if count <= NUMBERED:
        for (i, j), value in np.ndenumerate(share):
            if value > 0.5:
                axes.text(
                    j, i, f"{value:.0f}", ha="center", va="center",
                    fontsize=7.5 if count > 6 else 10,
                    color="white" if value > 35 else "black",
                    fontweight="bold" if i == j else "normal",
                )  # fmt: skip
    ticks = range(0, count, 1 if count <= NUMBERED else -(-count // 10))
    axes.set_xticks(ticks)
    axes.set_yticks(ticks)
    axes.set(xlabel="predicted class", ylabel="actual class")
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    return image
