"""Pictures of transfer: errors by number of examples, gains over training from scratch."""

import matplotlib.pyplot as plt
import xarray as xr
from matplotlib.figure import Figure

from lab.plots.gain_bars import gain_legend, gain_lines
from lab.plots.style import COLOURS, DASHES, caption, plain_ticks, style
from lab.statistics import mean_interval
from lab.statistics.gains import LEVEL, Gain
from lab.study import Record
from studies.transfer.claims import SCRATCH, found, gained
from studies.transfer.runs import Transfer

CALLED = {"nothing": "nothing (drawn anew)", "labels": "labels", "autoencoder": "autoencoder"}


def figures(record: Record[Transfer]) -> dict[str, Figure]:
    """With what they show written below."""
    s, error = record.settings, 100 * found(record).error
    how = (
        f"Digits 5 to 9 by a net 64-64-32-5 (ReLU, Adam, cosine schedule, {s.updates} updates of "
        f"batch {s.batch}), of which two layers may come from digits 0 to 4 ({s.pretraining:,} "
        f"updates of batch {s.body_batch}); {len(s.rates)} rates for each, chosen on the "
        f"validation rows of each of {s.seeds} redrawn splits with bodies of their own, then "
        f"{s.runs} fresh seeds on its test rows"
    )
    return {
        "errors": errors(error, f"{how}. Mean over splits, 95 % t interval."),
        "gains": gains(
            gained(error),
            f"{how}. Paired by split; 95 % t intervals. Colours: sign-flip test, corrected by "
            f"Holm over all of these, {LEVEL:.0%}.",
        ),
    }


def errors(error: xr.DataArray, text: str) -> Figure:
    """A column per way: test error against examples of each class, a line per start."""
    x = error.examples.values
    with style():
        figure, grid = plt.subplots(
            1, error.sizes["way"], figsize=(10.8, 3.7), layout="constrained", sharey=True
        )
        for axes, way in zip(grid, error.way.values.tolist()):
            if way != SCRATCH[1]:
                scratch = error.sel(start=SCRATCH[0], way=SCRATCH[1]).mean("split")
                axes.plot(x, scratch, color="black", lw=1, ls=":", label="from scratch, full")
            for k, start in enumerate(error.start.values.tolist()):
                one = error.sel(start=start, way=way).transpose("examples", "split")
                mean, low, high = mean_interval(one.values)
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


def gains(told: dict[tuple[str, str, int], Gain], text: str) -> Figure:
    """A column per number of examples: gain of every way over training from scratch."""
    counts = sorted({n for *_, n in told})
    names = list(dict.fromkeys(f"{start}, {way}" for start, way, _ in told))
    with style():
        figure, grid = plt.subplots(
            1, len(counts), figsize=(11.6, 3.5), layout="constrained", sharey=True, squeeze=False
        )
        for axes, count in zip(grid.flat, counts):
            mine = [one for (*_, n), one in told.items() if n == count]
            gain_lines(axes, mine, range(len(names)))
            axes.set(title=f"{count} of each class", xlabel="gain, points")
        grid[0, 0].set_yticks(range(len(names)), names)
        grid[0, 0].invert_yaxis()
        figure.legend(handles=gain_legend(), loc="outside upper right", ncols=3, fontsize=8.5)
        caption(figure, text)
    return figure
