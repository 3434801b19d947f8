"""Isolation plots, grids, table and verdict, from the record alone."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from lab import plots, records, statistics
from lab.plots.style import COLOURS, caption, plain_ticks, style
from lab.statistics.intervals import Interval
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.activations.verdict import span
from studies.one_at_a_time import verdict
from studies.one_at_a_time.runs import best_value

WORST = 8.0  # times the least of a grid: beyond it all have one colour


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    alone = {name: record[f"alone/{name}"].to_dataset() for name in told["names"]}
    pairs = [record["pairs/" + " ".join(pair)].to_dataset() for pair in told["pairs"]]
    baseline = told["baseline"]
    how = (
        f"Digits, two layers of {told['width']} ReLU, heavy ball with a cosine schedule, "
        f"{told['epochs']:g} epochs at every batch size"
    )
    texts = {
        "alone": f"{how}. The others stay at the baseline, dotted. Validation loss, mean and 95 % "
        f"t interval over {told['tuning']} tuning seeds; star: least.",
        "pairs": f"{how}. Validation loss, mean over {told['tuning']} tuning seeds, over the least "
        f"of the grid; colours end at {WORST:g}. Lines: the baseline. Square: each "
        "best by itself; triangle: one after the other; star: jointly.",
    }
    plots.save(isolation(alone, baseline, texts["alone"]), folder.path / "alone.png")
    plots.save(grids(pairs, baseline, texts["pairs"]), folder.path / "pairs.png")
    header, rows = _table(pairs, baseline)
    lines = [
        *verdict.pair_lines(pairs, baseline),
        verdict.together_line(record["together"].to_dataset(), told["names"]),
    ]
    text = (
        f"# One at a time\n\n{markdown(header, rows)}\n{how}; {told['seeds']} fresh seeds, one "
        "split, mean and 95 % t interval; those below simultaneous over the pairs.\n\n## Verdict"
        "\n\n" + "\n".join(lines) + "\n"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(header, rows))
    print(f"{text}\nfigures, tables and record: {folder.path}")


def _table(pairs: list[xr.Dataset], baseline: dict[str, Any]):
    rows = []
    for pair in pairs:
        first, second = verdict.names_of(pair)
        chosen = verdict.found(pair, baseline)
        for how, (i, j) in zip(("each by itself", "one after the other", "jointly"), chosen):
            loss = statistics.mean_interval(verdict.tested(pair, (i, j)))
            rows.append([
                f"learning rate × {verdict.SPELT[second]}", how, f"{pair[first].values[i]:.2g}",
                f"{pair[second].values[j]:.2g}", span(Interval(*loss), ".3f"),
            ])  # fmt: skip
    return ["grid", "found", "learning rate", "other", "test loss"], rows


def isolation(alone: dict[str, xr.Dataset], baseline: dict[str, Any], text: str) -> Figure:
    """Validation loss against each number by itself."""
    with style():
        figure, grid = plt.subplots(
            -(-len(alone) // 3), min(3, len(alone)), figsize=(9.6, 2.5 * -(-len(alone) // 3)),
            layout="constrained", sharey=True, squeeze=False,
        )  # fmt: skip
        for axes, (name, part) in zip(grid.flat, alone.items()):
            values = part[name].values.tolist()
            loss = part.validation.transpose(name, "tuning").values
            mean, low, high = statistics.mean_interval(loss)
            x = np.arange(len(values))
            axes.fill_between(x, np.maximum(low, 1e-3), high, color=COLOURS[0], alpha=0.15, lw=0)
            axes.plot(x, mean, marker=".", color=COLOURS[0])
            best = values.index(best_value(part, name))
            axes.plot(best, mean[best], "*", ms=12, color=COLOURS[1])
            axes.axvline(values.index(baseline[name]), ls=":", color="#777777")
            axes.set(yscale="log", xlabel=verdict.SPELT[name])
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
            first, second = verdict.names_of(pair)
            loss = pair.validation.mean("tuning").transpose(first, second).values
            image = axes.imshow(
                loss / loss.min(),
                norm=LogNorm(1, WORST),
                cmap="cividis_r",
                origin="lower",
                aspect="auto",
            )
            axes.axhline(pair[first].values.tolist().index(baseline[first]), color="w", lw=0.8)
            axes.axvline(pair[second].values.tolist().index(baseline[second]), color="w", lw=0.8)
            for (i, j), mark, size, colour in zip(
                verdict.found(pair, baseline),
                "s^*",
                (11, 8, 12),
                ("#FFFFFF", COLOURS[6], COLOURS[1]),
            ):
                axes.plot(j, i, mark, ms=size, mfc=colour, mec="black", mew=0.8)
            for name, set_ticks in ((second, axes.set_xticks), (first, axes.set_yticks)):
                values = pair[name].values
                set_ticks(range(len(values)), [_short(v) for v in values])
            axes.set(xlabel=verdict.SPELT[second])
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
