"""Figures of the study of clipping: the cliffs along the training, and who survives them."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from lab import statistics
from lab.plots.style import COLOURS, DASHES, caption, style
from studies.clipping.runs import taken

TITLES = {"recurrent": "recurrent net", "deep": "12-layer MLP"}
MARKS = "osD^v"
Parts = Mapping[str, Mapping[str, xr.Dataset]]  # net -> clip -> record
Counts = Mapping[str, Mapping[str, np.ndarray]]  # net -> clip -> [rate, seed]


def look(i: int) -> dict[str, Any]:
    """Keywords of a line."""
    return {"color": COLOURS[i], "ls": DASHES[i], "marker": MARKS[i], "ms": 3.5, "lw": 1.5}


def cliffs(parts: Parts, example: xr.Dataset, shown: Mapping[str, tuple], text: str) -> Figure:
    """Raw gradient norm and loss of one seed, clipped and not; W = −9; how rare cliffs are.

    `shown`: of each net the plain and the clipped rule, the rate, the seed.
    """
    with style():
        figure, grid = plt.subplots(
            2, len(parts) + 1, figsize=(3.6 * (len(parts) + 1), 5.6), layout="constrained"
        )
        for column, (net, (plain, clipped, rate, seed)) in zip(grid.T, shown.items()):
            for i, clip in enumerate((plain, clipped)):
                one = parts[net][clip].sel(seed=seed).sel(learning_rate=rate, method="nearest")
                end, colour = taken(one), COLOURS[list(parts[net]).index(clip)]
                line: dict[str, Any] = {"color": colour, "lw": 1.0, "zorder": 3 - i}
                for axes, what in ((column[0], one.norm), (column[1], one.loss)):
                    axes.plot(np.arange(end), what.values[:end], label=clip, **line)
                    if end < one.sizes["update"]:
                        axes.plot(end - 1, what.values[end - 1], "X", color=colour, ms=8)
            threshold = float(parts[net][clipped].threshold)
            column[0].axhline(threshold, color="#555555", lw=0.9, ls=":")
            column[0].set(yscale="log", ylabel="gradient norm, before clipping")
            column[0].set_title(f"{TITLES[net]}, rate {rate:.2g}")
            column[1].set(yscale="log", ylabel="loss of the batch", xlabel="updates")
        grid[0][0].legend(fontsize=8.5, loc="best")
        _example(grid[0][-1], example)
        _tails(grid[1][-1], parts, shown)
        caption(figure, text)
    return figure


def _example(axes: Axes, example: xr.Dataset) -> None:
    for i, clip in enumerate(example["clip"].values.tolist()):
        path = np.abs(example.w.sel(clip=clip).values)
        line: dict[str, Any] = {**look(i), "marker": ""}
        axes.plot(np.arange(len(path)), np.maximum(path, 1e-3), label=clip, **line)
    axes.set(yscale="log", xlabel="updates", ylabel="|w|", ylim=(1e-3, 1e8))
    axes.set_title("f = 50w², η = 0.1, w₀ = 1")
    axes.legend(fontsize=8, loc="upper right")


def _tails(axes: Axes, parts: Parts, shown: Mapping[str, tuple]) -> None:
    ratio = np.geomspace(1, 1e4, 60)
    for j, (net, (plain, clipped, rate, _)) in enumerate(shown.items()):
        for clip in (plain, clipped):
            runs = parts[net][clip].sel(learning_rate=rate, method="nearest")
            found = []
            for seed in runs.seed.values:
                one = runs.sel(seed=seed)
                norms = one.norm.values[: taken(one)]
                found.append((norms[:, None] > ratio * np.median(norms)).mean(0))
            axes.plot(
                ratio,
                np.mean(found, 0),
                color=COLOURS[list(parts[net]).index(clip)],
                ls=DASHES[j],
                label=f"{TITLES[net]}, {clip}",
            )
    axes.set(
        xscale="log", yscale="log", ylim=(1e-4, 1), xlabel="multiple of the run's median norm",
        ylabel="share of updates beyond it", title="How rare cliffs are",
    )  # fmt: skip
    axes.legend(fontsize=7.5)


def survival(parts: Parts, trained: Counts, spikes: Counts, text: str, level: str) -> Figure:
    """A row per net: share that trains, share that does not diverge, spikes, against the rate."""
    with style():
        figure, grid = plt.subplots(
            len(parts), 3, figsize=(10.4, 2.9 * len(parts) + 0.5), squeeze=False, sharex=True,
            layout="constrained",
        )  # fmt: skip
        for row, (net, clips) in zip(grid, parts.items()):
            for i, (clip, part) in enumerate(clips.items()):
                rates = part.learning_rate.values * 10 ** (0.02 * (i - 2))  # side by side
                for axes, good in (
                    (row[0], trained[net][clip]),
                    (row[1], part.diverged_at.values < 0),
                ):
                    share(axes, rates, good, i, clip)
                mean, low, high = statistics.mean_interval(spikes[net][clip])
                row[2].plot(rates, mean, label=clip, **look(i))
                row[2].fill_between(
                    rates, np.maximum(low, 0), high, color=COLOURS[i], alpha=0.13, lw=0
                )
            row[0].set(ylabel=f"{TITLES[net]}\nshare of seeds", ylim=(-0.03, 1.03))
            row[1].set(ylim=(-0.03, 1.03))
            row[2].set(ylabel="spikes per 1,000 updates", ylim=(0, None))
        for axes, title in zip(grid[0], (f"Trained: {level}", "Not diverged", "Loss spikes")):
            axes.set_title(title)
        for axes in grid[-1]:
            axes.set(xscale="log", xlabel="learning rate")
        figure.legend(*grid[0][0].get_legend_handles_labels(), loc="outside upper center", ncols=5)
        caption(figure, text)
    return figure


def share(axes: Axes, x, good: np.ndarray, i: int, label: str) -> None:
    """Of [rate, seed] booleans: the share at each rate with its 95 % Wilson interval."""
    count = good.shape[-1]
    limits = [stats.binomtest(int(k), count).proportion_ci(method="wilson") for k in good.sum(-1)]
    axes.plot(x, good.mean(-1), label=label, **look(i))
    axes.vlines(x, [c.low for c in limits], [c.high for c in limits], color=COLOURS[i], lw=0.8)
