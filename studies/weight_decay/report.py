"""Heat maps, table and verdict of the study of weight decay, from its record alone."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from lab import plots, records, statistics
from lab.plots.style import COLOURS, caption, style
from lab.statistics.intervals import Interval
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.gradient_descent.report import judged

WORST = 4.0  # times the least loss of a task: beyond it all have one colour
L2, ADAMW = "Adam with L2", "AdamW"


def price(loss: np.ndarray, along: int) -> float:
    """Loss above the best decay of each rate, for the decay that is best where all is best.

    The mean over the rates other than that. Keeping λ is `along` 0; keeping ηλ is `along` −1 on a
    grid with equal ratios of rates and decays: one step of the rate up is one of the decay down.

    Args:
      loss: [rates, decays] without the decay 0.
      along: Steps of the decay for a step of the rate.
    """
    i, j = np.unravel_index(loss.argmin(), loss.shape)
    rates = np.arange(len(loss))
    kept = np.clip(j + along * (rates - i), 0, loss.shape[1] - 1)
    above = loss[rates, kept] - loss.min(1)
    return float(above[rates != i].mean())


def prices(grid: xr.Dataset) -> dict[str, np.ndarray]:
    """By what is kept when the rate changes: the price on each split, in nats."""
    loss = grid.loss.sel(decay=grid.decay > 0).transpose("arm", "split", "rate", "decay")
    untrained = np.log(10)
    told = {}
    for arm in (L2, ADAMW):
        for what, along in (("λ", 0), ("ηλ", -1)):
            # worse than knowing nothing is as bad as knowing nothing
            told[f"{arm}, {what} kept"] = np.array(
                [price(np.minimum(one, untrained), along) for one in loss.sel(arm=arm).values]
            )
    return told


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    grids = {n: record[f"{n}_grid"].to_dataset() for n in told["tasks"]}
    reports = {n: record[f"{n}_report"].to_dataset() for n in told["tasks"]}
    sizes = ", ".join(f"{name} {rows:,} rows" for name, rows in told["tasks"].items())
    how = (
        f"{sizes}; one layer of {told['width']} ReLU, {told['updates']} updates of batch "
        f"{told['batch']}, cosine schedule"
    )
    trials = f"{len(told['rates'])} rates × {len(told['decays'])} decays for each"
    fresh = (
        f"{told['splits']} fresh splits × {told['seeds']} fresh seeds, test rows; mean, 95 % t "
        "interval over splits"
    )
    texts = {
        "maps": f"{how}. Validation loss at the end, mean over {told['tuning']} splits with "
        "learning sets of their own, over the least of both maps; colours end at "
        f"{WORST:g}, star: least. λ is what multiplies w in the gradient (L2) or beside the step "
        "(AdamW), kernels only; dotted: ηλ constant.",
        "outcome": f"{how}; {trials}, selected by validation loss on {told['tuning']} splits. "
        f"Left: {fresh}. Right: what keeping λ, or ηλ, costs at the other rates, tuning splits, "
        "mean and 95 % t interval.",
    }
    plots.save(maps(grids, texts["maps"]), folder.path / "maps.png")
    plots.save(outcome(grids, reports, texts["outcome"]), folder.path / "outcome.png")
    header = ["task", "rule", "η", "λ", "test error, %", "test loss"]
    rows = []
    for name, one in reports.items():
        for arm in one.arm.values.tolist():
            mine = one.sel(arm=arm)
            rows.append([
                name, arm, f"{float(mine.rate):.2g}", f"{float(mine.decay):.2g}",
                _span(statistics.mean_interval(100 * (1 - mine.accuracy.values)), ".2f"),
                _span(statistics.mean_interval(mine.loss.values), ".3f"),
            ])  # fmt: skip
    text = (
        f"# Weight decay\n\n{markdown(header, rows)}\n{how}; {trials}, {fresh}.\n\n## Verdict\n\n"
        f"{verdict(grids, reports)}"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(header, rows))
    print(f"{text}\nfigures, tables and record: {folder.path}")


def verdict(grids: dict[str, xr.Dataset], reports: dict[str, xr.Dataset]) -> str:
    """Every claim with its numbers; simultaneous over tasks and claims of a kind."""
    lines = []
    pairs = ((L2, "no decay"), (ADAMW, "no decay"), (ADAMW, L2))
    count = len(pairs) * len(reports)
    for name, one in reports.items():
        for a, b in pairs:
            error = statistics.paired_difference(
                -100 * one.accuracy.sel(arm=a).values,
                -100 * one.accuracy.sel(arm=b).values,
                comparisons=count,
            )
            loss = statistics.paired_difference(
                one.loss.sel(arm=a).values, one.loss.sel(arm=b).values, comparisons=count
            )
            lines.append(
                f"- *{a} generalizes better than {b}*, {name}: **{below(error)}** by error, "
                f"{_span(error, '+.2f')} points; **{below(loss)}** by loss, {_span(loss, '+.3f')}."
            )
    for name, grid in grids.items():
        cost = prices(grid)
        numbers = "; ".join(
            f"{what} {_span(statistics.mean_interval(v), '.3f')}" for what, v in cost.items()
        )
        less = statistics.paired_difference(cost[f"{ADAMW}, λ kept"], cost[f"{L2}, λ kept"])
        product = statistics.paired_difference(cost[f"{ADAMW}, ηλ kept"], cost[f"{ADAMW}, λ kept"])
        lines += [
            f"- *Decoupling frees the choice of λ from the learning rate (Loshchilov & Hutter)*, "
            f"{name}: **{below(less)}**; price of keeping it when the rate changes, in nats: "
            f"{numbers}.",
            f"- *With AdamW as libraries write it, what to keep is ηλ*, {name}: "
            f"**{below(product)}**, {_span(product, '+.3f')} nats against keeping λ.",
        ]
    return "\n".join(lines) + "\n"


def below(x: Interval) -> str:
    """Whether a difference that should be negative is."""
    return judged(bool(x.high < 0), bool(x.low > 0))


def maps(grids: dict[str, xr.Dataset], text: str) -> Figure:
    """A row per task, a column per rule: loss over learning rate and decay."""
    with style():
        figure, panels = plt.subplots(
            len(grids), 2, figsize=(9.6, 3.7 * len(grids)), layout="constrained", squeeze=False,
            sharex=True, sharey=True,
        )  # fmt: skip
        image: Any = None
        for row, (name, grid) in zip(panels, grids.items()):
            mean = grid.loss.mean("split").transpose("arm", "decay", "rate")
            least = float(mean.min())
            for axes, arm in zip(row, mean.arm.values.tolist()):
                image = _map(axes, mean.sel(arm=arm) / least)
                axes.set_title(f"{name}: {arm}, least {float(mean.sel(arm=arm).min()):.3f}")
            row[0].set_ylabel("decay λ")
        for axes in panels[-1]:
            axes.set_xlabel("learning rate η")
        bar = figure.colorbar(image, ax=panels, extend="max", label="loss / least of the task")
        ticks = (1, 1.2, 1.5, 2, 3, 4)
        bar.set_ticks(ticks, labels=[f"{t:g}" for t in ticks])
        bar.minorticks_off()
        caption(figure, text)
    return figure


def _map(axes: Axes, ratio: xr.DataArray) -> Any:
    shown = np.where(np.isfinite(ratio.values), ratio.values, 2 * WORST)
    image = axes.imshow(
        shown, origin="lower", aspect="auto", cmap="cividis_r", norm=LogNorm(1.0, WORST)
    )
    i, j = np.unravel_index(shown.argmin(), shown.shape)
    axes.plot(j, i, "*", ms=14, color="white", mec="black")
    decays, rates = ratio.decay.values, ratio.rate.values
    for through in range(2, len(decays) + len(rates), 4):
        axes.plot(
            [through - 1, through - len(decays) + 0], [1, len(decays)], ":", color="white", lw=0.9
        )
    axes.set(xlim=(-0.5, len(rates) - 0.5), ylim=(-0.5, len(decays) - 0.5))
    axes.set_xticks(range(len(rates)), [f"{r:.2g}" for r in rates], fontsize=8)
    axes.set_yticks(range(len(decays)), [f"{d:.2g}" for d in decays], fontsize=8)
    axes.grid(visible=False)
    return image


def outcome(grids: dict[str, xr.Dataset], reports: dict[str, xr.Dataset], text: str) -> Figure:
    """Test error of each rule at its best; what it costs to keep a decay when the rate changes."""
    with style():
        figure, panels = plt.subplots(
            1, len(reports) + 1, figsize=(3.4 * len(reports) + 4.4, 3.3), layout="constrained"
        )
        for axes, (name, one) in zip(panels, reports.items()):
            error = 100 * (1 - one.accuracy.transpose("arm", "split").values)
            mean, low, high = statistics.mean_interval(error)
            for k, arm in enumerate(one.arm.values.tolist()):
                axes.plot(
                    np.full(error.shape[1], k) + np.linspace(-0.2, 0.2, error.shape[1]), error[k],
                    ".", ms=4, color=COLOURS[k], alpha=0.5,
                )  # fmt: skip
                axes.errorbar(
                    k, mean[k], yerr=[[mean[k] - low[k]], [high[k] - mean[k]]], fmt="os^"[k], ms=6,
                    color=COLOURS[k], mec="black", capsize=4, label=arm,
                )  # fmt: skip
            axes.set_xticks(range(len(one.arm)), one.arm.values.tolist(), fontsize=8.5)
            axes.set(title=name, ylabel="test error, %")
            axes.margins(x=0.15)
        last, names = panels[-1], list(next(iter(grids.values())).pipe(prices))
        for k, (task, grid) in enumerate(grids.items()):
            mean, low, high = statistics.mean_interval(np.array(list(prices(grid).values())))
            at = np.arange(len(names)) + 0.16 * (k - 0.5)
            last.errorbar(
                mean, at, xerr=[mean - low, high - mean], fmt="os"[k], color=COLOURS[k], capsize=3,
                label=task,
            )  # fmt: skip
        last.set_yticks(range(len(names)), names)
        last.invert_yaxis()
        last.axvline(0, color="black", lw=0.8)
        last.set(xlabel="price of keeping it at other rates, nats", title="When the rate changes")
        last.legend(fontsize=8.5)
        caption(figure, text)
    return figure


def _span(x: Any, digits: str) -> str:
    estimate, low, high = (format(float(np.asarray(v)), digits) for v in x)
    return f"{estimate} ({low} to {high})"
