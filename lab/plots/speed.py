"""Bars of run-steps per second."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, GREY, caption, plain_ticks, style


def speeds(rate: xr.DataArray, text: str) -> Figure:
    """A panel per case, a bar per way from zero, the last one in colour.

    Args:
      rate: (case, way, round), run-steps per second.
      text: The caption.
    """
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
