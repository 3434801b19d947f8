"""How long searches take, by the number of their trials."""

import matplotlib.pyplot as plt
import xarray as xr
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, GREY, caption, plain_ticks, style

MARKERS = "so^D"


def searches(record: xr.Dataset, text: str) -> Figure:
    """A panel per case: seconds against trials for each way, the last one in colour.

    Args:
      record: `done` (case, way, round, of, mark): trials, and seconds after which they were done;
        NaN beyond the end of a search.
      text: The caption.
    """
    cases, ways = record.case.values.tolist(), record.way.values.tolist()
    colours = [*(GREY, "#555555")[1 - len(ways) :], COLOURS[0]]
    with style():
        figure, row = plt.subplots(
            1, len(cases), figsize=(3.4 * len(cases), 3.0), squeeze=False, sharey=True,
            layout="constrained",
        )  # fmt: skip
        for axes, case in zip(row[0], cases):
            for way, colour, marker in zip(ways, colours, MARKERS):
                for i in range(record.sizes["round"]):
                    one = record.done.sel(case=case, way=way).isel(round=i).dropna("mark")
                    trials, seconds = one.sel(of="trials"), one.sel(of="seconds")
                    label = way if i == 0 else None
                    axes.plot(trials, seconds, color=colour, lw=1.2, label=label)
                    axes.plot(trials[-1:], seconds[-1:], marker, ms=4, color=colour)
            axes.set(title=case, xlabel="trials done", xscale="log", yscale="log")
            plain_ticks(axes.xaxis, 4, (1.0,))
            plain_ticks(axes.yaxis, 4)
        row[0][0].set_ylabel("seconds, compilation included")
        row[0][0].legend(loc="upper left")
        caption(figure, text)
    return figure
