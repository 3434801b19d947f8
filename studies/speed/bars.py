"""Pictures of speed: run-steps per second, and the time of an update, with ranges over rounds."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from lab.plots.style import COLOURS, GREY, caption, plain_ticks, style

DARK, MARKERS = "#444444", "ovX^sDPo"


@contextmanager
def panels(text: str, rows: int, columns: int, size: tuple, **more: Any) -> Iterator[tuple]:
    """A figure and its axes [rows, columns] in the lab's style, with a caption in the end."""
    with style():
        figure, axes = plt.subplots(
            rows, columns, figsize=size, squeeze=False, layout="constrained", **more
        )
        yield figure, axes
        caption(figure, text)


def speeds(rate: xr.DataArray, text: str) -> Figure:
    """A panel per case, a bar per way from zero, the last one in colour: (case, way, round)."""
    cases, ways = rate.case.values.tolist(), rate.way.values.tolist()
    with panels(text, 1, len(cases), (3.6 * len(cases), 2.2), sharey=True) as (figure, row):
        for axes, case in zip(row[0], cases):
            values = rate.sel(case=case) / 1000
            middle, spread = _middle(values)
            colours = [GREY] * (len(ways) - 1) + [COLOURS[0]]
            axes.barh(ways, middle, color=colours, xerr=spread, error_kw={"lw": 1})
            for place, value in enumerate(middle.values):
                top = float(values.isel(way=place).max()) + 0.015 * values.max()
                digits = 1 if value >= 1 else 3
                axes.text(top, place, f"{value:,.{digits}f}", va="center", fontsize=8.5)
            axes.set(title=case, xlabel="thousand run-steps per second")
            axes.set_xlim(0, float(values.max()) * 1.18)
            axes.grid(axis="y", visible=False)
        row[0][0].invert_yaxis()
    return figure


def throughputs(record: xr.Dataset, text: str) -> Figure:
    """A column per network, over batch sizes: run-steps per second, and the last way's shares.

    Args:
      record: `rate` (case, way, round), run-steps per second; `share` of the peak and `traffic` of
        the bandwidth (case, round), of the last way; `net` and `batch` of each case.
      text: The caption.
    """
    ways = record.way.values.tolist()
    nets = list(dict.fromkeys(record.net.values.tolist()))
    size, share = (3.5 * len(nets) + 1.4, 5.6), {"sharex": True, "sharey": "row"}
    with panels(text, 2, len(nets), size, height_ratios=(2.4, 1), **share) as (figure, axes):
        for (above, below), net in zip(axes.T, nets):
            own = record.net == net
            batch = record.batch[own].values
            for i, way in enumerate(ways):
                _ranged(above, batch, record.rate.sel(way=way)[own], MARKERS[i], COLOURS[i], way)
            _ranged(below, batch, 100 * record.share[own], "o", DARK, "matrix-product peak")
            _ranged(below, batch, 100 * record.traffic[own], "s", GREY, "memory bandwidth")
            above.set(title=net, yscale="log", xscale="log")
            below.set(xlabel="batch size", yscale="log")
            _ticks(below, batch)
            plain_ticks(below.yaxis, 3, (1.0,))
        axes[0, 0].set_ylabel("run-steps per second")
        axes[1, 0].set_ylabel(f"{ways[-1]}, %")
        handles, names = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles[::-1], names[::-1], loc="outside right upper")
        shown = axes[1, -1].legend(loc="upper left", bbox_to_anchor=(1.05, 1.0))
        shown.set_in_layout(False)  # it stands in the room that the other one takes
    return figure


def stacked(seconds: xr.DataArray, text: str) -> Figure:
    """A bar per run, of the parts one after the other: (run, part)."""
    runs, begin = seconds.run.values.tolist(), 0.0
    with panels(text, 1, 1, (6.4, 2.2)) as (figure, ((axes,),)):
        for i, part in enumerate(seconds.part.values.tolist()):
            values = seconds.sel(part=part).values
            axes.barh(runs, values, left=begin, color=COLOURS[i], label=part, height=0.6)
            begin = begin + values
        axes.invert_yaxis()
        axes.set(xlabel="seconds", ylabel="cache")
        axes.grid(axis="y", visible=False)
        figure.legend(loc="outside right center")
    return figure


def lines(values: xr.DataArray, text: str, xlabel: str, ylabel: str, log: bool) -> Figure:
    """A line for each of the first dimension, over the second; a wide legend stands outside."""
    of, along, _ = values.dims
    with panels(text, 1, 1, (5.6, 3.2)) as (figure, ((axes,),)):
        for i, name in enumerate(values[of].values.tolist()):
            _ranged(axes, values[along].values, values[i], MARKERS[i], COLOURS[i], name)
        axes.set(xscale="log", xlabel=xlabel, ylabel=ylabel)
        _ticks(axes, values[along].values)
        if log:
            axes.set_yscale("log")
            plain_ticks(axes.yaxis, 4)
            axes.legend()
        else:
            figure.legend(loc="outside right center", title="network")
    return figure


def overheads(percent: xr.DataArray, limit: float, text: str) -> Figure:
    """A row per case and number of lanes, a mark per kind of cost; a line at the limit.

    Args:
      percent: (case, lanes, kind, round).
      limit: In per cent.
      text: The caption.
    """
    flat = percent.stack(row=("case", "lanes"))
    names = [f"{case}\n{lanes} lanes" for case, lanes in flat.row.values]
    with panels(text, 1, 1, (6.4, 0.9 + 0.5 * len(names))) as (figure, ((axes,),)):
        for i, kind in enumerate(percent.kind.values.tolist()):
            middle, spread = _middle(flat.sel(kind=kind))
            axes.errorbar(
                middle, np.arange(len(names)) + 0.2 * i - 0.1, xerr=spread, fmt=MARKERS[i], ms=5,
                elinewidth=1, color=COLOURS[i], label=kind,
            )  # fmt: skip
        axes.axvline(limit, color=DARK, lw=0.8, ls="--")
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.set(xlabel=f"% of the time without (line: {limit:.0f} %)")
        figure.legend(loc="outside upper center", ncols=2)
    return figure


def update_ratios(seconds: xr.DataArray, text: str) -> Figure:
    """A dot per rule, a panel per size: time of lab over that of optax, quartiles, control band.

    Args:
      seconds: (size, optimizer, way, round) with ways lab, optax, and optax again.
      text: The caption.
    """
    sizes, base = seconds["size"].values.tolist(), seconds.sel(way="optax")
    mine, control = seconds.sel(way="lab") / base, seconds.sel(way="optax again") / base
    order = mine.isel(size=-1).median("round").argsort().values
    names = seconds.optimizer.values[order].tolist()
    size, share = (4.2 * len(sizes), 1 + 0.19 * len(names)), {"sharex": True, "sharey": True}
    with panels(text, 1, len(sizes), size, **share) as (figure, row):
        for axes, size in zip(row[0], sizes):
            band = control.sel(size=size).median("round")
            axes.axvspan(float(band.min()), float(band.max()), color=GREY, alpha=0.45, lw=0)
            axes.axvline(1.0, color=DARK, lw=0.8)
            values = mine.sel(size=size, optimizer=names)
            low, middle, high = values.quantile([0.25, 0.5, 0.75], "round").values
            axes.hlines(names, low, high, color=COLOURS[0], lw=1.2)
            axes.plot(middle, names, "o", ms=4, color=COLOURS[0])
            axes.set(title=size, xscale="log", xlabel="time of lab / time of optax")
            plain_ticks(axes.xaxis, 2)
            axes.set_ylim(-0.6, len(names) - 0.4)
    return figure


def searches(record: xr.Dataset, text: str) -> Figure:
    """A panel per case: seconds against trials for each way, the last one in colour.

    Args:
      record: `done` (case, way, round, mark), trials, and `after`, seconds after which they were
        done; NaN beyond the end of a search.
      text: The caption.
    """
    cases, ways = record.case.values.tolist(), record.way.values.tolist()
    colours = [*(GREY, "#555555")[1 - len(ways) :], COLOURS[0]]
    with panels(text, 1, len(cases), (3.4 * len(cases), 3.0), sharey=True) as (figure, row):
        for axes, case in zip(row[0], cases):
            for way, colour, marker in zip(ways, colours, "so^D"):
                for i in range(record.sizes["round"]):
                    one = record.sel(case=case, way=way).isel(round=i)
                    ended = np.isfinite(one.done.values)
                    trials, seconds = one.done.values[ended], one.after.values[ended]
                    label = way if i == 0 else None
                    axes.plot(trials, seconds, color=colour, lw=1.2, label=label)
                    axes.plot(trials[-1:], seconds[-1:], marker, ms=4, color=colour)
            axes.set(title=case, xlabel="trials done", xscale="log", yscale="log")
            plain_ticks(axes.xaxis, 4, (1.0,))
            plain_ticks(axes.yaxis, 4)
        row[0][0].set_ylabel("seconds, compilation included")
        row[0][0].legend(loc="upper left")
    return figure


def _ticks(axes: Axes, at: Sequence[float] | np.ndarray) -> None:
    """Where the values are, and nowhere else."""
    axes.set_xticks(at, [str(x) for x in at])
    axes.xaxis.set_minor_locator(NullLocator())


def _middle(values: xr.DataArray) -> tuple[xr.DataArray, np.ndarray]:
    """Medians over rounds, and how far below and above them the range reaches: [2, ...]."""
    middle = values.median("round")
    return middle, np.stack([middle - values.min("round"), values.max("round") - middle])


def _ranged(axes: Axes, x: np.ndarray, values: xr.DataArray, marker, colour: str, label: str):
    """A line through medians over rounds, with their range."""
    middle, spread = _middle(values)
    axes.errorbar(
        x, middle, spread, marker=marker, ms=4, lw=1.2, elinewidth=1, color=colour, label=label
    )
