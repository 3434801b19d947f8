"""Paths over contour maps, and the height of optimizers against updates."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lab.plots.style import COLOURS, DASHES, caption, style
from lab.tasks.landscapes import LANDSCAPES, Landscape


def contour(axes: Axes, landscape: Landscape, levels: int = 12, points: int = 220) -> None:
    """Filled contours of a landscape, evenly spaced in the logarithm of the height."""
    x, y, z = landscape.grid(points)
    least = min(float(landscape(np.array(m))) for m in landscape.minima)
    height = np.maximum(z - least, 0)
    low, high = np.quantile(height, 0.003), height.max()
    edges = np.geomspace(max(low, high * 1e-5), high, levels)
    axes.contourf(
        x, y, np.clip(height, edges[0], None), levels=edges, cmap="Blues_r", alpha=0.55,
        norm=LogNorm(edges[0], high),
    )  # fmt: skip
    axes.contour(x, y, height, levels=edges, colors="white", linewidths=0.4)
    minima = np.array(landscape.minima)
    if len(minima) <= 9:
        axes.plot(*minima.T, "*", color="black", ms=8, zorder=30)
    axes.set(xlim=landscape.domain[0], ylim=landscape.domain[1])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(labelsize=7.5)


def colours_of(optimizers: Sequence[str]) -> dict[str, str]:
    """The colour of each optimizer, in order."""
    return {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(optimizers)}


def path_map(axes: Axes, name: str, start: xr.Dataset, **line) -> dict[str, str]:
    """The ways of all optimizers from one start, over the contours; their colours."""
    colours = colours_of(start.optimizer.values.tolist())
    contour(axes, LANDSCAPES[name])
    for label, colour in colours.items():
        xy = start.path.sel(optimizer=label).values
        xy = xy[np.isfinite(xy).all(-1)]
        axes.plot(*xy.T, color=colour, **{"lw": 1.3, "zorder": 10, **line})
    first = start.path.isel(optimizer=0, step=0).values
    axes.plot(*first, "o", color="black", ms=5, zorder=31)
    axes.set_title(name.replace("_", " "))
    return colours


def name_below(figure: Figure, handles: Sequence[Line2D], height: float) -> None:
    """One row of names below all panels."""
    figure.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, height), ncols=len(handles)
    )


def race_figure(races: Mapping[str, xr.Dataset], text: str) -> Figure:
    """A column per landscape: paths from its highest start above, height against updates below.

    Lines are medians over the fresh starts, bands their middle half.
    """
    columns = len(races)
    with style():
        size, left = (2.4 * columns + 0.6, 4.9), 0.5 / (columns + 0.6) / 2.2
        figure, (maps, curves) = plt.subplots(2, columns, figsize=size, squeeze=False)
        figure.subplots_adjust(left, 0.17, 0.99, 0.94, wspace=0.3, hspace=0.35)
        colours: dict[str, str] = {}
        for axes, below, (name, race) in zip(maps, curves, races.items()):
            highest = int(race.height.isel(step=0, optimizer=0).argmax("start"))
            colours = path_map(axes, name, race.isel(start=highest))
            for i, optimizer in enumerate(race.optimizer.values.tolist()):
                height = race.height.sel(optimizer=optimizer) + 1e-9
                low, middle, high = height.quantile([0.25, 0.5, 0.75], "start").values
                below.plot(race.step, middle, color=COLOURS[i], ls=DASHES[i], lw=1.5)
                below.fill_between(race.step, low, high, color=COLOURS[i], alpha=0.15, lw=0)
            below.set(yscale="log", xlabel="updates", ylim=(1e-9, None))
            below.tick_params(labelsize=8)
        curves[0].set_ylabel("height above the minimum")
        handles = [
            Line2D([], [], color=c, ls=DASHES[i], label=name)
            for i, (name, c) in enumerate(colours.items())
        ]
        name_below(figure, handles, 0.075)
        caption(figure, text)
    return figure
