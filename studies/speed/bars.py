"""Run-steps per second, and the time of an update."""

from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from lab.labelled import labelled
from lab.plots.style import COLOURS, GREY, caption, plain_ticks, style
from lab.validation.checks import checked
from lab.validation.errors import require

MARKERS = "ovX^sDPo"
Rates = Annotated[xr.DataArray, labelled("case", "way", counted=("round",))]


@checked
def speeds(rate: Rates, text: str) -> Figure:
    """A panel per case, a bar per way from zero, the last one in colour.

    Args:
      rate: (case, way, round), run-steps per second.
      text: The caption.
    """
    most = rate.max(("way", "round"))
    require(bool(np.isfinite(most).all()), "rate must hold finite numbers for every case.")
    cases, ways = rate.case.values.tolist(), rate.way.values.tolist()
    with style():
        figure, row = plt.subplots(
            1, len(cases), figsize=(3.6 * len(cases), 2.2), squeeze=False, sharey=True,
            layout="constrained",
        )  # fmt: skip
        for axes, case in zip(row[0], cases):
            values = rate.sel(case=case) / 1000
            middle = values.median("round").values
            spread = np.stack([middle - values.min("round"), values.max("round") - middle])
            colours = [GREY] * (len(ways) - 1) + [COLOURS[0]]
            axes.barh(ways, middle, color=colours, xerr=spread, error_kw={"lw": 1})
            for place, value in enumerate(middle):
                top = float(values.isel(way=place).max()) + 0.015 * values.max()
                digits = 1 if value >= 1 else 3
                axes.text(top, place, f"{value:,.{digits}f}", va="center", fontsize=8.5)
            axes.set(title=case, xlabel="thousand run-steps per second")
            axes.set_xlim(0, float(values.max()) * 1.18)
            axes.grid(axis="y", visible=False)
        row[0][0].invert_yaxis()
        caption(figure, text)
    return figure


def throughputs(record: xr.Dataset, shares: xr.Dataset, text: str) -> Figure:
    """A column per network, over batch sizes: run-steps per second, and the last way's shares.

    Args:
      record: `rate` (case, way, round), run-steps per second; `net` and `batch` of each case.
      shares: `share` of the peak, `traffic` of the bandwidth (case, round), of the last way.
      text: The caption.
    """
    ways = record.way.values.tolist()
    nets = list(dict.fromkeys(record.net.values.tolist()))
    with style():
        figure, axes = plt.subplots(
            2, len(nets), figsize=(3.5 * len(nets) + 1.4, 5.6), squeeze=False, sharex=True,
            sharey="row", height_ratios=(2.4, 1), layout="constrained",
        )  # fmt: skip
        for (above, below), net in zip(axes.T, nets):
            own = record.net == net
            batch = record.batch[own].values
            for i, way in enumerate(ways):
                _ranged(above, batch, record.rate.sel(way=way)[own], MARKERS[i], COLOURS[i], way)
            _ranged(below, batch, 100 * shares.share[own], "o", "#444444", "matrix-product peak")
            _ranged(below, batch, 100 * shares.traffic[own], "s", GREY, "memory bandwidth")
            above.set(title=net, yscale="log", xscale="log")
            below.set(xlabel="batch size", yscale="log")
            below.set_xticks(batch, [str(b) for b in batch])
            below.xaxis.set_minor_locator(NullLocator())
            plain_ticks(below.yaxis, 3, (1.0,))
        axes[0, 0].set_ylabel("run-steps per second")
        axes[1, 0].set_ylabel(f"{ways[-1]}, %")
        handles, names = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles[::-1], names[::-1], loc="outside right upper")
        shown = axes[1, -1].legend(loc="upper left", bbox_to_anchor=(1.05, 1.0))
        shown.set_in_layout(False)  # it stands in the room that the other one takes
        caption(figure, text)
    return figure


def by_width(record: xr.Dataset, text: str) -> Figure:
    """A line per network: run-steps per second by lanes in a group, over the best.

    Args:
      record: `rate` (net, width, round), run-steps per second.
      text: The caption.
    """
    share = 100 * record.rate / record.rate.median("round").max("width")
    with style():
        figure, axes = plt.subplots(figsize=(5.6, 3.2), layout="constrained")
        for i, net in enumerate(record.net.values.tolist()):
            _ranged(axes, record.width.values, share.sel(net=net), MARKERS[i], COLOURS[i], net)
        axes.set(xscale="log", xlabel="lanes in a group", ylabel="run-steps per second, % of best")
        axes.set_xticks(record.width.values, [str(width) for width in record.width.values])
        axes.xaxis.set_minor_locator(NullLocator())
        figure.legend(loc="outside right center", title="network")
        caption(figure, text)
    return figure


def stacked(seconds: xr.DataArray, text: str) -> Figure:
    """A bar per cache, of the parts one after the other.

    Args:
      seconds: (cache, part).
      text: The caption.
    """
    caches, begin = seconds.cache.values.tolist(), 0.0
    with style():
        figure, axes = plt.subplots(figsize=(6.4, 2.2), layout="constrained")
        for i, part in enumerate(seconds.part.values.tolist()):
            values = seconds.sel(part=part).values
            axes.barh(caches, values, left=begin, color=COLOURS[i], label=part, height=0.6)
            begin = begin + values
        axes.invert_yaxis()
        axes.set(xlabel="seconds", ylabel="cache")
        axes.grid(axis="y", visible=False)
        figure.legend(loc="outside right center")
        caption(figure, text)
    return figure


def by_lanes(micro: xr.DataArray, text: str) -> Figure:
    """A line per case: microseconds of a run-step by lanes of the sweep.

    Args:
      micro: (case, lanes, round).
      text: The caption.
    """
    lanes = micro.lanes.values
    with style():
        figure, axes = plt.subplots(figsize=(5.6, 3.2), layout="constrained")
        for i, case in enumerate(micro.case.values.tolist()):
            _ranged(axes, lanes, micro.sel(case=case), MARKERS[i], COLOURS[i], case)
        axes.set(xscale="log", yscale="log", xlabel="lanes of the sweep")
        axes.set_ylabel("time of an update of one lane, µs")
        axes.set_xticks(lanes, [str(count) for count in lanes])
        axes.xaxis.set_minor_locator(NullLocator())
        plain_ticks(axes.yaxis, 4)
        axes.legend()
        caption(figure, text)
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
    with style():
        figure, axes = plt.subplots(figsize=(6.4, 0.9 + 0.5 * len(names)), layout="constrained")
        for i, kind in enumerate(percent.kind.values.tolist()):
            middle, spread = _middle(flat.sel(kind=kind))
            axes.errorbar(
                middle, np.arange(len(names)) + 0.2 * i - 0.1, xerr=spread, fmt=MARKERS[i], ms=5,
                elinewidth=1, color=COLOURS[i], label=kind,
            )  # fmt: skip
        axes.axvline(limit, color="#444444", lw=0.8, ls="--")
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.set(xlabel=f"% of the time without (line: {limit:.0f} %)")
        figure.legend(loc="outside upper center", ncols=2)
        caption(figure, text)
    return figure


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
    with style():
        figure, row = plt.subplots(
            1, len(sizes), figsize=(4.2 * len(sizes), 1 + 0.19 * len(names)), squeeze=False,
            sharey=True, sharex=True, layout="constrained",
        )  # fmt: skip
        for axes, size in zip(row[0], sizes):
            band = control.sel(size=size).median("round")
            axes.axvspan(float(band.min()), float(band.max()), color=GREY, alpha=0.45, lw=0)
            axes.axvline(1.0, color="#444444", lw=0.8)
            values = mine.sel(size=size, optimizer=names)
            low, middle, high = values.quantile([0.25, 0.5, 0.75], "round").values
            axes.hlines(names, low, high, color=COLOURS[0], lw=1.2)
            axes.plot(middle, names, "o", ms=4, color=COLOURS[0])
            axes.set(title=size, xscale="log", xlabel="time of lab / time of optax")
            plain_ticks(axes.xaxis, 2)
            axes.set_ylim(-0.6, len(names) - 0.4)
        caption(figure, text)
    return figure
