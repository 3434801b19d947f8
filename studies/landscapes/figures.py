"""Pictures of landscapes: steps on a curve, surfaces, paths, basins of attraction, animations."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.colors import LogNorm, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lab.plots.animation import Picture
from lab.plots.race_paths import contour, name_below, path_map
from lab.plots.style import COLOURS, caption, style
from lab.study import Record
from lab.tasks.landscapes import LANDSCAPES
from studies.landscapes.animation import animated
from studies.landscapes.runs import Landscapes

SURFACES = ("elongated_bowl", "saddle", "rosenbrock", "rastrigin")
MAPS = ("elongated_bowl", "saddle", "ravine", "rosenbrock", "beale", "himmelblau")
MOVING = ("rosenbrock", "saddle", "himmelblau")


def figures(record: Record[Landscapes]) -> dict[str, Picture]:
    """With what they show written below."""
    s, races = record.settings, record.under("race")
    budget = (
        f"{s.steps} updates, best of the same {s.rates} learning rates on {s.tuning_starts} "
        "other starts"
    )
    return {
        "steps": steps_on_a_curve(
            record["curve"],
            f"w ← w − η f′(w) on f = x² + x, {s.curve_steps} updates from −2.1; dark to bright: "
            "order of the points. Curvature 2: stable below η = 1.",
        ),
        "surfaces": surfaces(
            SURFACES, "Heights (top 3 % cut off) and contours, evenly spaced in log height."
        ),
        "paths": path_maps(
            {name: races[name] for name in MAPS if name in races},
            f"Illustration. {budget}. One of {s.seeds} random starts; stars: minima.",
        ),
        "basins": basin_maps(
            record.under("basins"),
            s.steps,
            f"Illustration. {s.size}² starts, {budget}. Colour: the minimum reached, darker the "
            "later, grey none; Rastrigin: height of the end, yellow is high.",
        ),
    } | {
        name: animated(races[name].isel(start=slice(0, 24)), s.frames, f"Illustration: {budget}.")
        for name in MOVING
        if name in races
    }


def steps_on_a_curve(record: xr.Dataset, text: str) -> Figure:
    """A panel per learning rate: the curve with the points visited, numbered by colour."""
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
    """A map per landscape: paths from the start next to the one that makes its point."""
    rows = -(-len(races) // columns)
    with style():
        figure, grid = plt.subplots(rows, columns, figsize=(3.15 * columns, 2.75 * rows))
        figure.subplots_adjust(0.04, 0.1, 0.99, 0.95, wspace=0.17, hspace=0.28)
        colours: dict[str, str] = {}
        for axes, (name, race) in zip(np.ravel(grid), races.items()):
            apart = race.path.isel(step=0, optimizer=0).values - LANDSCAPES[name].start
            start = race.isel(start=int(np.linalg.norm(apart, axis=-1).argmin()))
            colours = path_map(axes, name, start, lw=1.1, alpha=0.9, marker=".", ms=3)
        handles = [Line2D([], [], color=c, marker=".", label=k) for k, c in colours.items()]
        name_below(figure, handles, 0.055)
        caption(figure, text)
    return figure


def basin_maps(basins: Mapping[str, xr.Dataset], steps: int, text: str) -> Figure:
    """Where every start of the domain ends: a row per landscape, a column per optimizer.

    The colour is the minimum reached (grey: none), darker the later; with many minima it is the
    height of the end above the lowest one.
    """
    columns = next(iter(basins.values())).sizes["optimizer"]
    with style():
        figure, grid = plt.subplots(
            len(basins), columns, figsize=(2.45 * columns, 2.75 * len(basins)), squeeze=False
        )
        figure.subplots_adjust(0.05, 0.03, 0.98, 0.95, wspace=0.12, hspace=0.2)
        for row, (name, basin) in zip(grid, basins.items()):
            landscape = LANDSCAPES[name]
            for axes, optimizer in zip(row, basin.optimizer.values.tolist()):
                mine = basin.sel(optimizer=optimizer)
                many = len(landscape.minima) > 9
                axes.imshow(
                    mine.height.values + 0.1 if many else _shaded(mine, steps),
                    extent=(*landscape.domain[0], *landscape.domain[1]),
                    origin="lower",
                    interpolation="nearest",
                    aspect="auto",
                    **({"norm": LogNorm(0.1, 80), "cmap": "viridis"} if many else {}),
                )
                if not many:
                    axes.plot(*np.array(landscape.minima).T, "*", color="white", mec="black", ms=9)
                axes.set_title(f"{optimizer}, η = {float(mine.rate):.2g}", fontsize=9.5)
                axes.grid(visible=False)
                axes.tick_params(labelsize=7)
            row[0].set_ylabel(name.replace("_", " "), fontsize=11)
        caption(figure, text)
    return figure


def _shaded(basin: xr.Dataset, steps: int) -> np.ndarray:
    """RGB [y, x, 3]: a colour per minimum, darker the later it settled."""
    palette = np.array([to_rgb(c) for c in ("#9A9A9A", *COLOURS[:4], *COLOURS[5:])])
    colour = palette[basin.minimum.values + 1]
    late = np.clip(basin.settled.values / steps, 0, 1)[..., None]
    shaded = (1 - 0.5 * late) * (0.35 + 0.65 * colour)
    return np.round(np.clip(shaded, 0, 1) * 31) / 31  # few shades: a small file
