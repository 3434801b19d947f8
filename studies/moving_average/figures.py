"""The four panels of moving averages."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, DASHES, caption, style
from lab.study import Record
from studies.moving_average.runs import MovingAverage

NAMES = {"plain": "EWMA", "corrected": "EWMA, bias-corrected", "simple": "simple average"}


def figures(record: Record[MovingAverage]) -> dict[str, Figure]:
    """Of the first seed."""
    return {"panels": panels(record["averages"].isel(seed=0), record.settings)}


def panels(record: xr.Dataset, s: MovingAverage) -> Figure:
    """Data against averages, weights, |data − average|, cumulative weight with the 95 % line."""
    t, beta, window, reach = record.t.values, s.beta, s.window, s.reach
    text = (
        f"A wave of {s.middle:g} ± {s.height:g} with normal noise of standard deviation "
        f"{s.noise:g}; {s.observations} observations, seed {int(record.seed)} shown.\nThe simple "
        f"average has the window (1 + β)/(1 − β) = {window}, where both have the same noise and "
        "the same lag."
    )
    with style():
        figure, ((data, weights), (gaps, total)) = plt.subplots(2, 2, figsize=(9.2, 6.2))
        figure.subplots_adjust(0.06, 0.08, 0.99, 0.95, wspace=0.22, hspace=0.36)
        data.plot(t, record.data, ".", color="#9A9A9A", ms=4, label="data")
        data.plot(t, record.signal, color="#555555", lw=0.9, label="without noise")
        for i, (kind, name) in enumerate(NAMES.items()):
            label = f"{name} of {window}" if kind == "simple" else name
            line = {"color": COLOURS[i], "ls": DASHES[i], "label": label}
            data.plot(t, record.average.sel(kind=kind), **line)
            gap = np.abs(record.data - record.average.sel(kind=kind))
            gaps.plot(t, gap, **{**line, "lw": 1.2})
        data.set(title=f"Data and averages, β = {beta:g}", xlabel="observation t", ylabel="θ, V")
        data.legend(fontsize=8, loc="lower left", ncols=2)
        low, high = data.get_ylim()
        data.set_ylim(low - 0.38 * (high - low), high)
        gaps.set(title="|data − average|", xlabel="observation t", ylabel="difference")
        gaps.set_ylim(bottom=0)
        age = record.age.values
        for i, kind in ((0, "plain"), (2, "simple")):
            weight = record.weight.sel(kind=kind)
            line = {"marker": "o", "color": COLOURS[i], "ls": DASHES[i], "ms": 3, "lw": 1}
            weights.plot(age, weight, **line)
            total.plot(age + 1, weight.cumsum(), **line)
        weights.text(age[1] + 0.5, (1 - beta) * 0.95, "(1 − β) βᵏ", color=COLOURS[0])
        weights.text(window * 0.8, 1 / window * 1.08, f"1/{window}", color=COLOURS[2])
        label = {"xlabel": "age k (observations)", "ylabel": "weight"}
        weights.set(title="Weight of an observation", **label)
        total.axhline(0.95, color="#555555", lw=0.9, ls=(0, (3, 2)))
        total.text(0.5, 0.96, "95 %", fontsize=8.5, color="#555555")
        ten = float(record.weight.sel(kind="plain")[:10].sum())
        total.plot([10], [ten], "s", color=COLOURS[1], ms=6)
        small = {"fontsize": 8.5}
        total.annotate(
            f"10 weights: {ten:.3f}", (10, ten), (11, ten - 0.16), color=COLOURS[1], **small
        )
        total.annotate(
            f"95 % after {reach}", (reach, 1 - beta**reach), (reach + 2, 0.83), color=COLOURS[0],
            arrowprops={"arrowstyle": "-", "color": COLOURS[0], "lw": 0.6}, **small,
        )  # fmt: skip
        total.set(
            title="Cumulative weight",
            xlabel="number of most recent observations",
            ylabel="share of the weight",
            ylim=(0, 1.06),
        )
        caption(figure, text)
    return figure
