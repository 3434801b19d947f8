"""Figures of XOR by small networks: success rates, time to success, decision boundaries."""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from lab.foundations import backpropagation as bp
from lab.plots.style import COLOURS, DASHES, caption, label_ends, style
from lab.statistics.shares import share_interval
from lab.study import Record
from studies.xor.claims import reached, reports_of, solved
from studies.xor.runs import Xor

AXIS = np.linspace(-0.4, 1.4, 73)  # of the square that is drawn


def figures(record: Record[Xor]) -> dict[str, Figure]:
    """With what they show written below."""
    s = record.settings
    how = (
        f"Budget: {s.updates:,} updates of all four corners; rate chosen among {s.trials} on "
        f"{s.tuning_seeds} tuning seeds; "
    )
    return {
        "success": success_rates(
            record,
            f"{how}{s.seeds} fresh seeds, 95 % Wilson intervals.\nSolved: all four corners on "
            "their side of ½. Left: at the end; right: at the first evaluation, every 2 % of the "
            "budget.",
        ),
        "boundaries": boundaries(
            record,
            f"{how}{s.optimizers[0][0]}. Orange: class 1, purple: class 0,\nblack line: "
            f"probability ½. The first of {s.seeds} fresh seeds that solves XOR, and the first "
            "that does not.",
        ),
    }


def success_rates(record: Record[Xor], text: str) -> Figure:
    """Success rate with its interval by architecture, and the share solved by each update."""
    reports, names = reports_of(record), record.settings.names
    shares = np.array([share_interval(solved(one).values) for one in reports.values()])
    optimizers = [name for name, *_ in record.settings.optimizers]
    with style():
        figure, (left, right) = plt.subplots(1, 2, figsize=(10.4, 3.8), width_ratios=(1, 1.1))
        figure.subplots_adjust(wspace=0.25, bottom=0.15)
        for i, optimizer in enumerate(optimizers):
            middle, low, high = shares[..., i].T
            at = np.arange(len(names)) + 0.16 * (2 * i - 1)
            left.errorbar(
                middle, at, xerr=[middle - low, high - middle], fmt="os"[i % 2], ms=5.5, lw=1.4,
                color=("black", COLOURS[1])[i % 2], label=optimizer,
                mfc=("black", "white")[i % 2],
            )  # fmt: skip
        left.set_yticks(range(len(names)), names)
        left.invert_yaxis()
        left.set(title="Seeds that solve XOR", xlabel="share of seeds", xlim=(0, 1.03))
        left.legend(loc="lower left")
        ends, steps = [], np.empty(0)
        for i, (name, report) in enumerate(reports.items()):
            times, steps = reached(report), report.updates.values[1:]
            soon = np.where(times.hit[0], times.time[0], np.inf)
            share = [(soon <= t).mean() for t in steps]
            right.plot(steps, share, color=COLOURS[i], ls=DASHES[i])
            ends.append((float(steps[-1]), float(share[-1]), name, COLOURS[i]))
        right.set(title=f"Solved by then, {optimizers[0]}", xlabel="updates", xscale="log")
        right.set(ylabel="share of seeds", ylim=(-0.02, 1.03))
        right.set_xlim(float(steps[0]), float(steps[-1]))
        right.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        right.xaxis.set_major_formatter("{x:g}")
        right.xaxis.set_minor_locator(NullLocator())
        figure.canvas.draw()
        label_ends(right, ends)
        caption(figure, text)
    return figure


def boundaries(record: Record[Xor], text: str) -> Figure:
    """Probability of class 1 over the square, of the first seed that solves XOR, and that not."""
    reports, activations = reports_of(record), [a for _, a in record.settings.architectures]
    with style():
        figure, grid = plt.subplots(
            2, len(reports), figsize=(1.95 * len(reports), 4.3), sharex=True, sharey=True,
            squeeze=False,
        )  # fmt: skip
        figure.subplots_adjust(wspace=0.08, hspace=0.2, bottom=0.08)
        for column, (name, report), activation in zip(grid.T, reports.items(), activations):
            outcome = solved(report).values[0]
            for axes, wanted in zip(column, (True, False)):
                axes.grid(visible=False)
                axes.set(xticks=(0, 1), yticks=(0, 1), aspect="equal")
                axes.set(xlim=AXIS[[0, -1]], ylim=AXIS[[0, -1]])
                seeds = np.flatnonzero(outcome == wanted)
                if seeds.size == 0:
                    axes.text(0.5, 0.5, "no such\nseed", ha="center", va="center", color="#666666")
                else:
                    _surface(axes, report.isel(optimizer=0), int(seeds[0]), activation)
            column[0].set_title(name, fontsize=9.5)
            column[1].set_xlabel("$x_1$")
        for axes, word in zip(grid[:, 0], ("solved", "not solved")):
            axes.set_ylabel(f"{word}\n$x_2$")
        caption(figure, text)
    return figure


def _surface(axes: Axes, report: xr.Dataset, seed: int, activation: str) -> None:
    """Probability by the weights before the last update, the corners, the seed's number."""
    last = report.isel(seed=seed, probe_step=-1)
    layers = [
        bp.Layer(
            jnp.asarray(last[f"probe_{k}_weights"].values),
            jnp.asarray(last[f"probe_{k}_bias"].values),
        )
        for k in range(2)
    ]
    points = jnp.asarray(np.stack(np.meshgrid(AXIS, AXIS), -1).reshape(-1, 2), jnp.float32)
    logits = bp.forward(layers, points, (activation, "identity"))[-1]
    p = np.asarray(jax.nn.sigmoid(logits)).reshape(AXIS.size, AXIS.size).astype(float)
    axes.contourf(AXIS, AXIS, p, levels=np.linspace(0, 1, 9), cmap="PuOr_r", alpha=0.85)
    if p.min() < 0.5 < p.max():
        axes.contour(AXIS, AXIS, p, levels=[0.5], colors="black", linewidths=1.5)
    axes.plot([0, 1], [1, 0], "o", ms=7, mfc=COLOURS[1], mec="black")
    axes.plot([0, 1], [0, 1], "s", ms=7, mfc="white", mec="black")
    axes.text(
        0.96, 0.04, f"seed {seed}", ha="right", va="bottom", fontsize=7.5,
        transform=axes.transAxes,
        bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.2},
    )  # fmt: skip
