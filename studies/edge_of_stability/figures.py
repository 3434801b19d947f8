"""Pictures of sharpness beside training: on its way to the edge, at the edge, and what it costs."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, DASHES, GREY, caption, plain_ticks, style
from lab.statistics.intervals import mean_interval
from lab.study import Record
from studies.edge_of_stability.claims import (
    CHEAP,
    TOLERANCE,
    followed,
    in_edges,
    last_quarter,
    path,
)
from studies.edge_of_stability.settings import EdgeOfStability

MARKERS = ("o", "s", "^", "D")


def figures(record: Record[EdgeOfStability]) -> dict[str, Figure]:
    """With what they show written below."""
    s, arms = record.settings, followed(record)
    how = (
        f"{s.rows} digits, 64-{'-'.join(map(str, s.widths))}-10 tanh, full batches, {s.updates:,} "
        f"updates; λ₁ by {s.lanczos} steps of Lanczos every {s.every} updates; {s.seeds} initial "
        "networks"
    )
    return {
        "settling": over_updates(
            arms,
            f"{how}. Geometric mean over seeds, 95 % t interval. Black: the edge; grey: within "
            f"{TOLERANCE:.0%} of it. Adam: the curvature that its preconditioner leaves over. "
            "Heavy ball: in units of the edge of the full rate, which is reached after the "
            "warm-up.",
        ),
        "ends": settled(
            arms,
            record["price"],
            f"{how}. Left: mean over the last quarter of the updates, geometric mean over seeds "
            "with its 95 % t interval, where it is not seen narrower than the mark. Right: eight "
            "runs at once, processor time of the same training over that without the probe; "
            f"median and quartiles of {s.repeats} repeats; dotted: {CHEAP:.0%}.",
        ),
    }


def over_updates(arms: Mapping[str, xr.Dataset], text: str) -> Figure:
    """A panel per arm: sharpness in units of its edge along the training, a line per rate."""
    with style():
        rows = -(-len(arms) // 2)
        figure, grid = plt.subplots(
            rows, 2, figsize=(10.4, 3.3 * rows), layout="constrained", squeeze=False
        )
        for axes, (name, arm) in zip(grid.flat, arms.items()):
            _settling(axes, arm)
            axes.set_title(f"{name[0].upper()}{name[1:]}: edge {arm.attrs['edge']:.3g}/η")
        caption(figure, text)
    return figure


def _settling(axes: Axes, arm: xr.Dataset) -> None:
    rates, updates = arm.learning_rate.values, arm.probe_step.values
    axes.axhspan(1 - TOLERANCE, 1 + TOLERANCE, color=GREY, alpha=0.45, lw=0)
    axes.axhline(1.0, color="black", lw=1.0)
    if arm.attrs["warmup"]:
        axes.axvspan(0, updates[-1] / 4, color="#EFE6D8", lw=0, zorder=0)
        axes.text(updates[-1] / 8, 0.013, "rate\nwarms up", ha="center", fontsize=8.5)
    for k, (rate, edges) in enumerate(zip(rates, in_edges(arm))):
        share = np.log(np.maximum(edges.T, 1e-6))
        mean, low, high = (np.exp(v) for v in mean_interval(share))
        colour = COLOURS[k % len(COLOURS)]
        axes.plot(updates, mean, ls=DASHES[k], lw=1.3, color=colour, label=f"{rate:.2g}")
        axes.fill_between(updates, low, high, color=colour, lw=0, alpha=0.22)
    axes.set(yscale="log", xlabel="updates", ylabel="sharpness / edge", ylim=(0.008, 5))
    plain_ticks(axes.yaxis, subs=(1.0, 3.0))
    columns = min(5, len(rates))
    axes.legend(
        title="learning rate η", ncols=columns, fontsize=8, title_fontsize=8.5, columnspacing=0.9,
        handlelength=2.2, loc="lower right" if arm.attrs["warmup"] else "best",
    )  # fmt: skip


def settled(arms: Mapping[str, xr.Dataset], price: xr.Dataset, text: str) -> Figure:
    """Sharpness at the end against the rate, with all edges; loss on the way; cost of probes."""
    with style():
        figure, (left, middle, right) = plt.subplots(
            1, 3, figsize=(12.2, 3.9), layout="constrained"
        )
        for k, (name, arm) in enumerate(arms.items()):
            rates = arm.learning_rate.values
            ends = np.log(last_quarter(path(arm, "sharpness")))
            mean, low, high = (np.exp(v) for v in mean_interval(ends))
            span = np.array([rates.min() / 1.6, rates.max() * 1.6])
            left.plot(span, arm.attrs["edge"] / span, color=COLOURS[k], lw=0.9, alpha=0.7)
            left.errorbar(
                rates, mean, yerr=[mean - low, high - mean], fmt=MARKERS[k], color=COLOURS[k],
                ms=5, capsize=2.5, lw=1.1, mfc="white", label=name,
            )  # fmt: skip
        left.set(
            xscale="log",
            yscale="log",
            xlabel="learning rate η",
            ylabel="sharpness, last quarter (Adam: preconditioned)",
            title="Points: measured; lines: edges",
        )
        left.legend(fontsize=8, loc="lower left")
        low, high = left.get_ylim()
        left.set_ylim(low / 8, high)  # room for the names
        _losses(middle, next(iter(arms.values())))
        _prices(right, price)
        caption(figure, text)
    return figure


def _losses(axes: Axes, arm: xr.Dataset) -> None:
    """Of one seed, without averages, which would hide the bumps."""
    for k, rate in enumerate(arm.learning_rate.values):
        one = arm.loss.sel(learning_rate=rate).isel(seed=0)
        axes.plot(
            arm.probe_step, one, color=COLOURS[k % len(COLOURS)], ls=DASHES[k], lw=1.1,
            label=f"{rate:.2g}",
        )  # fmt: skip
    axes.set(
        yscale="log",
        xlabel="updates",
        ylabel="training loss (half a squared error)",
        title="Gradient descent, one seed",
    )
    axes.legend(title="learning rate η", fontsize=8, title_fontsize=8.5)
    plain_ticks(axes.yaxis, subs=(1.0, 3.0))


def _prices(axes: Axes, price: xr.Dataset) -> None:
    """By how much each probe lengthens a training: median and quartiles of repeats."""
    extra = np.maximum(100 * (price.ratio.transpose("case", "repeat").values - 1), 0.1)
    settings = list(dict.fromkeys(price.setting.values.tolist()))
    for k, setting in enumerate(settings):
        at = np.flatnonzero(price.setting.values == setting)
        middle = np.median(extra[at], -1)
        spread = np.abs(np.quantile(extra[at], [0.25, 0.75], axis=-1) - middle)
        axes.errorbar(
            middle, at, xerr=spread, fmt=MARKERS[k], color=COLOURS[k], capsize=2.5, lw=1.3,
            label=setting,
        )  # fmt: skip
    axes.axvline(100 * CHEAP, color="black", lw=1.0, ls=":")
    labels = [f"{p}, every {n}" for p, n in zip(price.probe.values, price.period.values)]
    axes.set_yticks(range(len(labels)), labels)
    axes.set(xscale="log", ylim=(len(labels) - 0.4, -0.6))
    plain_ticks(axes.xaxis, subs=(1.0, 3.0))
    axes.set(xlabel="processor time added (%)", title="What looking costs")
    axes.legend(fontsize=8.5)
    axes.grid(axis="y", visible=False)
