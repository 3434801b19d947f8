"""Pictures of batch sizes: curves, updates to a target, noise along training, an unfair race."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, DASHES, caption, plain_ticks, style
from lab.statistics import mean_interval
from lab.statistics.intervals import Interval
from lab.study import Record
from studies.gradient_descent import numbers
from studies.gradient_descent.settings import GradientDescent

SHOWN = (1, 8, 32, 128)  # of the curves, and all rows
PANELS = (
    ("Per epoch and per example", "epochs"),
    ("Per update", "updates"),
    ("Per second, each program timed alone", "seconds"),
    ("One seed: noisy and smooth", "updates"),
)


def figures(record: Record[GradientDescent]) -> dict[str, Figure]:
    """With what they show written below."""
    s = record.settings
    found = numbers.Arrivals(record, s.target)
    bend, rows = found.bend(), found.sizes[-1]
    how = (
        f"{s.task} ({rows} training rows), 64-32-32-10 ReLU, SGD, constant rate: for every batch "
        f"size the best of the same {s.rates} rates on {s.tuning} tuning seeds"
    )
    return {
        "curves": curves(
            record, found,
            f"{how}; mean over {s.seeds} fresh seeds, 95 % t interval; bottom right: one seed. "
            f"Each line runs to the end of its own budget, {s.least} + {s.examples}/B updates. "
            "Seconds: updates times the seconds of one update, each program timed alone, without "
            "evaluations (one lane, CPU, fastest of several repeats).",
        ),
        "batch_sizes": batch_sizes(
            record, found, bend,
            f"{how}; median over {s.seeds} fresh seeds, 95 % bootstrap interval. Target: "
            f"validation loss {s.target:g}. Seconds from programs timed alone.",
        ),
        "noise": noise_along(
            record, bend,
            f"SGD at batch {s.probed} and its tuned rate, {s.seeds} seeds: moments averaged over "
            "seeds and a stretch of updates before dividing; 95 % bootstrap interval over seeds. "
            f"Band: critical batch size fitted to the updates to a validation loss of {s.target}.",
        ),
        "unfair": unfair(
            record["unfair"].loss, s.epochs,
            f"{s.moons} rows of two moons, the same for all {s.seeds} seeds, each of which draws "
            f"{s.validation} of them for validation; 2-{s.width}-{s.width}-2 ReLU, RMSprop, "
            f"{s.epochs} epochs; rate {s.rate:g} unless tuned ({s.unfair_rates} rates, {s.tuning} "
            "tuning seeds). Mean, 95 % t interval.",
        ),
    }  # fmt: skip


def curves(record: Record[GradientDescent], found: numbers.Arrivals, text: str) -> Figure:
    """Validation loss per epoch and example, per update, per second; and one seed alone."""
    rows = int(found.sizes[-1])
    seconds = dict(zip(found.sizes.tolist(), numbers.update_seconds(record)))
    with style():
        figure, grid = plt.subplots(2, 2, figsize=(9.2, 6.4), sharey=True, layout="constrained")
        for i, size in enumerate([*(size for size in SHOWN if size in seconds), rows]):
            report = record[f"report/{size}"].isel(optimizer=0, learning_rate=0)
            values = report.validation_loss.transpose("step", "seed").values[1:]
            updates = report.updates.values[1:]
            label = "all rows" if size == rows else str(size)
            for axes, unit in zip(grid.flat, (size / rows, 1, seconds[size])):
                _band(axes, updates * unit, values, color=COLOURS[i], ls=DASHES[i], label=label)
            grid[1, 1].plot(updates, values[:, 0], color=COLOURS[i], lw=0.9)
        for k, (axes, (title, label)) in enumerate(zip(grid.flat, PANELS)):
            axes.set(xscale="log", yscale="log", xlabel=label, ylim=(0.08, 4))
            axes.set_title(title, pad=8 if k else 6)
            plain_ticks(axes.yaxis)
        top = grid[0, 0].secondary_xaxis(
            "top", functions=(lambda x: np.multiply(x, rows), lambda x: np.divide(x, rows))
        )
        top.set_xlabel("examples", fontsize=8.5)
        for axes in grid[:, 0]:
            axes.set_ylabel("validation loss")
        figure.legend(
            *grid[0, 0].get_legend_handles_labels(),
            title="batch size",
            loc="outside right center",
            handlelength=3.2,
        )
        caption(figure, text)
    return figure


def batch_sizes(
    record: Record[GradientDescent], found: numbers.Arrivals, bend: Interval, text: str
) -> Figure:
    """Updates, epochs and seconds to the target against batch size, log–log."""
    sizes, rows = found.sizes, found.sizes[-1]
    updates = np.array(found.interval())
    sure = np.isfinite(updates[2])
    fit = numbers.fit(sizes, found.median)
    units = {"updates": 1, "epochs": sizes / rows, "seconds": numbers.update_seconds(record)}
    with style():
        figure, grid = plt.subplots(1, 3, figsize=(11.4, 3.9), layout="constrained")
        for axes, (unit, factor) in zip(grid, units.items()):
            middle, low, high = (updates * factor)[:, sure]
            axes.errorbar(
                sizes[sure], middle, [middle - low, high - middle], fmt="o", ms=4.5, color="black",
                ecolor="black", elinewidth=1.2, capsize=2.5, zorder=5,
                label="measured" if unit == "updates" else None,
            )  # fmt: skip
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
        dense, axes = np.geomspace(sizes[0], rows, 200), grid[0]
        axes.plot(dense, fit.at(dense), color=COLOURS[0], label="fit S(1 + B_crit/B)")
        ideal = found.median[0] * sizes[0] / dense
        axes.plot(dense, ideal, color="#666666", ls=":", label="slope −1, from the smallest batch")
        axes.set_ylim(min(updates[1].min(), fit.at(rows)) / 1.8, None)
        for span, colour, name, hatch in (
            (bend, COLOURS[0], "critical batch B_crit", ""),
            (numbers.scale_on_the_way(record), COLOURS[1], "noise scale on the way", "///"),
        ):
            if np.isfinite(span.high):
                axes.axvspan(
                    float(span.low), float(span.high), facecolor=colour, alpha=0.22, hatch=hatch,
                    edgecolor=colour, lw=0, label=name,
                )  # fmt: skip
        figure.legend(loc="outside upper center", ncols=5, handlelength=2.4)
        caption(figure, text)
    return figure


def noise_along(record: Record[GradientDescent], band: Interval, text: str) -> Figure:
    """Noise scale along training by two estimators, and the critical batch size as a band."""
    updates, *scales = numbers.scales_along(record)
    big, groups = record.settings.probed, record.settings.groups
    names = ("from single examples", f"from batches of {big // groups} and {big}")
    with style():
        figure, axes = plt.subplots(figsize=(7.2, 4.0), layout="constrained")
        for k, (interval, name) in enumerate(zip(scales, names)):
            x = updates * (1.0, 1.07)[k] + 1
            sure = np.isfinite(interval.high)
            middle, low, high = (v[sure] for v in interval)
            axes.errorbar(
                x[sure], middle, [middle - low, high - middle], fmt="os"[k], color=COLOURS[k],
                ms=4.5, capsize=2.5, elinewidth=1.2, label=name, zorder=4,
                mfc=(COLOURS[k], "white")[k],
            )  # fmt: skip
            if (~sure).any():
                axes.plot(
                    x[~sure], interval.low[~sure], "^", color=COLOURS[k], mfc="white", ms=7,
                    label=f"{name}: lower limit only",
                )  # fmt: skip
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


def unfair(loss: xr.DataArray, epochs: int, text: str) -> Figure:
    """As published, and corrected: validation loss against share of the epochs."""
    dotted, line, dots = (COLOURS[1], "--"), (COLOURS[0], "-"), (COLOURS[4], ":")
    equal = "full batch, equal epochs"
    panels = {
        "As published: full batch goes on\nwhere batch 1 stopped": {
            "batch 1": dotted,
            "full batch, continuing": line,
        },
        "Fresh weights": {"batch 1": dotted, equal: line, "full batch, equal updates": dots},
        "Fresh weights, rates tuned": {"batch 1, tuned": dotted, f"{equal}, tuned": line},
    }
    with style():
        figure, grid = plt.subplots(1, 3, figsize=(11.4, 3.8), sharey=True, layout="constrained")
        for axes, (title, arms) in zip(grid, panels.items()):
            for arm, (colour, dash) in arms.items():
                values = loss.sel(arm=arm).transpose("point", "seed").values
                x = np.arange(len(values)) + epochs * arm.endswith("continuing")
                _band(axes, x, values, color=colour, ls=dash, label=arm)
            axes.set(title=title, xlabel="epoch", ylim=(0, 1.6))
            axes.legend(loc="upper right", fontsize=8.5, handlelength=2.6)
        grid[0].axvline(epochs, color="#666666", lw=0.8)
        grid[0].set_ylabel("validation loss")
        grid[1].set_xlabel(f"epoch (equal updates: 1/{epochs} of the run)")
        caption(figure, text)
    return figure


def _band(axes: Axes, x: np.ndarray, values: np.ndarray, **line: Any) -> None:
    """Mean of [points, seeds] with its interval; nothing where it is infinite."""
    mean, low, high = (np.where(np.isinf(v), np.nan, v) for v in mean_interval(values))
    axes.plot(x, mean, **line)
    axes.fill_between(x, low, high, color=line["color"], alpha=0.18, lw=0)
