"""Figures of the schedule study."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, DASHES, caption, plain_ticks, style
from lab.statistics import mean_interval
from lab.statistics.intervals import Interval
from lab.study import Record
from studies.schedules.claims import outcome, ranked, ties
from studies.schedules.rates import Limits, limits, shift
from studies.schedules.runs import Schedules


def figures(record: Record[Schedules]) -> dict[str, Figure]:
    """With what they show written below."""
    s, warmups = record.settings, record.under("warmup")
    return {
        "outcomes": outcomes(
            outcome(record),
            f"{s.task}, 64-32-32-10 ReLU, batch {s.batch}, {s.updates} updates; for every pair the "
            f"best of {s.trials} peak rates over two decades on {s.tuning_seeds} tuning seeds. "
            f"Mean test loss over {s.seeds} fresh seeds ± half of its 95 % t interval. *: not to "
            "be told from the best schedule of its optimizer (paired, simultaneous 95 %). †: tuned "
            "peak at the edge of its range.",
        ),
        "shift": shifts(
            record["shift"],
            shift(record["shift"]),
            f"{s.task}, batch {s.batch}, {s.shift_updates} updates of Adam; median and range of "
            f"{s.many} seeds. Lines: best rate (vertex of a parabola), bands: 95 % bootstrap "
            "intervals.",
        ),
        "warmup": warmup(
            warmups,
            {name: limits(one, s.warmups) for name, one in warmups.items()},
            f"{s.task}, batch {s.batch}, {s.warmup_updates} updates, linear warm-up included, then "
            f"constant; {s.many} seeds. Usable: at least half of the seeds end below half the loss "
            "before training (dotted). Bars: 95 % bootstrap intervals over seeds.",
        ),
    }


def outcomes(found: xr.Dataset, text: str) -> Figure:
    """Heat map: test loss of every schedule with every optimizer, each cell with its interval."""
    names, schedules, tied = found.optimizer.values.tolist(), ranked(found.loss), ties(found.loss)
    means = found.loss.mean("seed").sel(schedule=schedules)
    values = means.transpose("schedule", "optimizer").values
    finite = values[np.isfinite(values)]
    with style():
        figure, axes = plt.subplots(
            figsize=(3.2 + 1.12 * len(names), 1.4 + 0.26 * len(schedules)), layout="constrained"
        )
        high = np.quantile(finite, 0.95)
        image = axes.imshow(
            np.where(np.isfinite(values), values, 1e9),
            aspect="auto",
            cmap="cividis_r",
            norm=LogNorm(finite.min(), max(high, 1.01 * finite.min())),
        )
        low = np.sqrt(finite.min() * high)
        for i, schedule in enumerate(schedules):
            for j, name in enumerate(names):
                cell = found.sel(optimizer=name, schedule=schedule)
                middle, below, _ = mean_interval(cell.loss.values)
                marks = "*" * (schedule in tied[name]) + "†" * bool(cell.at_edge)
                says = f"{middle:.3f} ± {middle - below:.3f}" if np.isfinite(middle) else "diverged"
                axes.text(
                    j, i, says + marks, ha="center", va="center", fontsize=7.5,
                    color="white" if values[i, j] > low else "black",
                )  # fmt: skip
        axes.set_xticks(range(len(names)), names)
        axes.set_yticks(range(len(schedules)), [s.replace("_schedule", "") for s in schedules])
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        axes.set_title("Test loss at the tuned peak rate, best schedules at the top")
        bar = figure.colorbar(image, ax=axes, label="test loss", extend="max", shrink=0.6)
        plain_ticks(bar.ax.yaxis)
        caption(figure, text)
    return figure


def shifts(record: xr.Dataset, found: Sequence[Interval], text: str) -> Figure:
    """Final validation loss of Adam against its peak rate, constant and cosine."""
    with style():
        figure, axes = plt.subplots(figsize=(7.0, 4.0), layout="constrained")
        loss = record.validation_loss.isel(optimizer=0, step=-1)
        rates = record.learning_rate.values
        for i, name in enumerate(record.schedule.values.tolist()):
            values = loss.sel(schedule=name).transpose("learning_rate", "seed").values
            values = np.where(np.isfinite(values), values, np.nan)
            axes.plot(
                rates, np.median(values, -1), color=COLOURS[i], ls=DASHES[i], marker="o", ms=3.5,
                label=name.split("_")[0],
            )  # fmt: skip
            axes.fill_between(
                rates, values.min(-1), values.max(-1), color=COLOURS[i], alpha=0.15, lw=0
            )
            best = found[i]
            axes.axvspan(float(best.low), float(best.high), color=COLOURS[i], alpha=0.18, lw=0)
            axes.axvline(float(best.estimate), color=COLOURS[i], ls=DASHES[i], lw=1.0)
        ratio = found[2]
        axes.set(
            xscale="log",
            yscale="log",
            xlabel="peak learning rate",
            ylabel="final validation loss",
            title=f"Best rate under cosine / under constant: {ratio.estimate:.2g} "
            f"({ratio.low:.2g} to {ratio.high:.2g})",
        )
        plain_ticks(axes.yaxis)
        axes.legend()
        caption(figure, text)
    return figure


def warmup(records: Mapping[str, xr.Dataset], found: Mapping[str, Limits], text: str) -> Figure:
    """Above: the largest usable rate against the length of the warm-up; below: loss by rate."""
    with style():
        figure, grid = plt.subplots(
            2, len(records), figsize=(4.6 * len(records), 6.6), squeeze=False, layout="constrained"
        )
        for (above, below), (name, record) in zip(grid.T, records.items()):
            usable, _, best, lengths = found[name]
            x = np.arange(len(lengths))
            above.errorbar(
                x, usable.estimate,
                [usable.estimate - usable.low, usable.high - usable.estimate],
                fmt="o", color=COLOURS[0], capsize=3, label="largest usable",
            )  # fmt: skip
            above.plot(x, best, "s", mfc="white", color=COLOURS[1], label="best")
            above.set_xticks(x, [str(w) for w in lengths])
            above.set(yscale="log", xlabel="updates of warm-up", ylabel="learning rate", title=name)
            plain_ticks(above.yaxis)
            above.set_ylim(None, 2 * float(np.nanmax(usable.high)))
            above.legend(loc="upper left", ncols=2)
            loss = record.validation_loss.isel(optimizer=0)
            chance = float(loss.isel(step=0).median())
            shown = list(range(len(lengths)))[:: max(1, len(lengths) // 3)]
            for k, i in enumerate(shown):
                median = loss.isel(schedule=i, step=-1).median("seed").values
                below.plot(
                    record.learning_rate,
                    np.minimum(median, 3 * chance),
                    color=COLOURS[k],
                    ls=DASHES[k],
                    label=f"{lengths[i]} updates",
                )
            below.axhline(chance / 2, color="#666666", lw=0.8, ls=(0, (2, 2)))
            below.set(
                xscale="log",
                yscale="log",
                xlabel="learning rate",
                ylabel="median final validation loss",
            )
            plain_ticks(below.yaxis)
            plain_ticks(below.xaxis)
            below.legend(title="warm-up", loc="upper left")
        caption(figure, text)
    return figure
