"""Figures, table and verdict of the study of tuning budgets, from its record alone."""

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lab import plots, records, statistics
from lab.plots.best_of_k import best_of_curves
from lab.plots.looks import looks
from lab.plots.style import COLOURS, caption, plain_ticks, style
from lab.statistics.intervals import Interval
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.activations.verdict import span
from studies.budget_matters import verdict

RIVALS = ("Adam, 4 numbers", "momentum, 2 numbers", "SGD")  # each against Adam with its rate only
ADAM = "Adam, rate only"


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    own, default, narrow = (
        {name: record[f"{kind}/{name}"].to_dataset() for name in told[names]}
        for kind, names in (("own", "arms"), ("default", "arms"), ("narrow", "plain"))
    )
    how = (
        f"Digits, one layer of {told['width']} ReLU, {told['updates']} gradient evaluations of "
        f"batch 32, cosine schedule; {told['trials']} random trials on each of {told['splits']} "
        f"splits, others on each, selected by validation loss of one seed, test loss on "
        f"{told['seeds']} fresh seeds; geometric means, 95 % t intervals over splits"
    )
    curves = {
        "own spaces": {name: _expected(part) for name, part in own.items()},
        "rates from 1e-4 to 1e-2 for all": {n: _expected(part) for n, part in narrow.items()},
    }
    pairs = [(name, ADAM) for name in RIVALS if name in own]
    drawn = {
        "best_of": best_of_curves(curves, looks(list(own)), f"{how}."),
        "tuned": tuned(own, default, pairs, f"{how}. Defaults are those of Keras 3."),
    }
    for name, figure in drawn.items():
        plots.save(figure, folder.path / f"{name}.png")
    header, rows = _table(own, default, narrow)
    lines = [
        *verdict.crossing_lines(own, pairs),
        *verdict.tuning_lines(own, default),
        *verdict.flip_lines(own, narrow, ADAM),
    ]
    spaces = "\n\n".join(f"{name}:\n\n```\n{told['spaces'][name]}\n```" for name in told["arms"])
    text = (
        f"# Tuning budgets\n\n{spaces}\n\n{markdown(header, rows)}\n{how}; those below "
        "simultaneous within each kind of claim.\n\n## Verdict\n\n" + "\n".join(lines) + "\n"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(header, rows))
    print(f"{text}\nfigures, tables and record: {folder.path}")


def _expected(part: xr.Dataset) -> Interval:
    """Geometric mean test loss of the best of k trials, [k]."""
    return Interval(*map(np.exp, statistics.mean_interval(verdict.best_of(part), axis=0)))


def _at(part: xr.Dataset, k: int) -> Interval:
    return Interval(*(x[min(k, len(x)) - 1] for x in _expected(part)))


def _table(own: verdict.Parts, default: verdict.Parts, narrow: verdict.Parts):
    trials = max(part.sizes["trial"] for part in own.values())
    rows = [
        [
            name,
            span(_at(default[name], 1), ".3f"),
            *(span(_at(part, k), ".3f") for k in (1, verdict.FEW, trials)),
            span(_at(narrow[name], trials), ".3f") if name in narrow else "",
        ]
        for name, part in own.items()
    ]
    header = ["optimizer", "default", "one trial", f"best of {verdict.FEW}"]
    return [*header, f"best of {trials}", "narrow range"], rows


def tuned(
    own: verdict.Parts, default: verdict.Parts, pairs: list[tuple[str, str]], text: str
) -> Figure:
    """Defaults against the best of a few and of many; ratios of two optimizers by trials."""
    trials = max(part.sizes["trial"] for part in own.values())
    look = looks(list(own))
    with style():
        figure, (levels, gaps) = plt.subplots(1, 2, figsize=(10.2, 3.6), layout="constrained")
        names = list(own)[::-1]
        for row, name in enumerate(names):
            shown = {
                "default": _at(default[name], 1),
                f"best of {verdict.FEW}": _at(own[name], verdict.FEW),
                f"best of {trials}": _at(own[name], trials),
            }
            for i, (label, x) in enumerate(shown.items()):
                levels.errorbar(
                    x.estimate, row + 0.2 * (1 - i), fmt="Dos"[i], color=COLOURS[(4, 5, 0)[i]],
                    xerr=[[x.estimate - x.low], [x.high - x.estimate]], capsize=3, ms=5,
                    label=label * (row == 0),
                )  # fmt: skip
        levels.set_yticks(range(len(names)), names)
        levels.set(xscale="log", xlabel="test loss", ylim=(-0.5, len(names) - 0.1))
        plain_ticks(levels.xaxis)
        levels.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
        k = np.arange(1, trials + 1)
        for a, b in pairs:
            x = verdict.ratio(verdict.best_of(own[a]), verdict.best_of(own[b]))
            gaps.plot(k, x.estimate, label=a, **look[a].line())
            gaps.fill_between(k, x.low, x.high, **look[a].band())
        gaps.axhline(1, color="#777777", lw=1)
        gaps.set(
            xscale="log",
            yscale="log",
            xlabel="trials k",
            ylabel=f"test loss of the best of k\n/ that of {ADAM}",
        )
        plain_ticks(gaps.xaxis)
        plain_ticks(gaps.yaxis, subs=(1.0, 1.5, 2.0, 3.0, 5.0, 7.0))
        gaps.legend()
        caption(figure, text)
    return figure
