"""Figures of the study of batch sizes."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, DASHES, caption, plain_ticks, style
from lab.statistics import mean_interval


def curves(
    reports: Mapping[int, xr.Dataset], seconds: Mapping[int, float], rows: int, text: str
) -> Figure:
    """Validation loss per epoch and example, per update, per second; and one seed alone."""
    with style():
        figure, grid = plt.subplots(2, 2, figsize=(9.2, 6.4), sharey=True, layout="constrained")
        panels: dict[str, Axes] = dict(zip(("epoch", "update", "second", "one"), grid.ravel()))
        for i, (size, report) in enumerate(reports.items()):
            loss = report.validation_loss.isel(optimizer=0, learning_rate=0)
            values = loss.transpose("step", "seed").values[1:]
            updates = report.updates.values[1:]
            at = {
                "epoch": updates * size / rows,
                "update": updates,
                "second": updates * seconds[size],
                "one": updates,
            }
            look: Any = {"color": COLOURS[i], "ls": DASHES[i]}
            mean, low, high = (np.where(np.isinf(x), np.nan, x) for x in mean_interval(values))
            for name, axes in panels.items():
                if name == "one":
                    axes.plot(at[name], values[:, 0], color=COLOURS[i], lw=0.9)
                    continue
                label = "all rows" if size == rows else str(size)
                axes.plot(at[name], mean, label=label, **look)
                axes.fill_between(at[name], low, high, color=COLOURS[i], alpha=0.18, lw=0)
        for name, (title, label) in {
            "epoch": ("Per epoch and per example", "epochs"),
            "update": ("Per update", "updates"),
            "second": ("Per second, each program timed alone", "seconds"),
            "one": ("One seed: noisy and smooth", "updates"),
        }.items():
            axes = panels[name]
            axes.set(xscale="log", yscale="log", xlabel=label, ylim=(0.08, 4))
            axes.set_title(title, pad=8 if name != "epoch" else 6)
            plain_ticks(axes.yaxis)
        top = panels["epoch"].secondary_xaxis(
            "top", functions=(lambda x: np.multiply(x, rows), lambda x: np.divide(x, rows))
        )
        top.set_xlabel("examples", fontsize=8.5)
        for axes in grid[:, 0]:
            axes.set_ylabel("validation loss")
        handles, labels = panels["epoch"].get_legend_handles_labels()
        figure.legend(
            handles, labels, title="batch size", loc="outside right center", handlelength=3.2
        )
        caption(figure, text)
    return figure


def batch_sizes(found: Any, rows: int, text: str) -> Figure:
    """Updates, epochs and seconds to the target against batch size, log–log.

    Args:
      found: Numbers of the study, `studies.gradient_descent.report.Result`.
      rows: Training rows.
      text: The caption.
    """
    median, low, high = found.updates[found.target]
    with style():
        figure, grid = plt.subplots(1, 3, figsize=(11.4, 3.9), layout="constrained")
        factors = {
            "updates": np.ones(len(found.sizes)),
            "epochs": found.sizes / rows,
            "seconds": found.seconds,
        }
        for axes, (unit, factor) in zip(grid, factors.items()):
            _bars(axes, found.sizes, median * factor, low * factor, high * factor, "measured")
            axes.set(
                xscale="log",
                yscale="log",
                xlabel="batch size",
                ylabel=f"{unit} to the target",
                title=f"{unit.capitalize()} to the target",
            )
            plain_ticks(axes.yaxis, 4)
            axes.set_xticks([1, 8, 64, rows], ["1", "8", "64", f"{rows}\n(all)"])
            axes.minorticks_off()
        dense = np.geomspace(found.sizes[0], rows, 200)
        fit = found.curve
        axes = grid[0]
        axes.plot(dense, fit.at(dense), color=COLOURS[0], label="fit S(1 + B_crit/B)")
        ideal = median[0] * found.sizes[0] / dense
        axes.plot(dense, ideal, color="#666666", ls=":", label="slope −1, from the smallest batch")
        axes.set_ylim(min(low.min(), fit.at(rows)) / 1.8, None)
        for interval, colour, name, hatch in (
            (found.fits[found.target], COLOURS[0], "critical batch B_crit", ""),
            (found.noise_on_the_way, COLOURS[1], "noise scale on the way", "///"),
        ):
            if np.isfinite(interval.high):
                axes.axvspan(
                    float(interval.low), float(interval.high), facecolor=colour, alpha=0.22,
                    hatch=hatch, edgecolor=colour, lw=0, label=name,
                )  # fmt: skip
        figure.legend(loc="outside upper center", ncols=5, handlelength=2.4)
        caption(figure, text)
    return figure


def _bars(axes: Axes, x, middle, low, high, label: str | None = None) -> None:
    kept = np.isfinite(high)
    x, middle, low, high = (values[kept] for values in (x, middle, low, high))
    axes.errorbar(
        x, middle, [middle - low, high - middle], fmt="o", ms=4.5,
        color="black", ecolor="black", elinewidth=1.2, capsize=2.5, zorder=5,
        label=label if axes.get_subplotspec().is_first_col() else None,  # type: ignore[union-attr]
    )  # fmt: skip


def noise_along(found: Any, text: str) -> Figure:
    """Noise scale along training by two estimators, and the critical batch size as a band."""
    with style():
        figure, axes = plt.subplots(figsize=(7.2, 4.0), layout="constrained")
        for k, (interval, name, marker) in enumerate(
            (
                (found.noise, "from single examples", "o"),
                (found.noise_two, "from batches of 4 and 32", "s"),
            )
        ):
            x = found.noise_updates * (1.0 if k == 0 else 1.07) + 1
            sure = np.isfinite(interval.high)
            middle, low, high = (v[sure] for v in interval)
            axes.errorbar(
                x[sure], middle, [middle - low, high - middle], fmt=marker, color=COLOURS[k],
                ms=4.5, capsize=2.5, elinewidth=1.2, label=name, zorder=4,
                mfc=COLOURS[k] if k == 0 else "white",
            )  # fmt: skip
            if (~sure).any():
                axes.plot(
                    x[~sure], interval.low[~sure], "^", color=COLOURS[k], mfc="white", ms=7,
                    label=f"{name}: lower limit only",
                )  # fmt: skip
        band = found.fits[found.target]
        if np.isfinite(band.high):
            axes.axhspan(
                float(band.low), float(band.high), color=COLOURS[2], alpha=0.25, lw=0,
                label="critical batch size, fitted",
            )  # fmt: skip
        axes.set(
            xscale="log",
            yscale="log",
            xlabel="updates + 1",
            ylabel="tr Σ/|G|², examples",
            title="Gradient noise along training",
        )
        plain_ticks(axes.yaxis, 4)
        axes.legend(loc="upper left")
        caption(figure, text)
    return figure


def unfair(record: xr.Dataset, text: str) -> Figure:
    """As published, and corrected: validation loss against share of the epochs."""
    epochs = record.attrs["epochs"]
    panels = {
        "As published: full batch goes on\nwhere batch 1 stopped": (
            ("batch 1", 0, COLOURS[1], "--"),
            ("full batch, continuing", epochs, COLOURS[0], "-"),
        ),
        "Fresh weights": (
            ("batch 1", 0, COLOURS[1], "--"),
            ("full batch, equal epochs", 0, COLOURS[0], "-"),
            ("full batch, equal updates", 0, COLOURS[4], ":"),
        ),
        "Fresh weights, rates tuned": (
            ("batch 1, tuned", 0, COLOURS[1], "--"),
            ("full batch, equal epochs, tuned", 0, COLOURS[0], "-"),
        ),
    }
    with style():
        figure, grid = plt.subplots(1, 3, figsize=(11.4, 3.8), sharey=True, layout="constrained")
        for axes, (title, arms) in zip(grid, panels.items()):
            for arm, shift, colour, dash in arms:
                values = record.loss.sel(arm=arm).transpose("point", "seed").values
                mean, low, high = (np.where(np.isinf(v), np.nan, v) for v in mean_interval(values))
                x = np.arange(len(mean)) + shift
                axes.plot(x, mean, color=colour, ls=dash, label=arm)
                axes.fill_between(x, low, high, color=colour, alpha=0.18, lw=0)
            axes.set(title=title, xlabel="epoch", ylim=(0, 1.6))
            axes.legend(loc="upper right", fontsize=8.5, handlelength=2.6)
        grid[0].axvline(epochs, color="#666666", lw=0.8)
        grid[0].set_ylabel("validation loss")
        grid[1].set_xlabel("epoch (equal updates: 1/15 of the run)" if epochs == 15 else "epoch")
        caption(figure, text)
    return figure
