"""Bars of run-steps per second."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, GREY, caption, style


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
                axes.text(top, place, f"{value:,.1f}", va="center", fontsize=8.5)
            axes.set(title=case, xlabel="thousand run-steps per second")
            axes.set_xlim(0, float(values.max()) * 1.18)
            axes.grid(axis="y", visible=False)
        row[0][0].invert_yaxis()
        caption(figure, text)
    return figure
