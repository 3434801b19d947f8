"""Pictures of over-fitting: curves, errors along three axes, decision boundaries."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, caption, plain_ticks, style
from lab.statistics.intervals import mean_interval
from lab.study import Record
from studies.overfitting.runs import Overfitting

PARTS = {"training": (COLOURS[1], "--", "s"), "validation": (COLOURS[0], "-", "o")}


def figures(record: Record[Overfitting]) -> dict[str, Figure]:
    """With what they show written below."""
    s = record.settings
    how = f"Adam at a constant {s.rate:g}, batch {s.batch}, {s.updates:,} updates whatever the rows"
    over = f"mean over {s.seeds} redrawn learning sets ({s.runs} seeds each), 95 % t interval"
    return {
        "curves": curves(
            record["curves"],
            f"MNIST-1D, 40-{s.width}-10 ReLU, {how}; {over}. Training loss: of the batches since "
            "the point before. The star is the least of the mean.",
        ),
        "errors": along(
            {axis: record[axis] for axis in ("rows", "width", "noise")},
            f"MNIST-1D, one ReLU layer; {s.width} units and {s.rows} rows where they are not the "
            f"axis; {how}. Errors at the end (training: on the labels as given, wrong ones too; "
            f"validation: clean); {over}.",
        ),
        "boundaries": boundaries(
            record["plane"],
            f"Two ReLU layers, {s.plane_rows} training rows (shown), noise {s.plane_noise:g}; "
            f"{how}. Ground: probability of class 1, line: one half; one seed. Errors: mean over "
            f"{s.seeds} redrawn learning sets.",
        ),
    }


def curves(record: xr.Dataset, text: str) -> Figure:
    """Training and validation loss, a column per learning set; validation error at the right."""
    sizes = record.rows.values
    with style():
        figure, grid = plt.subplots(
            1, len(sizes) + 1, figsize=(3.9 * (len(sizes) + 1), 3.6), layout="constrained"
        )
        for axes, rows in zip(grid, sizes):
            one = record.sel(rows=rows)
            for part, (colour, dash, _) in PARTS.items():
                _band(axes, one.updates.values, one[f"{part}_loss"], colour, dash, part)
            low = one.validation_loss.mean("split").values
            axes.plot(
                one.updates[int(low.argmin())], low.min(), "*", ms=12, color="black", zorder=5,
                label="least validation loss",
            )  # fmt: skip
            axes.set(title=f"{rows:,} training rows", ylabel="loss, nats", xlabel="updates")
            axes.set_ylim(0, 1.05 * float(record.validation_loss.mean("split").max()))
        grid[0].legend(fontsize=8.5)
        for k, rows in enumerate(sizes):
            one = record.sel(rows=rows)
            _band(
                grid[-1], one.updates.values, 100 * one.validation_error,
                COLOURS[(2, 4)[k % 2]], ("-", "--")[k % 2], f"{rows:,} rows",
            )  # fmt: skip
        grid[-1].set(title="Errors", ylabel="validation error, %", xlabel="updates", ylim=(0, None))
        grid[-1].legend(fontsize=8.5)
        caption(figure, text)
    return figure


def along(parts: Mapping[str, xr.Dataset], text: str) -> Figure:
    """Training and validation error against rows, width and share of wrong labels."""
    says = {
        "rows": ("training rows", "More data"),
        "width": ("hidden units", "More capacity"),
        "noise": ("wrong training labels, %", "More noise"),
    }
    with style():
        figure, grid = plt.subplots(1, 3, figsize=(11.4, 3.7), layout="constrained", sharey=True)
        for axes, (dim, (label, title)) in zip(grid, says.items()):
            error = 100 * parts[dim].error
            x = error[dim].values * (100 if dim == "noise" else 1)
            for part, (colour, dash, marker) in PARTS.items():
                mean, low, high = mean_interval(error.sel(part=part).transpose(dim, "split").values)
                axes.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
                axes.plot(x, mean, dash, marker=marker, ms=4.5, color=colour, label=part)
            axes.set(xlabel=label, title=title, ylim=(-2, None))
        for axes in grid[:2]:
            axes.set_xscale("log", base=2)
            plain_ticks(axes.xaxis, 4, (1.0, 2.0, 5.0))
        grid[0].set_ylabel("error, %")
        grid[2].plot([0, 40], [0, 40], ":", color="black", lw=1, label="wrong labels")
        grid[2].legend(fontsize=8.5)
        caption(figure, text)
    return figure


def boundaries(plane: xr.Dataset, text: str) -> Figure:
    """Probability of class 1 over the plane, the boundary, and the rows it was learnt from."""
    names, widths, at = plane.data.values, plane.width.values, plane["at"].values
    with style():
        figure, grid = plt.subplots(
            len(names), len(widths), figsize=(2.9 * len(widths), 3.0 * len(names)),
            layout="constrained", sharex=True, sharey=True, squeeze=False,
        )  # fmt: skip
        for row, name in zip(grid, names):
            for axes, width in zip(row, widths):
                one = plane.sel(data=name, width=width)
                training, held = 100 * one.error.mean("split").sel(part=["training", "validation"])
                field = one.field.transpose("v", "u").values
                axes.contourf(at, at, field, np.linspace(0, 1, 9), cmap="PuOr_r", alpha=0.85)
                if field.min() < 0.5 < field.max():
                    axes.contour(at, at, field, levels=[0.5], colors="black", linewidths=1.4)
                x1, x2, y = one.shown.transpose("what", "row").values
                for k, (marker, colour) in enumerate((("s", "white"), ("o", COLOURS[1]))):
                    mine = y == k
                    axes.plot(x1[mine], x2[mine], marker, ms=4.5, mfc=colour, mec="black", ls="")
                axes.grid(visible=False)
                axes.set(aspect="equal", xlim=(at[0], at[-1]), ylim=(at[0], at[-1]))
                axes.set_title(
                    f"{width} units a layer\ntraining {float(training):.0f} %, validation "
                    f"{float(held):.0f} %",
                    fontsize=9,
                )
            row[0].set_ylabel(f"{name}\n$x_2$, standard deviations")
        for axes in grid[-1]:
            axes.set_xlabel("$x_1$, standard deviations")
        caption(figure, text)
    return figure


def _band(axes: Axes, x, values: xr.DataArray, colour: str, dash: str, label: str) -> None:
    mean, low, high = mean_interval(values.transpose("step", "split").fillna(np.inf).values)
    shown = np.isfinite(mean)
    axes.fill_between(x[shown], low[shown], high[shown], color=colour, alpha=0.15, lw=0)
    axes.plot(x[shown], mean[shown], dash, color=colour, label=label)
