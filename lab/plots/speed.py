"""Bars of run-steps per second."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, GREY, caption, style


def speeds(rate: xr.DataArray, text: str) -> Figure:
    """A panel per case, a bar per way (log scale), the last one in colour.

    Args:
      rate: (case, way, round), run-steps per second.
      text: The caption.
    """
    cases, ways = rate.case.values.tolist(), rate.way.values.tolist()
    with style():
        figure, row = plt.subplots(
            1, len(cases), figsize=(3.9 * len(cases), 2.4), squeeze=False, sharey=True
        )
        for axes, case in zip(row[0], cases):
            values = rate.sel(case=case)
            middle = values.median("round").values
            spread = np.stack([middle - values.min("round"), values.max("round") - middle])
            colours = [GREY] * (len(ways) - 1) + [COLOURS[0]]
            axes.barh(ways, middle, color=colours, xerr=spread, error_kw={"lw": 1})
            for place, value in enumerate(middle):
                axes.text(
                    value * 0.9, place, f"{value:,.0f}", ha="right", va="center", fontsize=8.5,
                    color="white" if place == len(ways) - 1 else "black",
                )  # fmt: skip
            axes.set(xscale="log", title=case, xlabel="run-steps per second")
            axes.set_xlim(right=values.max() * 1.3)
            axes.grid(axis="y", visible=False)
        row[0][0].invert_yaxis()
        caption(figure, text)
    return figure
