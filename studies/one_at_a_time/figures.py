"""Isolation plots, and grids of two numbers."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, caption, plain_ticks, style
from lab.statistics import mean_interval
from lab.study import Record
from studies.one_at_a_time.claims import SPELT, found, names_of
from studies.one_at_a_time.runs import OneAtATime, best_value

WORST = 8.0  # times the least of a grid: beyond it all have one colour


def figures(record: Record[OneAtATime]) -> dict[str, Figure]:
    """With what they show written below."""
    s = record.settings
    how = (
        f"Digits, two layers of {s.width} ReLU, heavy ball with a cosine schedule, {s.epochs:g} "
        "epochs at every batch size"
    )
    return {
        "alone": isolation(
            {name: record[f"alone/{name}"] for name in s.names},
            s.baseline,
            f"{how}. The others stay at the baseline, dotted. Validation loss, mean and 95 % t "
            f"interval over {s.tuning} tuning seeds; star: least.",
        ),
        "pairs": grids(
            [record[f"pairs/{' '.join(pair)}"] for pair in s.pairs],
            s.baseline,
            f"{how}. Validation loss, mean over {s.tuning} tuning seeds, over the least of the "
            f"grid; colours end at {WORST:g}. Lines: the baseline. Square: each best by itself; "
            "triangle: one after the other; star: jointly.",
        ),
    }


def isolation(alone: dict[str, xr.Dataset], baseline: dict[str, Any], text: str) -> Figure:
    """Validation loss against each number by itself."""
    with style():
        figure, grid = plt.subplots(
            -(-len(alone) // 3), min(3, len(alone)), figsize=(9.6, 2.5 * -(-len(alone) // 3)),
            layout="constrained", sharey=True, squeeze=False,
        )  # fmt: skip
        for axes, (name, part) in zip(grid.flat, alone.items()):
            values = part[name].values.tolist()
            mean, low, high = mean_interval(part.validation.values)
            x = np.arange(len(values))
            axes.fill_between(x, np.maximum(low, 1e-3), high, color=COLOURS[0], alpha=0.15, lw=0)
            axes.plot(x, mean, marker=".", color=COLOURS[0])
            best = values.index(best_value(part, name))
            axes.plot(best, mean[best], "*", ms=12, color=COLOURS[1])
            axes.axvline(values.index(baseline[name]), ls=":", color="#777777")
            axes.set(yscale="log", xlabel=SPELT[name])
            axes.set_xticks(x, [_short(v) for v in values], fontsize=8)
            plain_ticks(axes.yaxis)
        for axes in grid[:, 0]:
            axes.set_ylabel("validation loss")
        caption(figure, text)
    return figure


def grids(pairs: list[xr.Dataset], baseline: dict[str, Any], text: str) -> Figure:
    """A heat map for each pair, with what each way of searching finds."""
    with style():
        figure, row = plt.subplots(
            1, len(pairs), figsize=(1.2 + 2.5 * max(2, len(pairs)), 3.9), layout="constrained",
            squeeze=False, sharey=True,
        )  # fmt: skip
        image: Any = None
        for axes, pair in zip(row[0], pairs):
            first, second = names_of(pair)
            loss = pair.validation.mean("tuning").values
            image = axes.imshow(
                loss / loss.min(),
                norm=LogNorm(1, WORST),
                cmap="cividis_r",
                origin="lower",
                aspect="auto",
            )
            for name, line in ((first, axes.axhline), (second, axes.axvline)):
                line(pair[name].values.tolist().index(baseline[name]), color="w", lw=0.8)
            marks = zip("s^*", (11, 8, 12), ("#FFFFFF", COLOURS[6], COLOURS[1]))
            for (i, j), (mark, size, colour) in zip(found(pair, baseline), marks):
                axes.plot(j, i, mark, ms=size, mfc=colour, mec="black", mew=0.8)
            for name, set_ticks in ((second, axes.set_xticks), (first, axes.set_yticks)):
                values = pair[name].values
                set_ticks(range(len(values)), [_short(v) for v in values])
            axes.set(xlabel=SPELT[second])
            axes.tick_params(axis="x", labelsize=8, rotation=45)
            axes.grid(visible=False)
        row[0, 0].set_ylabel("learning rate")
        bar = figure.colorbar(image, ax=row, extend="max", label="validation loss / least")
        bar.set_ticks([1, 2, 4, 8], labels=["1", "2", "4", "8"])
        bar.minorticks_off()
        caption(figure, text)
    return figure


def _short(value: float) -> str:
    """A number for a tick.

    >>> _short(0.00032), _short(0.032), _short(128)
    ('3e-4', '0.03', '128')
    """
    if 0 < value < 0.01:
        return f"{value:.0e}".replace("e-0", "e-")
    return f"{value:.1g}" if value < 0.1 else f"{value:g}"
