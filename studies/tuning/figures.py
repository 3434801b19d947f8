"""Figure of one hyper-parameter search: how it went, what mattered, what came of it."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, GREY, caption, plain_ticks, style
from lab.statistics.intervals import Interval, mean_interval
from lab.study import Record
from studies.tuning.claims import errors
from studies.tuning.runs import Tuning


def figures(record: Record[Tuning]) -> dict[str, Figure]:
    """Three panels, with what they show written below."""
    s, trials = record.settings, record["trials"]
    label, network, others = errors(record)
    outcomes = {f"{name} network": mean_interval(values) for name, values in network.items()}
    outcomes |= {name: Interval(*[values.mean()] * 3) for name, values in others.items()}
    text = (
        f"{s.name}, {s.searcher}, {s.trainings} full trainings of {s.epochs} epochs, {s.runs} "
        f"seeds each, on validation rows; {trials.sizes['trial']} trials. Test: {s.seeds} fresh "
        "seeds, mean and 95 % t interval, one split; diamonds: scikit-learn with default settings. "
        f"Importances: {s.forests} forests, bars from least to largest, of parameters that every "
        "trial has."
    )
    with style():
        figure, (way, share, outcome) = plt.subplots(
            1, 3, figsize=(10.4, 3.4), layout="constrained", width_ratios=(1.2, 1, 1)
        )
        _way(way, trials)
        _bars(share, record["importances"].importance)
        _outcomes(outcome, outcomes, f"test {label}")
        caption(figure, text)
    return {"tuning": figure}


def _way(axes: Axes, trials: xr.Dataset) -> None:
    after, loss = trials.after.values, trials.loss.values
    order = np.argsort(after, kind="stable")
    finite = loss[np.isfinite(loss)]
    axes.plot(after, loss, ".", color=GREY, ms=4, label="a trial")
    axes.step(
        after[order],
        np.minimum.accumulate(loss[order]),
        where="post",
        color=COLOURS[0],
        label="best so far",
    )
    axes.set(
        yscale="log",
        xlabel="full trainings charged",
        ylabel="validation loss",
        title="Search",
        ylim=(finite.min() * 0.8, np.quantile(finite, 0.97) * 1.5),
    )
    axes.legend(loc="upper right")


def _bars(axes: Axes, importances: xr.DataArray) -> None:
    ordered = importances.isel(parameter=importances.mean("forest").argsort().values)
    names, mean = ordered.parameter.values, ordered.mean("forest").values
    spread = np.abs(np.stack([ordered.min("forest"), ordered.max("forest")]) - mean)
    axes.barh(names, mean, color=COLOURS[0], height=0.6, xerr=spread, ecolor="#444444", capsize=2)
    axes.grid(False, axis="y")
    axes.set(xlabel="share of the variance explained", title="What mattered", xlim=(0, None))


def _outcomes(axes: Axes, outcomes: Mapping[str, Interval], metric: str) -> None:
    names = list(outcomes)[::-1]
    for row, name in enumerate(names):
        mean, low, high = outcomes[name]
        random = high > low
        axes.errorbar(
            mean, row, xerr=[[mean - low], [high - mean]], fmt="o" if random else "D",
            color=COLOURS[0] if random else COLOURS[4], capsize=3, ms=5,
        )  # fmt: skip
        axes.axhline(row, color="#EEEEEE", lw=0.7, zorder=0)
    axes.set_yticks(range(len(outcomes)), names)
    if min(low for _, low, _ in outcomes.values()) > 0:
        axes.set_xscale("log")
        plain_ticks(axes.xaxis)
    axes.set(xlabel=metric, title="Test rows")
