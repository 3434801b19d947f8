"""Pictures of weight decay: maps of the loss over rate × decay; errors, and prices of keeping."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from lab.plots.style import COLOURS, caption, style
from lab.statistics import mean_interval
from lab.study import Record
from studies.weight_decay.claims import prices
from studies.weight_decay.runs import WeightDecay

WORST = 4.0  # times the least loss of a task: beyond it all have one colour


def figures(record: Record[WeightDecay]) -> dict[str, Figure]:
    """With what they show written below."""
    s = record.settings
    sizes = ", ".join(f"{name} {rows:,} rows" for name, rows in s.tasks)
    how = (
        f"{sizes}; one layer of {s.width} ReLU, {s.updates} updates of batch {s.batch}, cosine "
        "schedule"
    )
    return {
        "maps": maps(
            record,
            f"{how}. Validation loss at the end, mean over {s.tuning} splits with learning sets of "
            f"their own, over the least of both maps; colours end at {WORST:g}, star: least. λ is "
            "what multiplies w in the gradient (L2) or beside the step (AdamW), kernels only; "
            "dotted: ηλ constant.",
        ),
        "outcome": outcome(
            record,
            f"{how}; {len(s.rates)} rates × {len(s.decays)} decays for each, selected by "
            f"validation loss on {s.tuning} splits. Left: {s.seeds} fresh splits × {s.runs} fresh "
            "seeds, test rows; mean, 95 % t interval over splits. Right: what keeping λ, or ηλ, "
            "costs at the other rates, tuning splits, mean and 95 % t interval.",
        ),
    }


def maps(record: Record[WeightDecay], text: str) -> Figure:
    """A row per task, a column per rule: loss over learning rate and decay."""
    names = [name for name, _ in record.settings.tasks]
    with style():
        figure, panels = plt.subplots(
            len(names), 2, figsize=(9.6, 3.7 * len(names)), layout="constrained", squeeze=False,
            sharex=True, sharey=True,
        )  # fmt: skip
        image: Any = None
        for row, name in zip(panels, names):
            mean = record[f"{name}_grid"].loss.mean("split").transpose("arm", "decay", "rate")
            for axes, one in zip(row, mean):
                image = _map(axes, one / float(mean.min()))
                axes.set_title(f"{name}: {one.arm.item()}, least {float(one.min()):.3f}")
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
            [through - 1, through - len(decays)], [1, len(decays)], ":", color="white", lw=0.9
        )
    axes.set(xlim=(-0.5, len(rates) - 0.5), ylim=(-0.5, len(decays) - 0.5))
    axes.set_xticks(range(len(rates)), [f"{r:.2g}" for r in rates], fontsize=8)
    axes.set_yticks(range(len(decays)), [f"{d:.2g}" for d in decays], fontsize=8)
    axes.grid(visible=False)
    return image


def outcome(record: Record[WeightDecay], text: str) -> Figure:
    """Test error of each rule at its best; what it costs to keep a decay when the rate changes."""
    names = [name for name, _ in record.settings.tasks]
    with style():
        figure, (*panels, last) = plt.subplots(
            1, len(names) + 1, figsize=(3.4 * len(names) + 4.4, 3.3), layout="constrained"
        )
        for task, (axes, name) in enumerate(zip(panels, names)):
            report = record[f"{name}_report"]
            for k, error in enumerate(100 * (1 - report.accuracy.transpose("arm", "split").values)):
                mean, low, high = mean_interval(error)
                at = k + np.linspace(-0.2, 0.2, len(error))
                axes.plot(at, error, ".", ms=4, color=COLOURS[k], alpha=0.5)
                axes.errorbar(
                    k, mean, yerr=[[mean - low], [high - mean]], fmt="os^"[k], ms=6,
                    color=COLOURS[k], mec="black", capsize=4,
                )  # fmt: skip
            axes.set_xticks(range(report.sizes["arm"]), report.arm.values, fontsize=8.5)
            axes.set(title=name, ylabel="test error, %")
            axes.margins(x=0.15)
            cost = prices(record[f"{name}_grid"])
            mean, low, high = mean_interval(np.array([*cost.values()]))
            last.errorbar(
                mean, np.arange(len(cost)) + 0.16 * (task - 0.5), xerr=[mean - low, high - mean],
                fmt="os"[task], color=COLOURS[task], capsize=3, label=name,
            )  # fmt: skip
            last.set_yticks(range(len(cost)), list(cost))
        last.invert_yaxis()
        last.axvline(0, color="black", lw=0.8)
        last.set(xlabel="price of keeping it at other rates, nats", title="When the rate changes")
        last.legend(fontsize=8.5)
        caption(figure, text)
    return figure
