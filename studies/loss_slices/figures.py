"""Pictures of a network's loss: planes with a path on them, what they hide, and sharpness."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from lab.plots.style import COLOURS, DASHES, GREY, caption, plain_ticks, style
from lab.statistics.intervals import mean_interval

LABELS = {
    "principal": "principal components",
    "chord": "start–end plane",
    "random": "random directions",
}
MARKERS = ("o", "s", "^", "D")


def planes_and_paths(arms: Mapping[str, xr.Dataset], mapped: str, text: str) -> Figure:
    """Maps of one path above; below what the planes say of it, over seeds, and what they hold.

    The ground of a map is the loss on the plane, the dots are the loss of the path's points, in
    the same colours: where they differ the picture misreports the path.

    Args:
      arms: By name: `true` (seed, point), `shown` (seed, plane, point), `share` (seed, plane),
        `coordinates` (seed, plane, point, axis) and, of the first seed, `map` (plane, v, u).
      mapped: The arm whose first seed is mapped.
      text: The caption.
    """
    one = arms[mapped]
    with style():
        figure, grid = plt.subplots(2, 3, figsize=(11.4, 7.0), layout="constrained")
        norm = LogNorm(
            float(one.true.isel(seed=0).min()) * 0.8, float(one.true.isel(seed=0).max()) * 3
        )
        for axes, name in zip(grid[0], LABELS):
            drawn = _map(axes, one.sel(plane=name), norm)
            axes.set_title(LABELS[name].capitalize())
        bar = figure.colorbar(drawn, ax=grid[0], pad=0.01, aspect=22)  # type: ignore[arg-type]
        bar.set_label("training loss, nats")
        _plain(bar.ax.yaxis)
        _along(grid[1, 0], one)
        _ratios(grid[1, 1], arms)
        _shares(grid[1, 2], arms)
        caption(figure, text)
    return figure


def _map(axes: Axes, one: xr.Dataset, norm: LogNorm):
    levels = np.geomspace(float(norm.vmin or 0), float(norm.vmax or 1), 19)
    x, y, z = one.map_x.values, one.map_y.values, one["map"].values
    ground = {"levels": levels, "norm": norm, "cmap": "viridis", "extend": "both"}
    axes.contourf(x, y, z, **ground)
    axes.contour(x, y, z, levels=levels[::2], colors="white", linewidths=0.35)
    path, true = one.coordinates.isel(seed=0).values, one.true.isel(seed=0).values
    axes.plot(*path.T, color="black", lw=0.6, zorder=5)
    dots = axes.scatter(
        *path.T, c=true, norm=norm, cmap="viridis", s=26, ec="black", lw=0.6, zorder=6
    )
    axes.plot(*path[-1], "*", color="white", mec="black", ms=12, zorder=7)
    random = str(one.plane.values) == "random"
    share = float(one.share.isel(seed=0))
    unit = "filter norms" if random else "length in parameters"
    axes.set(
        xlabel=f"first direction, {unit}",
        ylabel="second direction",
        xlim=x[[0, -1]],
        ylim=y[[0, -1]],
    )
    words = f"{share:.2%}: all of the path is at the star"
    axes.text(
        0.02, 0.02, words if random else f"{share:.0%} of the variance",
        transform=axes.transAxes, fontsize=8.5, zorder=8,
        bbox={"fc": "white", "ec": "none", "alpha": 0.8, "pad": 2},
    )  # fmt: skip
    axes.grid(visible=False)
    return dots


def _along(axes: Axes, one: xr.Dataset) -> None:
    """Loss of the points and of their shadows, one seed."""
    first, updates = one.isel(seed=0), one.updates.values
    axes.plot(updates, first.true, color="black", lw=2.2, label="the path itself")
    for k, name in enumerate(LABELS):
        shown = first.shown.sel(plane=name)
        colour = (COLOURS[5], COLOURS[6], COLOURS[3])[k]  # arms have the first ones
        axes.plot(updates, shown, color=colour, ls=DASHES[k], label=LABELS[name])
    axes.set(yscale="log", xlabel="updates", ylabel="training loss, nats")
    axes.set_title("Read off the maps above, and true")
    _plain(axes.yaxis)
    axes.legend(loc="upper right", fontsize=8.5)


def _ratios(axes: Axes, arms: Mapping[str, xr.Dataset]) -> None:
    """Loss on the principal plane over the loss of the point: geometric means over seeds."""
    axes.axhline(1.0, color="black", lw=0.9)
    for k, (name, arm) in enumerate(arms.items()):
        logs = np.log(arm.shown.sel(plane="principal") / arm.true).transpose("point", "seed")
        mean, low, high = (np.exp(v) for v in mean_interval(logs.values))
        axes.plot(arm.updates, mean, color=COLOURS[k], ls=DASHES[k], label=name)
        axes.fill_between(arm.updates, low, high, color=COLOURS[k], alpha=0.22, lw=0)
    axes.set(yscale="log", xlabel="updates", ylabel="loss on the plane / loss of the path")
    axes.set_title("What the principal plane misreports")
    _plain(axes.yaxis, (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.2, 1.5, 2.0, 3.0))
    axes.legend(loc="lower right", fontsize=8.5)


def _shares(axes: Axes, arms: Mapping[str, xr.Dataset]) -> None:
    """How much of the path's variance each plane holds."""
    axes.axvspan(0.4, 0.9, color=GREY, alpha=0.35, lw=0, label="40–90 % (Li et al. 2018)")
    walk = 6 / np.pi**2 * 1.25
    axes.axvline(walk, color="black", ls=":", lw=1.4, label="a random walk: 76 %")
    places = np.arange(len(LABELS))[::-1]
    for k, (name, arm) in enumerate(arms.items()):
        values = arm.share.sel(plane=list(LABELS)).transpose("plane", "seed").values
        mean, low, high = mean_interval(values)
        axes.errorbar(
            mean, places + 0.18 * (1 - k), xerr=[mean - low, high - mean], fmt=MARKERS[k],
            color=COLOURS[k], ms=5, capsize=2.5, lw=1.2, label=name,
        )  # fmt: skip
    axes.set(xlim=(-0.03, 1.03), ylim=(-2.9, len(LABELS) - 0.5))
    axes.set(xlabel="share of the path's variance on the plane")
    axes.set_yticks(places, [label.replace(" ", "\n") for label in LABELS.values()])
    axes.set_title("How much of the path a plane holds")
    axes.legend(loc="lower left", fontsize=8.5)


def sharpness(arms: Mapping[str, xr.Dataset], twin: str, level: float, text: str) -> Figure:
    """Loss along random directions: two batch sizes, raw and normalized; and a rescaled twin.

    Args:
      arms: By name: `line` (seed, place, kind, reach).
      twin: The arm whose end and its twin are drawn.
      level: Training loss at which arms are compared.
      text: The caption.
    """
    titles = {"raw": "Raw directions", "filters": "Normalized filters"}
    with style():
        figure, row = plt.subplots(1, 3, figsize=(11.4, 3.7), layout="constrained")
        for axes, (kind, title) in zip(row, titles.items()):
            for k, (name, arm) in enumerate(arms.items()):
                _band(axes, arm.line.sel(place="level", kind=kind), k, name)
            axes.set_title(f"{title}, at training loss {level:g}")
        for k, (kind, place, name) in enumerate((
            ("raw", "end", "raw, network"), ("raw", "twin", "raw, rescaled twin"),
            ("filters", "end", "normalized, network"), ("filters", "twin", "normalized, twin"),
        )):  # fmt: skip
            _band(row[2], arms[twin].line.sel(place=place, kind=kind), k, name)
        row[2].set_title("One function, two networks")
        for axes in row:
            axes.set(yscale="log", ylabel="training loss, nats")
            axes.set_xlabel("along the direction, in its lengths")
        _plain(row[2].yaxis)
        row[2].set_ylim(top=float(arms[twin].line.max()) * 40)
        for axes in row[:2]:
            plain_ticks(axes.yaxis)
            axes.legend(loc="upper center")
        row[2].legend(loc="upper center", ncols=2, fontsize=8, columnspacing=1.0)
        caption(figure, text)
    return figure


def _band(axes: Axes, line: xr.DataArray, k: int, name: str) -> None:
    logs = np.log(line.transpose("reach", "seed").values)
    mean, low, high = (np.exp(v) for v in mean_interval(logs))
    axes.plot(line.reach, mean, color=COLOURS[k], ls=DASHES[k], label=name)
    axes.fill_between(line.reach, low, high, color=COLOURS[k], alpha=0.2, lw=0)


def _plain(axis, ticks=None) -> None:
    """Label a logarithmic axis with plain numbers: whole decades, or those given."""
    axis.set_major_locator(
        FixedLocator([10.0**k for k in range(-6, 5)] if ticks is None else ticks)
    )
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.5g}"))
