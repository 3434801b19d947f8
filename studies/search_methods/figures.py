"""Figures of the study of search methods: losses against spending, and ranks along the way."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.plots.looks import Look, looks
from lab.plots.style import COLOURS, caption, label_ends, plain_ticks, style
from lab.statistics import Interval, mean_interval
from lab.study import Record
from studies.search_methods.claims import SPELT, correlations, over_random, ratio, searches
from studies.search_methods.runs import SearchMethods

MARKS = "os^D"


def figures(record: Record[SearchMethods]) -> dict[str, Figure]:
    """With what they show written below."""
    s = record.settings
    (first, *_, updates, _), (second, *_, late, _) = s.cases
    pools = {name: record[f"pool/{name}"] for name in (first, second)}
    return {
        "search_methods": spending(
            searches(record, "search"),
            updates,
            "Digits, one layer of ReLU units, heavy ball with a cosine schedule, "
            f"{updates} updates of batch 32 a full training; learning rate, momentum, initial "
            f"scale and L2 penalty are searched for {s.trainings} trainings, {s.batch} at once, "
            f"on {s.seeds} splits. Left: least validation loss of a full training, over the least "
            "that any method found on the split; a line begins where all splits have a full "
            f"training. Right: test loss of what was chosen, {s.runs} fresh seeds. Geometric "
            "means, 95 % t intervals over splits; right simultaneous.",
        ),
        "early": ranks(
            pools,
            record["along"],
            searches(record, "misled"),
            f"Left: {s.drawn} random settings on each of {s.seeds} splits, losses at a share of "
            f"the training against the last. Middle: {second} of MNIST-1D, {late} updates at a "
            f"constant rate; learning rate and momentum are searched; momentum {s.momentum:g}. "
            f"Right: least validation loss of a full training, {s.fewer} trainings spent. Means "
            "(geometric of losses), 95 % t intervals over splits.",
        ),
    }


def spending(found: dict[str, xr.Dataset], updates: int, text: str) -> Figure:
    """Least validation loss against what was spent; and at the end against random search's."""
    least = np.min([part.least.values for part in found.values()], 0)
    look = looks(list(found))
    with style():
        figure, (way, end) = plt.subplots(
            1, 2, figsize=(10.4, 4.0), layout="constrained", width_ratios=(1.25, 1)
        )
        ends = []
        for name, part in found.items():
            x, (estimate, _, _) = _steps(way, part, least, updates, look[name])
            ends.append((x[-1], estimate[-1], SPELT[name], look[name].colour))
        way.set(yscale="log", ylim=(0.97, 6), title="Best so far")
        way.set(xlabel="gradient evaluations spent", ylabel="least validation loss / least known")
        plain_ticks(way.yaxis)
        figure.canvas.draw()
        label_ends(way, ends)
        _against(end, over_random(found, "least"), over_random(found, "test"))
        caption(figure, text)
    return figure


def _steps(
    axes: Axes, part: xr.Dataset, least: np.ndarray | float, unit: int, look: Look, label: str = ""
) -> tuple[np.ndarray, Interval]:
    """Best so far over `least`, from where all splits have a full training."""
    logs = np.log(part.loss.transpose("spent", "split").values) - least
    there = np.isfinite(logs).all(1)
    x, found = part.spent.values[there] * unit, ratio(logs[there])
    alone = {"marker": "." * (len(x) == 1), "label": label}
    axes.plot(x, found.estimate, drawstyle="steps-post", **alone, **look.line())
    axes.fill_between(x, found.low, found.high, step="post", **look.band())
    return x, found


def _against(axes: Axes, *logs: dict[str, np.ndarray]) -> None:
    names = list(logs[0])[::-1]
    for row, name in enumerate(names):
        for i, (label, some) in enumerate(zip(("validation", "test"), logs)):
            x = ratio(some[name], len(names))
            axes.errorbar(
                x.estimate, row + 0.12 - 0.24 * i, fmt="os"[i], color=COLOURS[i], capsize=3, ms=5,
                xerr=[[x.estimate - x.low], [x.high - x.estimate]], label=label * (row == 0),
            )  # fmt: skip
    axes.axvline(1, color="#777777", lw=1)
    axes.set_yticks(range(len(names)), [SPELT[name] for name in names])
    axes.set(xscale="log", title="At the end", ylim=(-0.6, len(names) - 0.1))
    axes.set_xlabel("loss / random search's on the same splits")
    plain_ticks(axes.xaxis, subs=(1.0, 1.5, 2.0, 3.0, 5.0, 7.0))
    axes.legend(loc="upper right", ncols=2)


def ranks(
    pools: dict[str, xr.Dataset], along: xr.Dataset, misled: dict[str, xr.Dataset], text: str
) -> Figure:
    """Rank correlations by share, curves that cross, and the searches on that space."""
    where, look = list(pools)[-1], looks(list(misled))
    with style():
        figure, (foretold, crossing, harmed) = plt.subplots(
            1, 3, figsize=(10.8, 3.5), layout="constrained"
        )
        for i, (name, pool) in enumerate(pools.items()):
            found = mean_interval(correlations(pool), axis=0)
            _band(foretold, pool.share, found, COLOURS[i], marker=MARKS[i], ms=4, label=name)
        shares = pools[where].share.values
        foretold.axhline(0, color="#777777", lw=1)
        foretold.set(xscale="log", ylim=(-1, 1.05), title="Ranks")
        foretold.set(xlabel="share of a full training", ylabel="rank correlation with the end")
        foretold.set_xticks(shares, [f"1/{1 / s:.0f}" if s < 1 else "1" for s in shares])
        foretold.minorticks_off()
        foretold.legend(loc="lower right")
        for i, rate in enumerate(along.learning_rate.values):
            logs = np.log(along.loss.sel(learning_rate=rate).transpose("share", "split").values)
            _band(crossing, along.share, ratio(logs), COLOURS[i], label=f"{rate:g}")
        crossing.set(yscale="log", title=where)
        crossing.set(xlabel="share of a full training", ylabel="validation loss")
        plain_ticks(crossing.yaxis)
        crossing.legend(title="learning rate", loc="upper left")
        for name, part in misled.items():
            x, (mean, low, high) = _steps(harmed, part, 0.0, 1, look[name], SPELT[name])
            if len(x) == 1:
                colour = look[name].colour
                harmed.errorbar(x, mean, [mean - low, high - mean], capsize=3, color=colour)
        harmed.set(yscale="log", title=f"Searches on {where}")
        harmed.set(xlabel="full trainings spent", ylabel="least validation loss")
        plain_ticks(harmed.yaxis, subs=(1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0))
        harmed.legend()
        caption(figure, text)
    return figure


def _band(axes: Axes, x: xr.DataArray, found: Interval, colour: str, **line: Any) -> None:
    axes.plot(x, found.estimate, color=colour, **line)
    axes.fill_between(x, found.low, found.high, color=colour, alpha=0.15, lw=0)
