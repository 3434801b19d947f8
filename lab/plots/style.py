"""One style for every figure: legible at the size of a page, and without colour vision."""

import textwrap
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from PIL import Image

from lab.files import AnyPath, write_atomically
from lab.plots.figure_arguments import Colour, is_row
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Kind, is_scalar, is_whole

# Okabe & Ito (2008), told apart by all common kinds of colour vision; yellow, too pale for
# lines on white, is replaced by black.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9", "#7F3C8D")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (3, 1)), (0, (7, 2)))
GREY = "#B8B8B8"
Coordinate = Annotated[float, Kind("a number", is_scalar)]  # perhaps NaN
Digits = Annotated[int, Kind("a number of digits, 0 to 17", lambda v: is_whole(v) and 0 <= v < 18)]
Places = Annotated[
    Sequence[float],
    Kind(
        "a sequence of numbers from 1 to 10", lambda v: is_row(v) and all(1 <= x <= 10 for x in v)
    ),
]
LARGE = 100_000  # bytes of a PNG

_RC: Any = {
    "figure.dpi": 100,
    "savefig.dpi": 100,
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.7,
    "legend.frameon": False,
    "svg.hashsalt": "lab",
}


@contextmanager
def style():
    """The style, for the figures drawn inside; nothing global is changed."""
    with mpl.rc_context(_RC):
        yield


@checked
def caption(figure: Figure, text: str) -> None:
    """Sentences below the figure: budget, number of seeds, what the band is."""
    per_line = int(figure.get_figwidth() * 14)  # characters of this size in the figure's width
    figure.text(
        0.02, -0.02, textwrap.fill(text, per_line), ha="left", va="top", fontsize=8.5,
        color="#444444",
    )  # fmt: skip


@checked
def plain_ticks(axis: Axis, digits: Digits = 3, subs: Places = (1.0, 2.0, 5.0)) -> None:
    """Label a logarithmic axis 0.1, 0.2, 0.5, 1 rather than with powers of ten."""
    axis.set_major_locator(LogLocator(subs=subs))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.{digits}g}"))
    axis.set_minor_formatter(NullFormatter())


@checked
def save(figure: Figure, path: AnyPath) -> Path:
    """Write the figure and close it; bytes depend on nothing but its contents.

    A PNG that would be large is written with a palette of 256 colours.

    Raises:
      InputError: If the folder cannot be written to; the file is whole or as it was.
    """
    path = Path(path)
    form, known = path.suffix[1:], figure.canvas.get_supported_filetypes()
    require(form in known, f"path must end in one of .{', .'.join(known)}, given {str(path)!r}.")
    metadata = {"Software": None} if form == "png" else {"Date": None}

    def write(temporary: Path) -> None:
        figure.savefig(temporary, format=form, bbox_inches="tight", metadata=metadata)
        if form == "png" and temporary.stat().st_size > LARGE:
            with Image.open(temporary) as image:
                few = image.convert("RGB").quantize(
                    256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
                )
            few.save(temporary, form, optimize=True)

    try:
        return write_atomically(path, write)
    finally:
        plt.close(figure)


@checked
def label_ends(axes: Axes, ends: Sequence[tuple[Coordinate, Coordinate, str, Colour]]) -> None:
    """Write names at the right ends of lines, moved apart where they would overlap.

    Args:
      axes: Limits and scales must be final.
      ends: (x, y, name, colour) of each line, in data coordinates.
    """
    to_pixels = axes.transData.transform
    height = axes.figure.dpi * mpl.rcParams["font.size"] / 72 * 1.12  # type: ignore[union-attr]
    ends = [end for end in ends if np.isfinite(end[1])]
    if not ends:
        return
    low, high = axes.get_window_extent().y0, axes.get_window_extent().y1
    points = sorted(
        (float(np.clip(to_pixels((x, y))[1], low, high)), i) for i, (x, y, *_) in enumerate(ends)
    )
    wanted = np.array([y for y, _ in points])
    placed = _spread(wanted, height)
    edge = axes.get_window_extent().x1
    inverse = axes.transAxes.inverted().transform
    for (_, i), at in zip(points, placed):
        x, y, name, colour = ends[i]
        anchor = inverse((edge, at))
        axes.annotate(
            name, xy=(x, y), xytext=(1.03, anchor[1]), textcoords="axes fraction", color=colour,
            va="center", fontsize=8.5, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "lw": 0.5, "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip


def _spread(wanted: np.ndarray, gap: float) -> np.ndarray:
    """The nearest ascending positions at least `gap` apart: pooled, block by block."""
    offsets = wanted - gap * np.arange(len(wanted))
    blocks: list[list[float]] = []  # isotonic regression by pooling adjacent violators
    for value in offsets:
        blocks.append([value, 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, n), (b, m) = blocks[-2], blocks[-1]
            blocks[-2:] = [[(a * n + b * m) / (n + m), n + m]]
    levels = np.concatenate([np.full(int(n), level) for level, n in blocks])
    return levels + gap * np.arange(len(wanted))
