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
from lab.study import Record
from studies.loss_slices.claims import LARGE, SMALL, arms_of
from studies.loss_slices.settings import LossSlices
from studies.loss_slices.slicing import PLANES

MARKERS = ("o", "s", "^", "D")


def figures(record: Record[LossSlices]) -> dict[str, Figure]:
    """With what they show written below."""
    arms, s = arms_of(record), record.settings
    one = arms[SMALL]
    how = (
        f"Digits, 64-32-32-10 ReLU ({one.attrs['parameters']:,} parameters), {s.updates:,} "
        f"updates, constant rate, the best of the same {s.trials} by validation loss on "
        f"{s.tuning_seeds} tuning seeds; loss of all {one.attrs['rows']:,} training rows; "
        f"{s.seeds} fresh seeds"
    )
    return {
        "path": planes_and_paths(
            arms,
            f"{how}. Maps, and bottom left: “{SMALL}”, one seed, a dot every {s.every} updates, "
            "star: the end. Ground: loss on the plane; dots: loss of the path's points, same "
            "colours. Bottom, others: mean over seeds (geometric for the ratio), 95 % t interval, "
            "where it is not seen narrower than the mark.",
        ),
        "sharpness": sharpness(
            arms,
            s.level,
            f"{how}. Geometric mean over seeds of the mean over {s.directions} random directions; "
            f"the 95 % t interval is hardly wider than the lines. Raw: length {s.raw_length:g} "
            "over all parameters. Left, middle: the first point of each path with a training loss "
            f"of at most {s.level:g}. Right: ends of “{SMALL}”; the twin has both hidden layers "
            f"times {s.twin:g} and the output layer over {s.twin**2:g}; its normalized line lies "
            "on the network's.",
        ),
    }


def planes_and_paths(arms: Mapping[str, xr.Dataset], text: str) -> Figure:
    """Maps of one path above; below what the planes say of it, over seeds, and what they hold.

    The ground of a map is the loss on the plane, the dots are the loss of the path's points, in
    the same colours: where they differ the picture misreports the path.
    """
    one = arms[SMALL]
    with style():
        figure, grid = plt.subplots(2, 3, figsize=(11.4, 7.0), layout="constrained")
        first = one.true.isel(seed=0)
        norm = LogNorm(float(first.min()) * 0.8, float(first.max()) * 3)
        for axes, (name, words) in zip(grid[0], PLANES.items()):
            drawn = _map(axes, one.sel(plane=name), norm)
            axes.set_title(words.capitalize())
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
    look = {"norm": norm, "cmap": "viridis", "s": 26, "ec": "black", "lw": 0.6, "zorder": 6}
    dots = axes.scatter(*path.T, c=true, **look)
    axes.plot(*path[-1], "*", color="white", mec="black", ms=12, zorder=7)
    random = str(one.plane.values) == "random"
    share = float(one.share.isel(seed=0))
    unit = "filter norms" if random else "length in parameters"
    axes.set(xlabel=f"first direction, {unit}", ylabel="second direction")
    axes.set(xlim=x[[0, -1]], ylim=y[[0, -1]])
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
    for k, (name, words) in enumerate(PLANES.items()):
        colour = COLOURS[(5, 6, 3)[k]]  # arms have the first ones
        shown = first.shown.sel(plane=name)
        axes.plot(updates, shown, color=colour, ls=DASHES[k], label=words)
    axes.set(yscale="log", xlabel="updates", ylabel="training loss, nats")
    axes.set(title="Read off the maps above, and true")
    _plain(axes.yaxis)
    axes.legend(loc="upper right", fontsize=8.5)


def _ratios(axes: Axes, arms: Mapping[str, xr.Dataset]) -> None:
    """Loss on the principal plane over the loss of the point: geometric means over seeds."""
    axes.axhline(1.0, color="black", lw=0.9)
    for k, (name, arm) in enumerate(arms.items()):
        ratio = (arm.shown.sel(plane="principal") / arm.true).transpose("point", "seed")
        _band(axes, arm.updates, ratio.values, k, name, 0.22)
    axes.set(yscale="log", xlabel="updates", ylabel="loss on the plane / loss of the path")
    axes.set_title("What the principal plane misreports")
    _plain(axes.yaxis, [*np.arange(1, 9) / 10, 1.0, 1.2, 1.5, 2.0, 3.0])
    axes.legend(loc="lower right", fontsize=8.5)


def _shares(axes: Axes, arms: Mapping[str, xr.Dataset]) -> None:
    """How much of the path's variance each plane holds."""
    axes.axvspan(0.4, 0.9, color=GREY, alpha=0.35, lw=0, label="40–90 % (Li et al. 2018)")
    axes.axvline(6 / np.pi**2 * 1.25, color="black", ls=":", lw=1.4, label="a random walk: 76 %")
    places = np.arange(len(PLANES))[::-1]
    for k, (name, arm) in enumerate(arms.items()):
        values = arm.share.sel(plane=list(PLANES)).transpose("plane", "seed").values
        mean, low, high = mean_interval(values)
        axes.errorbar(
            mean, places + 0.18 * (1 - k), xerr=[mean - low, high - mean], fmt=MARKERS[k],
            color=COLOURS[k], ms=5, capsize=2.5, lw=1.2, label=name,
        )  # fmt: skip
    axes.set(xlim=(-0.03, 1.03), ylim=(-2.9, len(PLANES) - 0.5))
    axes.set(xlabel="share of the path's variance on the plane")
    axes.set(title="How much of the path a plane holds")
    axes.set_yticks(places, [words.replace(" ", "\n") for words in PLANES.values()])
    axes.legend(loc="lower left", fontsize=8.5)


def sharpness(arms: Mapping[str, xr.Dataset], level: float, text: str) -> Figure:
    """Loss along random directions: two batch sizes, raw and normalized; and a rescaled twin."""
    small, large = arms[SMALL], arms[LARGE]
    panels = {
        f"Raw directions, at training loss {level:g}":
            [(SMALL, small, "level", "raw"), (LARGE, large, "level", "raw")],
        f"Normalized filters, at training loss {level:g}":
            [(SMALL, small, "level", "filters"), (LARGE, large, "level", "filters")],
        "One function, two networks": [
            ("raw, network", small, "end", "raw"), ("raw, rescaled twin", small, "twin", "raw"),
            ("normalized, network", small, "end", "filters"),
            ("normalized, twin", small, "twin", "filters"),
        ],
    }  # fmt: skip
    with style():
        figure, row = plt.subplots(1, 3, figsize=(11.4, 3.7), layout="constrained")
        for axes, (title, curves) in zip(row, panels.items()):
            for k, (name, arm, place, kind) in enumerate(curves):
                line = arm.line.sel(place=place, kind=kind).transpose("reach", "seed")
                _band(axes, line.reach, line.values, k, name)
            axes.set(title=title, yscale="log", ylabel="training loss, nats")
            axes.set(xlabel="along the direction, in its lengths")
        for axes in row[:2]:
            plain_ticks(axes.yaxis)
            axes.legend(loc="upper center")
        _plain(row[2].yaxis)
        row[2].set_ylim(top=float(small.line.max()) * 40)
        row[2].legend(loc="upper center", ncols=2, fontsize=8, columnspacing=1.0)
        caption(figure, text)
    return figure


def _band(axes: Axes, x, values: np.ndarray, k: int, name: str, alpha: float = 0.2) -> None:
    """Geometric mean over seeds [x, seeds]."""
    mean, low, high = (np.exp(v) for v in mean_interval(np.log(values)))
    axes.plot(x, mean, color=COLOURS[k], ls=DASHES[k], label=name)
    axes.fill_between(x, low, high, color=COLOURS[k], alpha=alpha, lw=0)


def _plain(axis, ticks=tuple(10.0**k for k in range(-6, 5))) -> None:
    """Label a logarithmic axis with plain numbers: whole decades, or those given."""
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.5g}"))
