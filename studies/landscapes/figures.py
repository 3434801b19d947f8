"""Pictures of landscapes: steps on a curve, surfaces, paths, basins of attraction."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.colors import LogNorm, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lab.plots.races import colours_of, contour, paths
from lab.plots.style import COLOURS, caption, style
from lab.tasks.landscapes import LANDSCAPES


def steps_on_a_curve(record: xr.Dataset, text: str) -> Figure:
    """A panel per learning rate: the curve with the points visited, numbered by colour.

    Args:
      record: `path` (rate, step) on the landscape named in its attributes.
      text: The caption.
    """
    landscape = LANDSCAPES[record.attrs["landscape"]]
    (low, high), words = landscape.domain[0], record.word.values.tolist()
    with style():
        figure, row = plt.subplots(1, len(words), figsize=(9.4, 2.9), sharey=True)
        figure.subplots_adjust(wspace=0.08, left=0.06, right=0.99, bottom=0.17, top=0.85)
        x = np.linspace(low, high, 300)
        y = np.asarray(landscape.value(jnp.asarray(x)))
        for axes, word, rate in zip(row, words, record.rate.values):
            axes.plot(x, y, color="#777777", lw=1.2)
            path = record.path.sel(rate=rate).values
            seen = path[np.isfinite(path)]
            height = np.asarray(landscape.value(jnp.asarray(seen)))
            axes.plot(seen, height, color=COLOURS[1], lw=0.9)
            axes.scatter(
                seen, height, c=np.arange(len(seen)), cmap="plasma", s=20, zorder=5, vmin=0,
                vmax=len(path),
            )  # fmt: skip
            pad = 0.06 * (y.max() - y.min())
            axes.set(xlim=(low, high), ylim=(y.min() - pad, y.max() + pad), xlabel="w")
            axes.set_title(f"η = {rate:g}: {word}")
        row[0].set_ylabel("f(w)")
        caption(figure, text)
    return figure


def surfaces(names: Sequence[str], text: str) -> Figure:
    """Each landscape as a surface, above its contour map."""
    with style():
        figure = plt.figure(figsize=(2.6 * len(names), 4.9))
        for i, name in enumerate(names):
            landscape = LANDSCAPES[name]
            x, y, z = landscape.grid(61)
            axes: Any = figure.add_subplot(2, len(names), i + 1, projection="3d")
            top = np.quantile(z, 0.97)
            axes.plot_surface(
                *np.meshgrid(x, y), np.minimum(z, top), cmap="Blues_r", lw=0, rstride=2, cstride=2,
                antialiased=False,
            )  # fmt: skip
            axes.view_init(elev=38, azim=-62)
            axes.set_title(name.replace("_", " "), y=1.06)
            axes.tick_params(labelsize=6, pad=-3)
            axes.set_box_aspect((1, 1, 0.7), zoom=1.15)
            contour(figure.add_subplot(2, len(names), len(names) + i + 1), landscape)
        figure.subplots_adjust(left=0.03, right=0.99, wspace=0.2, hspace=0.1, bottom=0.05, top=0.92)
        caption(figure, text)
    return figure


def path_maps(races: Mapping[str, xr.Dataset], text: str, columns: int = 3) -> Figure:
    """A map per landscape with the path of every optimizer from one fresh start."""
    rows = -(-len(races) // columns)
    with style():
        figure, grid = plt.subplots(rows, columns, figsize=(3.15 * columns, 2.75 * rows))
        figure.subplots_adjust(
            hspace=0.28, wspace=0.17, left=0.04, right=0.99, bottom=0.1, top=0.95
        )
        colours: dict[str, str] = {}
        for axes, (name, race) in zip(np.ravel(grid), races.items()):
            colours = colours_of(race.optimizer.values.tolist())
            contour(axes, LANDSCAPES[name])
            start = race.path.isel(start=_nearest_start(race, LANDSCAPES[name].start))
            paths(axes, start, colours, lw=1.1, alpha=0.9, marker=".", ms=3)
            axes.plot(*start.isel(optimizer=0, step=0).values, "o", color="black", ms=5, zorder=31)
            axes.set_title(name.replace("_", " "))
        handles = [Line2D([], [], color=c, marker=".", label=k) for k, c in colours.items()]
        figure.legend(
            handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.055), ncols=len(handles)
        )
        caption(figure, text)
    return figure


def _nearest_start(race: xr.Dataset, point: tuple[float, ...]) -> int:
    """The number of the start next to the one that makes the landscape's point."""
    starts = race.path.isel(step=0, optimizer=0).values
    return int(np.linalg.norm(starts - np.array(point), axis=-1).argmin())


def basin_maps(basins: Mapping[str, xr.Dataset], text: str) -> Figure:
    """Where every start of the domain ends: a row per landscape, a column per optimizer.

    The colour is the minimum reached (grey: none), darker the later. With many minima the
    colour is the height of the end above the lowest one.

    Args:
      basins: By landscape: `minimum` (optimizer, y, x) with −1 for none, `settled` updates,
        `height` of the end; coordinate `rate`.
      text: The caption.
    """
    columns = next(iter(basins.values())).sizes["optimizer"]
    with style():
        figure, grid = plt.subplots(
            len(basins), columns, figsize=(2.45 * columns, 2.75 * len(basins)), squeeze=False
        )
        figure.subplots_adjust(
            wspace=0.12, hspace=0.2, left=0.05, right=0.98, bottom=0.03, top=0.95
        )
        for row, (name, basin) in zip(grid, basins.items()):
            landscape = LANDSCAPES[name]
            many = len(landscape.minima) > 9
            for axes, optimizer in zip(row, basin.optimizer.values.tolist()):
                mine = basin.sel(optimizer=optimizer)
                frame = {
                    "extent": (*landscape.domain[0], *landscape.domain[1]),
                    "origin": "lower",
                    "interpolation": "nearest",
                    "aspect": "auto",
                }
                if many:
                    axes.imshow(
                        mine.height.values + 0.1, norm=LogNorm(0.1, 80), cmap="viridis", **frame
                    )
                else:
                    axes.imshow(_shaded(mine), **frame)
                    axes.plot(*np.array(landscape.minima).T, "*", color="white", mec="black", ms=9)
                axes.set_title(f"{optimizer}, η = {float(mine.rate):.2g}", fontsize=9.5)
                axes.grid(visible=False)
                axes.tick_params(labelsize=7)
            row[0].set_ylabel(name.replace("_", " "), fontsize=11)
        caption(figure, text)
    return figure


def _shaded(basin: xr.Dataset) -> np.ndarray:
    """RGB [y, x, 3]: a colour per minimum, darker the later it settled."""
    palette = np.array([to_rgb(c) for c in ("#9A9A9A", *COLOURS[:4], *COLOURS[5:])])
    colour = palette[basin.minimum.values + 1]
    late = np.clip(basin.settled.values / basin.attrs["steps"], 0, 1)[..., None]
    shaded = (1 - 0.5 * late) * (0.35 + 0.65 * colour)
    return np.round(np.clip(shaded, 0, 1) * 31) / 31  # few shades: a small file
