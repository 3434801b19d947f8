"""Figures of the schedule study."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from scipy.stats import rankdata

from lab.plots.style import COLOURS, DASHES, caption, plain_ticks, style
from lab.statistics import mean_interval


def outcomes(found: Any, tied: Mapping[str, list[str]], text: str) -> Figure:
    """Heat map: test loss of every schedule with every optimizer, each cell with its interval.

    Args:
      found: `studies.schedules.report.Outcome`.
      tied: By optimizer, the schedules that cannot be told from its best.
      text: The caption.
    """
    mean = found.loss.mean("seed")
    rows = ranked(found.loss)
    names = found.loss.optimizer.values.tolist()
    schedules = found.loss.schedule.values[rows].tolist()
    values = mean.transpose("schedule", "optimizer").values[rows]
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
                cell = found.loss.sel(optimizer=name, schedule=schedule)
                middle, below, _ = mean_interval(cell.values)
                star = "*" if schedule in tied[name] else ""
                edge = "†" if bool(found.at_edge.sel(optimizer=name, schedule=schedule)) else ""
                says = f"{middle:.3f} ± {middle - below:.3f}" if np.isfinite(middle) else "diverged"
                axes.text(
                    j, i, says + star + edge, ha="center", va="center", fontsize=7.5,
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


def ranked(loss: xr.DataArray) -> np.ndarray:
    """Numbers of the schedules by mean place over optimizers, the best first."""
    mean = loss.mean("seed").transpose("optimizer", "schedule").values
    return np.argsort(rankdata(mean, axis=1).mean(0), kind="stable")


def shift(record: xr.Dataset, found, text: str) -> Figure:
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


def warmup(records: Mapping[str, xr.Dataset], found: Mapping[str, Any], text: str) -> Figure:
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
