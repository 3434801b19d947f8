"""Figures of the study of tuning budgets."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from lab.plots.best_of_k import best_of_curves
from lab.plots.looks import looks
from lab.plots.style import COLOURS, caption, plain_ticks, style
from lab.study import Record
from studies.budget_matters.claims import FEW, RIVALS, Curves, at, curves, expected
from studies.budget_matters.runs import ADAM, BudgetMatters


def figures(record: Record[BudgetMatters]) -> dict[str, Figure]:
    """With what they show written below."""
    s = record.settings
    own, default, narrow = (curves(record, kind) for kind in ("own", "default", "narrow"))
    how = (
        f"Digits, one layer of {s.width} ReLU, {s.updates} gradient evaluations of batch 32, "
        f"cosine schedule; {s.trials} random trials on each of {s.seeds} splits, others on each, "
        f"selected by validation loss of one seed, test loss on {s.runs} fresh seeds; geometric "
        "means, 95 % t intervals over splits"
    )
    panels = {
        "own spaces": {label: expected(curve) for label, curve in own.items()},
        "rates from 1e-4 to 1e-2 for all": {label: expected(c) for label, c in narrow.items()},
    }
    return {
        "best_of": best_of_curves(panels, looks(list(own)), f"{how}."),
        "tuned": tuned(own, default, s.trials, f"{how}. Defaults are those of Keras 3."),
    }


def tuned(own: Curves, default: Curves, trials: int, text: str) -> Figure:
    """Defaults against the best of a few and of many; ratios of two optimizers by trials."""
    look = looks(list(own))
    with style():
        figure, (levels, gaps) = plt.subplots(1, 2, figsize=(10.2, 3.6), layout="constrained")
        names = list(own)[::-1]
        for row, name in enumerate(names):
            shown = {
                "default": at(default[name], 1),
                f"best of {FEW}": at(own[name], FEW),
                f"best of {trials}": at(own[name], trials),
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
        for name in RIVALS:
            if name in own:
                x = expected(own[name] - own[ADAM])
                k = np.arange(1, trials + 1)
                gaps.plot(k, x.estimate, label=name, **look[name].line())
                gaps.fill_between(k, x.low, x.high, **look[name].band())
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
