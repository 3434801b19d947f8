"""Pictures of clipping: the cliffs along the training, and who survives them."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, DASHES, caption, style
from lab.statistics import mean_interval
from lab.statistics.shares import share_interval
from lab.study import Record
from studies.clipping import claims
from studies.clipping.claims import BEFORE, SPIKE, TITLES, TRAINED, Nets
from studies.clipping.runs import PLAIN, Clipping, taken

CLIPPED = "global norm"  # the way that is shown beside none
MARKS = "osD^v"


def figures(record: Record[Clipping]) -> dict[str, Figure]:
    """With what they show written below."""
    s, found = record.settings, claims.nets(record)
    thresholds = len(s.clips[0][1])
    how = (
        f"SGD, batch {s.batch}, {s.updates:,} updates, {s.seeds} fresh seeds at every rate; of "
        f"each clip the one of {thresholds} thresholds with the most progress over all rates on "
        f"{s.tuning} other seeds. Recurrent: adding problem, {s.factors} steps, {s.hidden} ReLUs, "
        f"orthogonal × {s.factor:g}. MLP: digits, {s.factors} layers of {s.width} ReLUs, He × "
        f"{s.factor:g}"
    )
    return {
        "cliffs": cliffs(
            found,
            record["example"],
            f"{how}. Left, middle: one seed, the one with the median ratio of largest to median "
            "norm, at the rate that is best without clipping; dotted: the threshold; cross: "
            "diverged. Top right: −9 after one update of 0.1 · 100; thresholds 1 (adaptive 0.1). "
            "Bottom right: mean over seeds.",
        ),
        "survival": survival(
            found,
            f"{how}. Trained: the validation metric at the end is at least half of the way "
            f"from guessing to perfection. Spike: a batch's loss above {SPIKE:g} times the median "
            f"of the {BEFORE} before, a stretch counted once, per 1,000 updates taken. Bars: 95 % "
            "Wilson intervals; bands: 95 % t intervals. Lines are drawn a little apart.",
        ),
    }


def look(i: int) -> dict[str, Any]:
    """Keywords of a line."""
    return {"color": COLOURS[i], "ls": DASHES[i], "marker": MARKS[i], "ms": 3.5, "lw": 1.5}


def cliffs(found: Nets, example: xr.Dataset, text: str) -> Figure:
    """Raw gradient norm and loss of one seed, clipped and not; W = −9; how rare cliffs are."""
    with style():
        figure, grid = plt.subplots(
            2, len(found) + 1, figsize=(3.6 * (len(found) + 1), 5.6), layout="constrained"
        )
        for (top, below), (net, ways) in zip(grid.T, found.items()):
            at = claims.best(ways[PLAIN])
            steep = claims.steepness(ways[PLAIN], at)
            middle = int(np.argsort(steep)[len(steep) // 2])
            for i, way in enumerate((PLAIN, CLIPPED)):
                one = ways[way].isel(learning_rate=at, seed=middle)
                end, colour = taken(one), COLOURS[list(ways).index(way)]
                for axes, what in ((top, one.norm.values), (below, one.loss.values)):
                    axes.plot(what[:end], label=way, color=colour, lw=1.0, zorder=3 - i)
                    if end < len(what):
                        axes.plot(end - 1, what[end - 1], "X", color=colour, ms=8)
            top.axhline(float(ways[CLIPPED].threshold), color="#555555", lw=0.9, ls=":")
            top.set(yscale="log", ylabel="gradient norm, before clipping")
            top.set_title(f"{TITLES[net]}, rate {float(ways[PLAIN].tuned_rate):.2g}")
            below.set(yscale="log", ylabel="loss of the batch", xlabel="updates")
        grid[0][0].legend(fontsize=8.5, loc="best")
        _example(grid[0][-1], example)
        _tails(grid[1][-1], found)
        caption(figure, text)
    return figure


def _example(axes: Axes, example: xr.Dataset) -> None:
    for i, clip in enumerate(example["clip"].values.tolist()):
        path = np.abs(example.w.sel(clip=clip).values)
        line: dict[str, Any] = {**look(i), "marker": ""}
        axes.plot(np.maximum(path, 1e-3), label=clip, **line)
    axes.set(yscale="log", xlabel="updates", ylabel="|w|", ylim=(1e-3, 1e8))
    axes.set_title("f = 50w², η = 0.1, w₀ = 1")
    axes.legend(fontsize=8, loc="upper right")


def _tails(axes: Axes, found: Nets) -> None:
    ratio = np.geomspace(1, 1e4, 60)
    for j, (net, ways) in enumerate(found.items()):
        at = claims.best(ways[PLAIN])
        for way in (PLAIN, CLIPPED):
            runs = ways[way].isel(learning_rate=at)
            every = [runs.isel(seed=k) for k in range(runs.sizes["seed"])]
            norms = [one.norm.values[: taken(one)] for one in every]
            beyond = [(x[:, None] > ratio * np.median(x)).mean(0) for x in norms]
            axes.plot(
                ratio,
                np.mean(beyond, 0),
                color=COLOURS[list(ways).index(way)],
                ls=DASHES[j],
                label=f"{TITLES[net]}, {way}",
            )
    axes.set(
        xscale="log", yscale="log", ylim=(1e-4, 1), xlabel="multiple of the run's median norm",
        ylabel="share of updates beyond it", title="How rare cliffs are",
    )  # fmt: skip
    axes.legend(fontsize=7.5)


def survival(found: Nets, text: str) -> Figure:
    """A row per net: share that trains, share that does not diverge, spikes, against the rate."""
    with style():
        figure, grid = plt.subplots(
            len(found), 3, figsize=(10.4, 2.9 * len(found) + 0.5), squeeze=False, sharex=True,
            layout="constrained",
        )  # fmt: skip
        for (left, middle, right), (net, ways) in zip(grid, found.items()):
            for i, (way, part) in enumerate(ways.items()):
                rates = part.learning_rate.values * 10 ** (0.02 * (i - 2))  # side by side
                for axes, good in (
                    (left, part.progress >= TRAINED),
                    (middle, part.diverged_at < 0),
                ):
                    mean, low, high = share_interval(good.values)
                    axes.plot(rates, mean, label=way, **look(i))
                    axes.vlines(rates, low, high, color=COLOURS[i], lw=0.8)
                mean, low, high = mean_interval(claims.spike_rates(part))
                right.plot(rates, mean, label=way, **look(i))
                right.fill_between(
                    rates, np.maximum(low, 0), high, color=COLOURS[i], alpha=0.13, lw=0
                )
            left.set(ylabel=f"{TITLES[net]}\nshare of seeds", ylim=(-0.03, 1.03))
            middle.set(ylim=(-0.03, 1.03))
            right.set(ylabel="spikes per 1,000 updates", ylim=(0, None))
        level = f"Trained: ≥ {TRAINED:.0%} of the way"
        for axes, title in zip(grid[0], (level, "Not diverged", "Loss spikes")):
            axes.set_title(title)
        for axes in grid[-1]:
            axes.set(xscale="log", xlabel="learning rate")
        figure.legend(*grid[0][0].get_legend_handles_labels(), loc="outside upper center", ncols=5)
        caption(figure, text)
    return figure
