"""The four panels of moving averages."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, DASHES, caption, style

NAMES = {
    "plain": "EWMA",
    "corrected": "EWMA, bias-corrected",
    "simple": "simple average",
}


def moving_averages(record: xr.Dataset, text: str) -> Figure:
    """Data against averages, weights, |data − average|, cumulative weight with the 95 % line.

    Args:
      record: `data`, `signal` and `average` (kind, ...) over `t`, `weight` (kind, age) and the
        attributes `beta`, `window`; of the first seed.
      text: The caption.
    """
    t, beta, window = record.t.values, record.attrs["beta"], record.attrs["window"]
    with style():
        figure, ((data, weights), (gaps, total)) = plt.subplots(2, 2, figsize=(9.2, 6.2))
        figure.subplots_adjust(
            wspace=0.22, hspace=0.36, left=0.06, right=0.99, bottom=0.08, top=0.95
        )
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
            weights.plot(age, weight, marker="o", color=COLOURS[i], ls=DASHES[i], ms=3, lw=1)
            total.plot(
                age + 1, weight.cumsum(), marker="o", color=COLOURS[i], ls=DASHES[i], ms=3, lw=1
            )
        weights.text(age[1] + 0.5, (1 - beta) * 0.95, "(1 − β) βᵏ", color=COLOURS[0])
        weights.text(window * 0.8, 1 / window * 1.08, f"1/{window}", color=COLOURS[2])
        weights.set(
            title="Weight of an observation", xlabel="age k (observations)", ylabel="weight"
        )
        total.axhline(0.95, color="#555555", lw=0.9, ls=(0, (3, 2)))
        total.text(0.5, 0.96, "95 %", fontsize=8.5, color="#555555")
        reach = record.attrs["reach"]
        ten = float(record.weight.sel(kind="plain")[:10].sum())
        total.plot([10], [ten], "s", color=COLOURS[1], ms=6)
        total.annotate(
            f"10 weights: {ten:.3f}", (10, ten), (11, ten - 0.16), color=COLOURS[1], fontsize=8.5
        )
        total.annotate(
            f"95 % after {reach}", (reach, 1 - beta**reach), (reach + 2, 0.83), fontsize=8.5,
            color=COLOURS[0], arrowprops={"arrowstyle": "-", "color": COLOURS[0], "lw": 0.6},
        )  # fmt: skip
        total.set(
            title="Cumulative weight",
            xlabel="number of most recent observations",
            ylabel="share of the weight",
            ylim=(0, 1.06),
        )
        caption(figure, text)
    return figure
