"""Figures of the study of search methods: losses against spending, and ranks along the way."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab import statistics
from lab.plots.looks import looks
from lab.plots.style import COLOURS, caption, label_ends, plain_ticks, style
from studies.search_methods.verdict import SPELT, against_random, correlations, ratio

MARKS = "os^D"


def spending(found: dict[str, xr.Dataset], tested: xr.Dataset, updates: int, text: str) -> Figure:
    """Least validation loss against what was spent; and at the end against random search's."""
    least = np.log(np.min([part.loss.isel(spent=-1).values for part in found.values()], 0))
    look = looks(list(found))
    with style():
        figure, (way, end) = plt.subplots(
            1, 2, figsize=(10.4, 4.0), layout="constrained", width_ratios=(1.25, 1)
        )
        ends = []
        for name, part in found.items():
            logs = np.log(part.loss.values) - least[:, None]
            there = np.isfinite(logs).all(0)
            x = part.spent.values[there] * updates
            estimate, low, high = ratio(logs[:, there].T)
            way.plot(
                x, estimate, drawstyle="steps-post", marker="." * (len(x) == 1), **look[name].line()
            )
            way.fill_between(x, low, high, step="post", **look[name].band())
            ends.append((x[-1], estimate[-1], SPELT[name], look[name].colour))
        way.set(
            yscale="log",
            xlabel="gradient evaluations spent",
            ylim=(0.97, 6),
            ylabel="least validation loss / least known",
            title="Best so far",
        )
        plain_ticks(way.yaxis)
        figure.canvas.draw()
        label_ends(way, ends)
        _against(end, against_random(found, tested))
        caption(figure, text)
    return figure


def _against(axes: Axes, ratios: dict) -> None:
    names = list(ratios)[::-1]
    for row, name in enumerate(names):
        for i, (label, x) in enumerate(zip(("validation", "test"), ratios[name])):
            axes.errorbar(
                x.estimate, row + 0.12 - 0.24 * i, fmt="os"[i], color=COLOURS[i], capsize=3, ms=5,
                xerr=[[x.estimate - x.low], [x.high - x.estimate]], label=label * (row == 0),
            )  # fmt: skip
    axes.axvline(1, color="#777777", lw=1)
    axes.set_yticks(range(len(names)), [SPELT[name] for name in names])
    axes.set(
        xscale="log",
        xlabel="loss / random search's on the same splits",
        title="At the end",
        ylim=(-0.6, len(names) - 0.1),
    )
    plain_ticks(axes.xaxis, subs=(1.0, 1.5, 2.0, 3.0, 5.0, 7.0))
    axes.legend(loc="upper right", ncols=2)


def ranks(
    pools: dict[str, xr.Dataset], along: xr.Dataset, misled: dict[str, xr.Dataset], text: str
) -> Figure:
    """Rank correlations by share, curves that cross, and the searches on that space."""
    with style():
        figure, (foretold, crossing, harmed) = plt.subplots(
            1, 3, figsize=(10.8, 3.5), layout="constrained"
        )
        for i, (name, pool) in enumerate(pools.items()):
            estimate, low, high = statistics.mean_interval(correlations(pool), axis=0)
            foretold.plot(pool.share, estimate, marker=MARKS[i], ms=4, color=COLOURS[i], label=name)
            foretold.fill_between(pool.share, low, high, color=COLOURS[i], alpha=0.15, lw=0)
        shares = next(iter(pools.values())).share.values
        foretold.axhline(0, color="#777777", lw=1)
        foretold.set(
            xscale="log",
            ylim=(-1, 1.05),
            xlabel="share of a full training",
            title="Ranks",
            ylabel="rank correlation with the end",
        )
        foretold.set_xticks(shares, [f"1/{1 / s:.0f}" if s < 1 else "1" for s in shares])
        foretold.minorticks_off()
        foretold.legend(loc="lower right")
        for i, rate in enumerate(along.learning_rate.values):
            logs = np.log(along.loss.sel(learning_rate=rate).transpose("share", "split").values)
            estimate, low, high = ratio(logs)
            crossing.plot(along.share, estimate, color=COLOURS[i], label=f"{rate:g}")
            crossing.fill_between(along.share, low, high, color=COLOURS[i], alpha=0.15, lw=0)
        crossing.set(
            yscale="log",
            xlabel="share of a full training",
            ylabel="validation loss",
            title=list(pools)[-1],
        )
        plain_ticks(crossing.yaxis)
        crossing.legend(title="learning rate", loc="upper left")
        look = looks(list(misled))
        for name, part in misled.items():
            logs = np.log(part.loss.transpose("spent", "split").values)
            there = np.isfinite(logs).all(1)
            estimate, low, high = ratio(logs[there])
            x = part.spent.values[there]
            harmed.plot(x, estimate, drawstyle="steps-post", marker="." * (len(x) == 1),
                        label=SPELT[name], **look[name].line())  # fmt: skip
            harmed.fill_between(x, low, high, step="post", **look[name].band())
            if len(x) == 1:
                harmed.errorbar(x, estimate, [estimate - low, high - estimate], capsize=3,
                                color=look[name].colour)  # fmt: skip
        harmed.set(
            yscale="log",
            xlabel="full trainings spent",
            ylabel="least validation loss",
            title=f"Searches on {list(pools)[-1]}",
        )
        plain_ticks(harmed.yaxis, subs=(1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0))
        harmed.legend()
        caption(figure, text)
    return figure
