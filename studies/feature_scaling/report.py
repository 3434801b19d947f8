"""Tables, figures and verdict of the study of feature scaling, from its record alone."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab import plots, records, statistics
from lab.plots.style import COLOURS, DASHES, caption, plain_ticks, style
from lab.statistics.intervals import Interval
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.gradient_descent.report import judged
from studies.normalization.measures import negative, usable_decades
from studies.overfitting.verdict import at_best_of_others

MARKERS = "os^D"
SAYS = {"sgd": "plain descent", "adam": "Adam"}
LITTLE = np.log10(1.5)  # Adam needs no scaling if it is at most so much faster with it


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    tasks = {
        n: (record[f"{n}_condition"].to_dataset(), record[f"{n}_runs"].to_dataset())
        for n in told["tasks"]
    }
    target = told["target"]
    how = (
        f"one layer of {told['width']} ReLU, batch {told['batch']}, {told['updates']} updates at a "
        f"constant rate; mean over {told['splits']} splits with a seed each, 95 % t interval"
    )
    texts = {
        "rates": f"{how[0].upper()}{how[1:]}; a diverged run counts as 0 %. "
        f"{len(told['rates'])} rates. Dotted: {target:.0%}, from which a rate counts as usable.",
        "gains": f"Left: linear model with bias, training rows. Others: {how}. Updates: to "
        f"{target:.0%} validation accuracy at the rate that is quickest on the other splits; never "
        f"there counts as {told['updates']} (dotted). Above: plain descent, below: Adam.",
    }
    plots.save(over_rates(tasks, target, texts["rates"]), folder.path / "rates.png")
    plots.save(gains(tasks, target, texts["gains"]), folder.path / "gains.png")
    header = ["data", "scaling", "condition"] + [
        f"{SAYS[rule].removeprefix('plain ')}: {what}"
        for rule in told["optimizers"]
        for what in ("decades", "updates")
    ]
    rows = []
    for name, (condition, runs) in tasks.items():
        for scaling in told["scalings"]:
            logs = statistics.mean_interval(_condition(condition, scaling))
            row = [name, scaling, span([10.0**v for v in logs], ".2g")]
            for optimizer in told["optimizers"]:
                decades, times = measured(runs, optimizer, scaling, target)
                updates = [10.0**v for v in statistics.mean_interval(times)]
                row += [span(statistics.mean_interval(decades), ".1f"), span(updates, ".0f")]
            rows.append(row)
    text = (
        f"# Feature scaling\n\n{markdown(header, rows)}\nCondition of the linear problem and "
        f"updates to {target:.0%}: geometric means; decades of usable rates; {how}.\n\n"
        f"## Verdict\n\n{verdict(tasks, target)}"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(header, rows))
    print(f"{text}\nfigures, tables and record: {folder.path}")


def _condition(condition: xr.Dataset, scaling: str) -> np.ndarray:
    """log₁₀ of the condition number: [splits]."""
    one = condition.sel(scaling=scaling)
    return np.log10(one.largest / one.least).values


def measured(
    runs: xr.Dataset, optimizer: str, scaling: str, target: float
) -> tuple[np.ndarray, np.ndarray]:
    """Decades of usable rates, and log₁₀ of the updates to the target: [splits] each."""
    accuracy = runs.accuracy.sel(optimizer=optimizer, scaling=scaling)
    ends = accuracy.isel(step=-1).rename(split="seed")
    reached = statistics.time_to_target(
        -accuracy.transpose("split", "rate", "step").values, runs.updates.values, -target
    )
    return usable_decades(ends, "rate", target), at_best_of_others(
        np.log10(np.maximum(reached.time, 1.0))
    )


def verdict(tasks: dict[str, Any], target: float) -> str:
    """Every claim with its numbers; intervals simultaneous over the data sets."""
    lines, count = [], len(tasks)
    for name, (condition, runs) in tasks.items():

        def against(a, b, of, count=count):
            return statistics.paired_difference(of(a), of(b), comparisons=count)

        def cond(scaling, condition=condition):
            return _condition(condition, scaling)

        better = against("standard", "none", cond)
        lines.append(
            f"- *Standardizing improves the conditioning*, {name}: **{_above(negative(better))}**, "
            f"condition number times {_times(better)}."
        )
        for optimizer in runs.optimizer.values.tolist():

            def decades(scaling, runs=runs, optimizer=optimizer):
                return measured(runs, optimizer, scaling, target)[0]

            def times(scaling, runs=runs, optimizer=optimizer):
                return measured(runs, optimizer, scaling, target)[1]

            wider, quicker = (
                against("standard", "none", decades),
                against("none", "standard", times),
            )
            who = SAYS[optimizer]
            lines += [
                f"- *It widens the range of usable rates*, {name}, {who}: **{_above(wider)}**, "
                f"{span(wider, '+.1f')} decades.",
                f"- *It saves updates*, {name}, {who}: **{_above(quicker)}**, raw features need "
                f"{_times(quicker)} times as many.",
            ]
            if optimizer == "adam":
                lines.append(
                    f"- *Adam scales by itself and hardly needs it* (less than 1.5 times), {name}: "
                    f"**{judged(bool(quicker.high < LITTLE), bool(quicker.low > LITTLE))}**, "
                    f"{_times(quicker)} times."
                )
            if optimizer == "sgd" and "minmax" in runs.scaling.values:
                centred = against("minmax", "standard", times)
                lines.append(
                    f"- *Zero means are better than the range 0 to 1 (LeCun et al. 1998)*, {name}, "
                    f"{who}: **{_above(centred)}**, min-max needs {_times(centred)} times the "
                    "updates."
                )
    return "\n".join(lines) + "\n"


def _above(x: Interval) -> str:
    return judged(bool(x.low > 0), bool(x.high < 0))


def _times(logs: Any) -> str:
    return span([10.0 ** float(v) for v in logs], ".2g")


def span(x: Any, digits: str) -> str:
    """Estimate with its limits."""
    estimate, low, high = (format(float(np.asarray(v)), digits) for v in x)
    return f"{estimate} ({low} to {high})"


def over_rates(tasks: dict[str, Any], target: float, text: str) -> Figure:
    """A column per data set, a row per rule: accuracy at the end against the learning rate."""
    with style():
        one = next(iter(tasks.values()))[1]
        rules = one.optimizer.values.tolist()
        figure, grid = plt.subplots(
            len(rules), len(tasks), figsize=(3.9 * len(tasks), 2.9 * len(rules)),
            layout="constrained", sharex=True, sharey=True, squeeze=False,
        )  # fmt: skip
        for row, rule in zip(grid, rules):
            for axes, (name, (_, runs)) in zip(row, tasks.items()):
                for k, scaling in enumerate(runs.scaling.values.tolist()):
                    ends = runs.accuracy.sel(optimizer=rule, scaling=scaling).isel(step=-1)
                    mean, low, high = statistics.mean_interval(
                        100 * ends.transpose("rate", "split").values
                    )
                    axes.fill_between(runs.rate, low, high, color=COLOURS[k], alpha=0.13, lw=0)
                    axes.plot(runs.rate, mean, color=COLOURS[k], ls=DASHES[k], marker=MARKERS[k],
                              ms=3.5, label=scaling)  # fmt: skip
                axes.axhline(100 * target, color="black", lw=0.9, ls=":")
                axes.set(xscale="log", ylim=(0, 103))
                axes.set_title(f"{name}, {SAYS[rule]}")
            row[0].set_ylabel("validation accuracy, %")
        for axes in grid[-1]:
            axes.set_xlabel("learning rate")
        grid[0, 0].legend(title="scaling", fontsize=8.5, loc="upper left")
        caption(figure, text)
    return figure


def gains(tasks: dict[str, Any], target: float, text: str) -> Figure:
    """Condition numbers, decades of usable rates and updates to the target, by scaling."""
    rules = next(iter(tasks.values()))[1].optimizer.values.tolist()
    with style():
        figure, grid = plt.subplots(
            len(rules), 3, figsize=(11.6, 2.9 * len(rules)), layout="constrained", squeeze=False
        )
        for row, rule in zip(grid, rules):
            for k, (name, (condition, runs)) in enumerate(tasks.items()):
                scalings = runs.scaling.values.tolist()
                both = [measured(runs, rule, scaling, target) for scaling in scalings]
                _marks(
                    row[0], [_condition(condition, s) for s in scalings], k, len(tasks), name, 10
                )
                _marks(row[1], [a for a, _ in both], k, len(tasks), name, None)
                _marks(row[2], [b for _, b in both], k, len(tasks), name, 10)
                last = float(runs.updates[-1])
            row[0].set(yscale="log", ylabel="condition number")
            row[1].set(ylabel="decades of usable rates", ylim=(0, None), title=SAYS[rule])
            row[2].set(yscale="log", ylabel="updates to the target", title=SAYS[rule])
            row[2].axhline(last, color="black", lw=0.9, ls=":")
            plain_ticks(row[2].yaxis)
            for axes in row:
                axes.set_xticks(range(len(scalings)), scalings)
        grid[0, 0].set_title("linear problem")
        handles = grid[0, 0].get_legend_handles_labels()
        for row in grid[1:]:  # conditioning knows no rule
            row[0].clear()
            row[0].axis("off")
            row[0].legend(*handles, title="data", loc="upper left")
        caption(figure, text)
    return figure


def _marks(axes: Axes, values: list, k: int, count: int, label: str, base: int | None) -> None:
    mean, low, high = statistics.mean_interval(np.array(values))
    if base:
        mean, low, high = (float(base) ** v for v in (mean, low, high))
    at = np.arange(len(values)) + 0.18 * (k - (count - 1) / 2)
    axes.errorbar(
        at, mean, yerr=[mean - low, high - mean], fmt=MARKERS[k], ms=5.5, color=COLOURS[k],
        capsize=3, label=label,
    )  # fmt: skip
