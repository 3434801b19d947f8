"""Pictures of the comparison of models: errors, pairs, and the reliability of the ranking."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from lab import plots
from lab.plots.style import COLOURS, DASHES, GREY, caption, style
from lab.statistics import corrected_interval, mean_interval
from lab.study import Record
from studies.model_comparison.claims import confusions
from studies.model_comparison.pairs import LEVEL, over_folds, pairs, points, ranked, unit_of
from studies.model_comparison.ranking import agreement
from studies.model_comparison.runs import ModelComparison

MARKERS = "os^D"


def figures(record: Record[ModelComparison]) -> dict[str, Figure]:
    """With what they show written below."""
    s = record.settings
    rows = ", ".join(f"{name} {found.attrs['rows']:,} rows" for name, found in record.items())
    how = (
        f"{rows}; {s.repetitions} × {s.folds}-fold cross-validation: on each fold {len(s.rates)} "
        f"trials for each model, chosen on the next fold, then {s.seeds} fresh seeds on its test "
        f"rows; nets: ReLU, Adam, cosine schedule, {s.updates} updates of batch {s.batch}"
    )
    found = {
        "errors": errors(
            record,
            f"{how}. Left: mean and 95 % t interval, corrected for shared training rows (Nadeau & "
            "Bengio); grey: single cross-validations; circles: nets. Right: bold where Holm's "
            f"correction over all pairs leaves p ≤ {LEVEL:g}.",
        ),
        "ranking": reliability(
            record,
            f"{how}. Rankings by some folds and seeds of one cross-validation, against the "
            f"ranking by all of the other {s.repetitions - 1}; mean and 95 % t interval over "
            "repetitions, which share their rows.",
            s.fresh,
        ),
    }
    confused = confusions(record)
    if confused:
        text = f"{how}. The best net of each data set; test rows of all folds, mean over seeds."
        found["confusion"] = plots.confusions(confused, text)
    return found


def errors(parts: Mapping[str, xr.Dataset], text: str) -> Figure:
    """A row per data set: errors of the models, and the differences of all pairs."""
    with style():
        figure, grid = plt.subplots(
            len(parts), 2, figsize=(10.6, 3.5 * len(parts)), layout="constrained", squeeze=False,
            width_ratios=(1, 1.12),
        )  # fmt: skip
        for (left, right), (name, found) in zip(grid, parts.items()):
            _errors(left, found)
            unit = unit_of(found)
            of = "%" if unit == "points" else "in the target's units"
            left.set(title=name, xlabel=f"test error, {of}")
            image = _pairs(right, found)
            right.set_title("row less column: bold where they differ")
            label = f"difference, {unit if unit == 'points' else of}"
            figure.colorbar(image, ax=right, label=label)
        caption(figure, text)
    return figure


def _errors(axes: Axes, found: xr.Dataset) -> None:
    folds, order = over_folds(found), ranked(found)
    for at, name in enumerate(order):
        mean, low, high = corrected_interval(folds[name], float(found.ratio))
        net = name in found.net.values
        repeated = folds[name].reshape(found.sizes["repetition"], -1).mean(1)
        spread = at + np.linspace(-0.25, 0.25, len(repeated))
        axes.plot(repeated, spread, ".", ms=4, color=GREY, zorder=1)
        axes.errorbar(
            float(mean), at, xerr=[[mean - low], [high - mean]], fmt="o" if net else "s", ms=6,
            color=COLOURS[0 if net else 1], mec="black", mew=0.7, ecolor="black", elinewidth=1,
            capsize=3,
        )  # fmt: skip
    axes.set_yticks(range(len(order)), order)
    axes.set_ylim(len(order) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)


def _pairs(axes: Axes, found: xr.Dataset) -> Any:
    order = ranked(found)
    shown = np.full((len(order), len(order)), np.nan)
    tested = {(x.better, x.worse): x for x in pairs(found)}
    for (a, b), x in tested.items():
        shown[order.index(b), order.index(a)] = x.difference.estimate
    most = float(np.nanmax(shown)) or 1.0
    image = axes.imshow(shown, cmap="Blues", norm=TwoSlopeNorm(most / 2, 0, most), aspect="auto")
    for (a, b), x in tested.items():
        sure = x.p <= LEVEL
        value = float(x.difference.estimate)
        axes.text(
            order.index(a), order.index(b), f"{value:.2f}", ha="center", va="center",
            fontweight="bold" if sure else "normal", fontsize=9 if sure else 8,
            color="white" if value > 0.6 * most else "black",
        )  # fmt: skip
    axes.set_xticks(range(len(order)), order, rotation=30, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(order)), order)
    axes.set(xlim=(-0.5, len(order) - 1.5), ylim=(len(order) - 0.5, 0.5))
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return image


def reliability(parts: Mapping[str, xr.Dataset], text: str, draw: int) -> Figure:
    """A row per measure, a column per data set: agreement against folds, a line per seeds."""
    says = {"tau": "Kendall's τ of the ranking", "winner": "names the best model, share"}
    with style():
        figure, grid = plt.subplots(
            2, len(parts), figsize=(4.6 * len(parts), 5.6), layout="constrained", squeeze=False,
            sharex="col", sharey="row",
        )  # fmt: skip
        for column, (name, found) in zip(grid.T, parts.items()):
            error = points(found)
            folds, seeds = (_doubled(count) for count in error.shape[2:])
            for k, s in enumerate(seeds):
                lines = [agreement(error, f, s, draw=draw) for f in folds]
                for axes, what in zip(column, says):
                    values = np.array([getattr(one, what) for one in lines])  # [folds, reps]
                    mean, low, high = mean_interval(values)
                    x = np.array(folds) * 1.03 ** (k - 1)  # side by side
                    axes.errorbar(
                        x, mean, yerr=[mean - low, high - mean], fmt=MARKERS[k], ls=DASHES[k],
                        ms=4.5, color=COLOURS[k], capsize=2.5, elinewidth=0.9,
                        label=f"{s} seed{'s' * (s > 1)}",
                    )  # fmt: skip
            column[0].set_title(name)
            column[1].set(xlabel="folds looked at", xscale="log")
            column[1].set_xticks(folds, [str(f) for f in folds])
            column[1].minorticks_off()
            column[1].axhline(1 / len(error), color="black", lw=1, ls=":", label="by chance")
        for row, what in zip(grid, says.values()):
            row[0].set(ylabel=what, ylim=(-0.05, 1.05))
        grid[1, 0].legend(fontsize=8.5)
        caption(figure, text)
    return figure


def _doubled(most: int) -> list[int]:
    """1, 2, 4, ... and the most there is."""
    return sorted({2**i for i in range(most.bit_length()) if 2**i <= most} | {most})
