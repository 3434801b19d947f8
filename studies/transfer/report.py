"""Table, figures and verdict of the study of transfer, from its record alone."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lab import plots, records, statistics
from lab.plots.style import COLOURS, DASHES, GREY, caption, plain_ticks, style
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.transfer.verdict import LEVEL, SCRATCH, Gain, gains, span, verdict

LOOKS = {"helps": (COLOURS[0], "o"), "hurts": (COLOURS[1], "s"), "not told apart": (GREY, "D")}
CALLED = {"nothing": "nothing (drawn anew)", "labels": "labels", "autoencoder": "autoencoder"}


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    found = xr.concat(
        [record[f"examples_{n}"].to_dataset() for n in told["per_class"]], "examples"
    ).assign_coords(examples=told["per_class"])
    error = 100 * found.error.transpose("examples", "start", "way", "split")
    how = (
        "Digits 5 to 9 by a net 64-64-32-5 (ReLU, Adam, cosine schedule, "
        f"{told['updates']} updates of batch {told['batch']}), of which two layers may come from "
        f"digits 0 to 4 ({told['pretraining']:,} updates of batch 32); {len(told['rates'])} rates "
        f"for each, chosen on the validation rows of each of {told['splits']} redrawn splits with "
        f"bodies of their own, then {told['seeds']} fresh seeds on its test rows"
    )
    texts = {
        "errors": f"{how}. Mean over splits, 95 % t interval.",
        "gains": f"{how}. Paired by split; 95 % t intervals. Colours: sign-flip test, corrected by "
        f"Holm over all of these, {LEVEL:.0%}.",
    }
    plots.save(errors(error, texts["errors"]), folder.path / "errors.png")
    gained_by = gains(error)
    plots.save(gained(gained_by, texts["gains"]), folder.path / "gains.png")
    header = ["examples of a class", "layers from", "way", "test error, %", "rate",
              "against scratch", "p", ""]  # fmt: skip
    tested = {(g.start, g.way, g.examples): g for g in gained_by}
    rows = []
    for cell in found.error.stack(cell=("examples", "start", "way")).cell.values:
        n, start, way = cell
        one = found.sel(examples=n, start=start, way=way)
        gain = tested.get((start, way, n))
        rows.append([
            str(n), start, way, span(statistics.mean_interval(100 * one.error.values), ".2f"),
            f"{np.median(one.rate.values):.1g}",
            *([span(gain.gain), f"{gain.p:.3f}", gain.verdict] if gain else ["", "", ""]),
        ])  # fmt: skip
    at_end = np.isin(found.rate.values, [told["rates"][0], told["rates"][-1]]).mean()
    text = (
        f"# Transfer\n\n{markdown(header, rows)}\n{how}. Rate: median of those chosen; "
        f"{at_end:.0%} of all lie at an end of what was tried. Against scratch: points of error "
        "less than a net that starts from nothing and is trained as a whole, 95 % t interval over "
        "splits; p: sign-flip test, adjusted by Holm over the table.\n\n## Verdict\n\n"
        f"{verdict(error, gained_by)}"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(header, rows))
    print(f"{text}\nfigures, tables and record: {folder.path}")


def errors(error: xr.DataArray, text: str) -> Figure:
    """A column per way: test error against examples of each class, a line per start."""
    x = error.examples.values
    with style():
        figure, grid = plt.subplots(
            1, error.sizes["way"], figsize=(10.8, 3.7), layout="constrained", sharey=True
        )
        for axes, way in zip(grid, error.way.values.tolist()):
            scratch = error.sel(start=SCRATCH[0], way=SCRATCH[1]).mean("split")
            if way != SCRATCH[1]:
                axes.plot(x, scratch, color="black", lw=1, ls=":", label="from scratch, full")
            for k, start in enumerate(error.start.values.tolist()):
                one = error.sel(start=start, way=way).transpose("examples", "split")
                mean, low, high = statistics.mean_interval(one.values)
                axes.fill_between(x, low, high, color=COLOURS[k], alpha=0.15, lw=0)
                axes.plot(
                    x, mean, marker="os^"[k], ms=5, color=COLOURS[k], ls=DASHES[k],
                    label=CALLED[start],
                )  # fmt: skip
            axes.set(title=way, xlabel="examples of each class", xscale="log", yscale="log")
            axes.set_xticks(x, [str(n) for n in x])
            axes.minorticks_off()
        plain_ticks(grid[0].yaxis)
        grid[0].set_ylabel("test error, %")
        grid[0].legend(fontsize=8.5, title="layers from", title_fontsize=8.5)
        caption(figure, text)
    return figure


def gained(found: list[Gain], text: str) -> Figure:
    """A column per number of examples: gain of every way over training from scratch."""
    counts = sorted({g.examples for g in found})
    names = list(dict.fromkeys((g.start, g.way) for g in found))
    with style():
        figure, grid = plt.subplots(
            1,
            len(counts),
            figsize=(11.6, 3.5),
            layout="constrained",
            sharey=True,
            squeeze=False,
        )
        for axes, count in zip(grid.flat, counts):
            for one in (g for g in found if g.examples == count):
                colour, marker = LOOKS[one.verdict]
                mean, low, high = one.gain
                axes.errorbar(
                    float(mean), names.index((one.start, one.way)),
                    xerr=[[mean - low], [high - mean]], fmt=marker, ms=6, color=colour, mec="black",
                    mew=0.7, ecolor="black", elinewidth=1, capsize=2.5,
                )  # fmt: skip
            axes.axvline(0, color="black", lw=1)
            axes.set(title=f"{count} of each class", xlabel="gain, points")
            axes.grid(axis="y", visible=False)
        grid[0, 0].set_yticks(range(len(names)), [f"{start}, {way}" for start, way in names])
        grid[0, 0].invert_yaxis()
        handles = [
            Line2D([], [], ls="", marker=marker, color=colour, mec="black", label=what)
            for what, (colour, marker) in LOOKS.items()
        ]
        figure.legend(handles=handles, loc="outside upper right", ncols=3, fontsize=8.5)
        caption(figure, text)
    return figure
