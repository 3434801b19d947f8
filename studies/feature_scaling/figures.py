"""Pictures of feature scaling: accuracy over learning rates; what each scaling gains."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, DASHES, caption, plain_ticks, style
from lab.statistics import mean_interval
from lab.study import Record
from studies.feature_scaling.claims import SAYS, condition, measured
from studies.feature_scaling.runs import FeatureScaling

MARKERS = "os^D"


def figures(record: Record[FeatureScaling]) -> dict[str, Figure]:
    """With what they show written below."""
    s = record.settings
    how = (
        f"ne layer of {s.width} ReLU, batch {s.batch}, {s.updates} updates at a constant rate; "
        f"mean over {s.seeds} splits with a seed each, 95 % t interval"
    )
    return {
        "rates": over_rates(
            record,
            f"O{how}; a diverged run counts as 0 %. {len(s.rates)} rates. Dotted: {s.target:.0%}, "
            "from which a rate counts as usable.",
        ),
        "gains": gains(
            record,
            f"Left: linear model with bias, training rows. Others: o{how}. Updates: to "
            f"{s.target:.0%} validation accuracy at the rate that is quickest on the other splits; "
            f"never there counts as {s.updates} (dotted). Above: plain descent, below: Adam.",
        ),
    }


def over_rates(record: Record[FeatureScaling], text: str) -> Figure:
    """A column per data set, a row per rule: accuracy at the end against the learning rate."""
    s = record.settings
    with style():
        figure, grid = plt.subplots(
            len(s.optimizers), len(s.tasks), figsize=(3.9 * len(s.tasks), 2.9 * len(s.optimizers)),
            layout="constrained", sharex=True, sharey=True, squeeze=False,
        )  # fmt: skip
        for row, rule in zip(grid, s.optimizers):
            for axes, name in zip(row, s.tasks):
                ends = 100 * record[f"{name}_runs"].accuracy.sel(optimizer=rule).isel(step=-1)
                for k, scaling in enumerate(s.scalings):
                    one = ends.sel(scaling=scaling).transpose("rate", "split")
                    mean, low, high = mean_interval(one.values)
                    axes.fill_between(one.rate, low, high, color=COLOURS[k], alpha=0.13, lw=0)
                    axes.plot(one.rate, mean, color=COLOURS[k], ls=DASHES[k], marker=MARKERS[k],
                              ms=3.5, label=scaling)  # fmt: skip
                axes.axhline(100 * s.target, color="black", lw=0.9, ls=":")
                axes.set(xscale="log", ylim=(0, 103))
                axes.set_title(f"{name}, {SAYS[rule]}")
            row[0].set_ylabel("validation accuracy, %")
        for axes in grid[-1]:
            axes.set_xlabel("learning rate")
        grid[0, 0].legend(title="scaling", fontsize=8.5, loc="upper left")
        caption(figure, text)
    return figure


def gains(record: Record[FeatureScaling], text: str) -> Figure:
    """Condition numbers, decades of usable rates and updates to the target, by scaling."""
    s = record.settings
    with style():
        figure, grid = plt.subplots(
            len(s.optimizers),
            3,
            figsize=(11.6, 2.9 * len(s.optimizers)),
            layout="constrained",
            squeeze=False,
        )
        for row, rule in zip(grid, s.optimizers):
            for k, name in enumerate(s.tasks):
                found = [measured(record, name, rule, scaling) for scaling in s.scalings]
                conditions = [condition(record, name, scaling) for scaling in s.scalings]
                at = np.arange(len(found)) + 0.18 * (k - (len(s.tasks) - 1) / 2)
                _marks(row[0], at, conditions, k, name, base=10.0)
                _marks(row[1], at, [one.decades for one in found], k, name)
                _marks(row[2], at, [one.within for one in found], k, name, base=10.0)
            row[0].set(yscale="log", ylabel="condition number")
            row[1].set(ylabel="decades of usable rates", ylim=(0, None), title=SAYS[rule])
            row[2].set(yscale="log", ylabel="updates to the target", title=SAYS[rule])
            row[2].axhline(s.updates, color="black", lw=0.9, ls=":")
            plain_ticks(row[2].yaxis)
            for axes in row:
                axes.set_xticks(range(len(s.scalings)), s.scalings)
        grid[0, 0].set_title("linear problem")
        handles = grid[0, 0].get_legend_handles_labels()
        for row in grid[1:]:  # conditioning knows no rule
            row[0].clear()
            row[0].axis("off")
            row[0].legend(*handles, title="data", loc="upper left")
        caption(figure, text)
    return figure


def _marks(
    axes: Axes, at: np.ndarray, values: list[np.ndarray], k: int, label: str, base: float = 0.0
) -> None:
    mean, low, high = mean_interval(np.array(values))
    if base:
        mean, low, high = base**mean, base**low, base**high
    axes.errorbar(
        at, mean, yerr=[mean - low, high - mean], fmt=MARKERS[k], ms=5.5, color=COLOURS[k],
        capsize=3, label=label,
    )  # fmt: skip
