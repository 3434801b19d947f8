"""A panel per task, wrapped so that a figure stays as wide as a page."""

import textwrap

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from lab.plots.style import plain_ticks

COLUMNS = 3
WIDTH = {1: 5.0, 2: 4.0, 3: 3.3}  # inches of a panel, by the number of columns
LEGEND = 1.6  # inches to the right of all panels


def panels(
    count: int, height: float, *, legend: bool = True, width: float | None = None, sharey=False
) -> tuple[Figure, list[Axes]]:
    """A figure of `count` panels, at most three in a row; places left over are empty.

    Args:
      count: How many.
      height: Inches of a panel.
      legend: Whether to leave room for one at the right.
      width: Inches of a panel, if not the usual.
      sharey: As for `plt.subplots`.
    """
    columns = min(count, COLUMNS)
    rows = -(-count // columns)
    wide = columns * (width or WIDTH[columns]) + LEGEND * legend
    figure, grid = plt.subplots(
        rows, columns, figsize=(wide, rows * height), squeeze=False, sharey=sharey,
        layout="constrained",
    )  # fmt: skip
    axes = list(grid.flat)
    for empty in axes[count:]:
        empty.remove()
    return figure, axes[:count]


def amounts(axis: Axis) -> None:
    """A few ticks, written 5,000 or 0.02; millions and more as 20M and 3G."""
    axis.set_major_locator(MaxNLocator(5))
    axis.set_major_formatter(FuncFormatter(lambda value, _: amount(value)))


def amount(value: float) -> str:
    """A number as short as a tick needs it.

    >>> [amount(x) for x in (0.02, 5000.0, 2e7, 2.5e9)]
    ['0.02', '5,000', '20M', '2.5G']
    """
    for unit, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if abs(value) >= unit:
            return f"{value / unit:g}{letter}"
    return f"{value:,.6g}"


def loss_ticks(axis: Axis) -> None:
    """A few plain ticks on a logarithmic axis, however short it is; its limits must be final."""
    low, high = axis.get_view_interval()
    plain_ticks(axis, subs=(1.0, 2.0, 5.0) if high > 20 * low else (1.0, 1.5, 2.0, 3.0, 5.0, 7.0))
    if high < 2 * low:
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))


def plain_schedule(name: str) -> str:
    """A schedule's name for a title.

    >>> plain_schedule("cosine_decay_schedule")
    'cosine'
    """
    return name.removesuffix("_schedule").removesuffix("_decay").replace("_", " ")


def wrapped(title: str, inches: float) -> str:
    """A title broken into lines that fit a panel."""
    return textwrap.fill(title, int(11.5 * (inches - 0.6)))
