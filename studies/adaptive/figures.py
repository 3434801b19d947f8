"""Figures of learning rates per coordinate: sparse features, bowls, what is left, ε."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, DASHES, caption, style
from lab.statistics import mean_interval
from lab.study import Record
from studies.adaptive.claims import tables
from studies.adaptive.runs import Adaptive


def figures(record: Record[Adaptive]) -> dict[str, Figure]:
    """With what they show written below."""
    s, told = record.settings, tables(record)
    return {
        "features": features(record.under("features"), told["table"].note),
        "bowls": bowls(record["bowls"], s.bowl_steps, told["bowls"].note),
        "rates": rates_left(
            record["dying"],
            record["correction"],
            f"Left: median and range of {s.seeds} seeds; RMSProp decay {s.decay:g}, Adam β₂ = "
            "0.999. Right: no randomness.",
        ),
        "epsilon": epsilons(
            record["epsilon"],
            f"The default network on digits, batch {s.epsilon_batch}, {s.epsilon_updates} updates; "
            f"mean and range of {s.epsilon_seeds} seeds. Points above the frame or diverged are "
            "left out.",
        ),
    }


def features(kinds: Mapping[str, xr.Dataset], text: str) -> Figure:
    """Validation loss against updates on rare and on common features, 95 % t intervals."""
    with style():
        figure, row = plt.subplots(1, 2, figsize=(9.2, 3.7))
        figure.subplots_adjust(wspace=0.2, left=0.07, right=0.99, bottom=0.14)
        for axes, (kind, record) in zip(row, kinds.items()):
            title = "rare features" if kind == "sparse" else "common features"
            for i, name in enumerate(record.optimizer.values.tolist()):
                mine = record.sel(optimizer=name)
                mean, low, high = mean_interval(mine.loss.transpose("step", "seed").values)
                label = f"{name}, η = {float(mine.best):.2g}"
                axes.plot(record.step, mean, color=COLOURS[i], ls=DASHES[i], label=label)
                axes.fill_between(record.step, low, high, color=COLOURS[i], alpha=0.18, lw=0)
            axes.set(title=title, xlabel="updates", ylabel="validation loss (nats)")
            axes.legend(fontsize=8.5)
        caption(figure, text)
    return figure


def bowls(record: xr.Dataset, limit: int, text: str) -> Figure:
    """Median updates to the minimum against κ, along the axes and turned; bars: middle half."""
    with style():
        figure, row = plt.subplots(1, 2, figsize=(9.2, 3.5), sharey=True)
        figure.subplots_adjust(wspace=0.08, left=0.07, right=0.99, bottom=0.15)
        for axes, turned in zip(row, record.turned.values):
            for i, name in enumerate(record.optimizer.values.tolist()):
                updates = record.updates.sel(turned=turned, optimizer=name).values
                low, middle, high = np.quantile(
                    np.where(np.isfinite(updates), updates, 1.4 * limit), [0.25, 0.5, 0.75], axis=-1
                )
                axes.errorbar(
                    record.condition * 1.06 ** (i - 1), middle, [middle - low, high - middle],
                    color=COLOURS[i], ls=DASHES[i], marker="osD"[i], ms=4.5, lw=1.3, label=name,
                    elinewidth=0.9,
                )  # fmt: skip
            axes.axhline(limit, color="#777777", lw=0.8, ls=(0, (2, 2)))
            title = "turned by 45°" if turned else "along the axes"
            axes.set(xscale="log", yscale="log", xlabel="condition number κ", title=title)
        row[0].text(1, limit * 1.08, "budget; above: never", fontsize=8, color="#777777")
        row[0].set_ylabel("updates to 10⁻⁶ of the first height")
        row[0].legend()
        caption(figure, text)
    return figure


def rates_left(dying: xr.Dataset, correction: xr.Dataset, text: str) -> Figure:
    """Left the rate a coordinate has left; right the length of Adam's first steps."""
    with style():
        figure, (left, right) = plt.subplots(1, 2, figsize=(9.2, 3.5))
        figure.subplots_adjust(wspace=0.22, left=0.07, right=0.99, bottom=0.15)
        for i, name in enumerate(dying.optimizer.values.tolist()):
            low, middle, high = dying.left.sel(optimizer=name).quantile([0, 0.5, 1], "seed").values
            left.plot(dying.step, middle, color=COLOURS[i], ls=DASHES[i], label=name)
            left.fill_between(dying.step, low, high, color=COLOURS[i], alpha=0.18, lw=0)
        left.plot(dying.step, dying.step**-0.5, color="#555555", lw=0.8, label="1/√t")
        left.set(
            xscale="log",
            yscale="log",
            xlabel="updates",
            ylabel="|update| / (η |gradient|)",
            title="Gradients from N(0, 1)",
        )
        left.legend(fontsize=8.5)
        for i, rule in enumerate(correction.rule.values.tolist()):
            line = {"color": COLOURS[i], "ls": DASHES[i], "label": f"Adam, {rule}"}
            right.plot(correction.step, correction.length.sel(rule=rule), **line)
        right.set(
            xscale="log",
            xlabel="updates",
            ylabel="|update| / η",
            ylim=(0, None),
            title="Constant gradient, β₁ = 0.9, β₂ = 0.999",
        )
        right.legend(fontsize=8.5)
        caption(figure, text)
    return figure


def epsilons(record: xr.Dataset, text: str) -> Figure:
    """Validation loss against learning rate, a line per ε; bars: range over seeds."""
    with style():
        figure, axes = plt.subplots(figsize=(6.4, 3.7))
        figure.subplots_adjust(left=0.1, right=0.99, bottom=0.14)
        start = float(record.loss.quantile(0.9)) * 1.2
        for i, eps in enumerate(record.eps.values.tolist()):
            mine = record.loss.sel(eps=eps)
            mean = mine.mean("seed").values
            shown = np.where(np.isfinite(mean) & (mean < start), mean, np.nan)
            low, high = shown - mine.min("seed").values, mine.max("seed").values - shown
            axes.errorbar(
                record.learning_rate, shown, [low, np.where(np.isfinite(high), high, 0)],
                color=COLOURS[i], ls=DASHES[i], marker="o", ms=3, elinewidth=0.8,
                label=f"ε = {eps:g}",
            )  # fmt: skip
        axes.set(
            xscale="log",
            yscale="log",
            xlabel="learning rate η",
            ylabel="validation loss (nats)",
            title="Adam on digits",
        )
        axes.legend(fontsize=8.5)
        caption(figure, text)
    return figure
