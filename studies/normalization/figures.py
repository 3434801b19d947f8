"""Pictures of normalization: against batch size, rate, initial scale and depth; both its modes."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from lab.plots.style import COLOURS, DASHES, caption, plain_ticks, style
from lab.statistics.intervals import mean_interval, paired_difference
from lab.study import Record
from studies.normalization.runs import Normalization

MARKERS = ("o", "s", "^", "D", "v")
ORDER = ("none", "batch", "layer", "batch, after")  # the same look in every figure


def figures(record: Record[Normalization]) -> dict[str, Figure]:
    """With what they show written below."""
    s, nets = record.settings, record.under("batch_size")
    how = (
        f"Digits, {s.width} units a layer, SGD with momentum 0.9, {s.epochs} epochs of {s.rows:,} "
        "rows at a constant rate"
    )
    interval = f"mean over {s.seeds} fresh seeds, 95 % t interval"
    tuned = (
        f"the best of {len(s.rates)} rates by validation loss on {s.tuning} tuning seeds, for each "
        "norm and batch size"
    )
    return {
        "batch_size": against_batch_size(
            nets, f"{how}: equal examples, so a batch twice as large has half the updates; {tuned}."
            f" Above: {interval}; below: differences seed by seed (symmetric logarithmic scale). "
            "Running averages remember a tenth of the run.",
        ),
        "usable": usable(
            record.under("rates"), record.under("init"), s.usable,
            f"{how}, batch {s.batch}; {interval}. Above: every rate; below: initial kernels "
            f"multiplied, at the rate chosen for the usual ones. Dotted: {s.usable:.0%}, from "
            "which a rate or scale counts as usable.",
        ),
        "prices": prices(
            nets, record["running"], record["depth"], f"{how}; {tuned}; {interval}. Gap: same rows "
            "and parameters in both modes, second half of the training.",
        ),
    }  # fmt: skip


def against_batch_size(nets: Mapping[str, xr.Dataset], text: str) -> Figure:
    """A column per net: accuracy above; below, what each norm gains on none, seed by seed.

    Args:
      nets: By name: `accuracy` (norm, batch_size, seed).
      text: The caption.
    """
    with style():
        figure, grid = plt.subplots(
            2, len(nets), figsize=(5.2 * len(nets), 6.2), layout="constrained", squeeze=False,
            sharex=True,
        )  # fmt: skip
        for column, (name, net) in zip(grid.T, nets.items()):
            for norm in net.norm.values.tolist():
                values = 100 * net.accuracy.sel(norm=norm).transpose("batch_size", "seed").values
                _points(column[0], net.batch_size.values, mean_interval(values), norm)
                if norm != "none":
                    base = 100 * net.accuracy.sel(norm="none").transpose("batch_size", "seed")
                    gap = paired_difference(values, base.values)
                    _points(column[1], net.batch_size.values, gap, norm)
            column[1].axhline(0.0, color="black", lw=1.0)
            column[0].set(title=name, ylabel="validation accuracy, %")
            column[1].set(xlabel="batch size", ylabel="gain on no normalization, points")
            for axes in column:
                axes.set_xscale("log", base=2)
                _ticks(axes, net.batch_size.values)
            column[1].set_yscale("symlog", linthresh=2)
            column[1].yaxis.set_major_locator(
                FixedLocator([-80, -40, -20, -10, -5, -2, -1, 0, 1, 2, 5, 10, 20, 40, 80])
            )
            column[1].yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:+g}"))
            column[1].yaxis.set_minor_locator(NullLocator())
        grid[0, 0].legend(title="normalization", fontsize=8.5, loc="center right")
        caption(figure, text)
    return figure


def usable(
    rates: Mapping[str, xr.Dataset], scales: Mapping[str, xr.Dataset], level: float, text: str
) -> Figure:
    """A column per net: accuracy against the rate above, against the initial scale below.

    Args:
      rates: By name: `accuracy` (norm, rate, seed, step).
      scales: By name: `accuracy` (norm, scale, seed).
      level: Accuracy from which a rate or scale is usable.
      text: The caption.
    """
    with style():
        figure, grid = plt.subplots(
            2, len(rates), figsize=(5.2 * len(rates), 6.0), layout="constrained", squeeze=False
        )
        for column, name in zip(grid.T, rates):
            ends = rates[name].accuracy.isel(step=-1).rename(rate="x")
            initial = scales[name].accuracy.rename(scale="x")
            for axes, values in zip(column, (ends, initial)):
                for norm in values.norm.values.tolist():
                    shown = 100 * values.sel(norm=norm).transpose("x", "seed").values
                    _points(axes, values.x.values, mean_interval(shown), norm)
                axes.axhline(100 * level, color="black", lw=0.9, ls=":")
                axes.set(xscale="log", ylim=(0, 102), ylabel="validation accuracy, %")
                plain_ticks(axes.xaxis, subs=(1.0,))
            column[0].set(title=name, xlabel="learning rate")
            column[1].set(xlabel="initial kernels, times the usual")
        grid[0, 0].legend(title="normalization", fontsize=8.5)
        caption(figure, text)
    return figure


def prices(
    nets: Mapping[str, xr.Dataset], running: xr.Dataset, depth: xr.Dataset, text: str
) -> Figure:
    """Inference less training loss against batch size and memory; gain against depth.

    Args:
      nets: By name: `gap` (norm, batch_size, seed), `"batch"` among the norms.
      running: `gap` (momentum, batch_size, seed).
      depth: `accuracy` (norm, layers, seed).
      text: The caption.
    """
    with style():
        figure, (left, middle, right) = plt.subplots(
            1, 3, figsize=(12.2, 3.8), layout="constrained"
        )
        for k, (name, net) in enumerate(nets.items()):
            values = net.gap.sel(norm="batch").transpose("batch_size", "seed").values
            _line(left, net.batch_size.values, mean_interval(values), k, name)
        left.set_xscale("log", base=2)
        _ticks(left, next(iter(nets.values())).batch_size.values)
        left.set(xlabel="batch size", title="Running averages matched to the run")
        left.legend(fontsize=8.5)
        places = np.arange(running.sizes["momentum"])
        for k, size in enumerate(running.batch_size.values):
            values = running.gap.sel(batch_size=size).transpose("momentum", "seed").values
            mean, low, high = mean_interval(values)
            middle.errorbar(
                places + 0.12 * (k - 0.5), mean, yerr=[mean - low, high - mean], fmt=MARKERS[k],
                color=COLOURS[k], capsize=2.5, ms=5, label=f"batch {size}",
            )  # fmt: skip
        middle.set_xticks(places, running.momentum.values.tolist())
        middle.set(xlabel="momentum of the running averages", title="3-layer ReLU: other momenta")
        middle.margins(x=0.15)
        middle.legend(fontsize=8.5)
        left.set_yscale("symlog", linthresh=0.01)
        left.yaxis.set_major_locator(
            FixedLocator([s * 10.0**k for k in (-2, -1, 0, 2, 4, 6) for s in (-1, 1)] + [0])
        )
        left.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:+g}"))
        left.yaxis.set_minor_locator(NullLocator())
        for axes in (left, middle):
            axes.axhline(0.0, color="black", lw=1.0)
            axes.set_ylabel("loss: inference − training, nats")
        for norm in depth.norm.values.tolist()[1:]:
            a, b = (
                100 * depth.accuracy.sel(norm=n).transpose("layers", "seed").values
                for n in (norm, "none")
            )
            _points(right, depth.layers.values, paired_difference(a, b), norm)
        right.axhline(0.0, color="black", lw=1.0)
        right.set(
            xlabel="hidden layers, ReLU",
            ylabel="gain on no normalization, points",
            title="Worth it above three layers?",
        )
        right.legend(fontsize=8.5)
        caption(figure, text)
    return figure


def _points(axes: Axes, x: np.ndarray, interval: Sequence[np.ndarray], norm: str) -> None:
    _line(axes, x, interval, ORDER.index(norm), norm)


def _line(axes: Axes, x: np.ndarray, interval: Sequence[np.ndarray], k: int, label: str) -> None:
    mean, low, high = interval
    axes.errorbar(
        x, mean, yerr=[mean - low, high - mean], color=COLOURS[k], ls=DASHES[k], marker=MARKERS[k],
        ms=4.5, lw=1.3, capsize=2.5, label=label,
    )  # fmt: skip


def _ticks(axes: Axes, values: np.ndarray) -> None:
    axes.xaxis.set_major_locator(FixedLocator(values.tolist()))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
