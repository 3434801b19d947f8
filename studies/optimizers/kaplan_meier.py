"""Who reaches the target, and when: Kaplan–Meier curves."""

import textwrap
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.plots.figure_arguments import Staircase, require_each, require_some
from lab.plots.looks import Look, legend
from lab.plots.panels import amounts, panels
from lab.plots.style import caption, style
from lab.statistics import Survival
from lab.validation.checks import checked


@checked
def survival_curves(
    curves: Mapping[str, Mapping[str, Staircase]],
    look: Mapping[str, Look],
    target: Mapping[str, float],
    unit: str,
    text: str,
) -> Figure:
    """Share of runs that have not reached the target against the budget spent; lower is faster.

    A panel per task. Bands are pointwise, and absent where the share is still 1 or already 0.
    Who never gets there stays at 1, and is named above the line.

    Args:
      curves: By task and label.
      look: Of every label.
      target: By task, the validation loss to reach.
      unit: What the times count.
      text: The caption.
    """
    require_some("curves", curves)
    require_each("target", target, "curves", curves)
    require_each("look", look, "curves", (name for lines in curves.values() for name in lines))
    with style():
        figure, grid = panels(len(curves), 3.1, sharey=True)
        never = {k: [n for n, s in row.items() if s.share[-1] == 1] for k, row in curves.items()}
        for axes, (task, lines) in zip(grid, curves.items()):
            end = max(float(line.time[-1]) for line in lines.values())
            for name, line in lines.items():
                _staircase(axes, line, look[name], end)
            axes.set_title(f"{task}\nuntil validation loss ≤ {target[task]:.3g}")
            axes.set(xlim=(0, end), xlabel=unit)
            amounts(axes.xaxis)
            axes.label_outer(remove_inner_ticks=False)
            axes.set_xlabel(unit)
            _name(axes, never[task], look)
        grid[0].set_ylim(-0.02, 1.28 if any(never.values()) else 1.04)
        grid[0].set_yticks(np.linspace(0, 1, 6), [f"{x:.1f}" for x in np.linspace(0, 1, 6)])
        figure.supylabel("share of runs not there yet", fontsize=9.5)
        legend(figure, look)
        caption(figure, text)
    return figure


def _staircase(axes: Axes, line: Survival, look: Look, end: float) -> None:
    time = np.concatenate([[0.0], line.time, [end]])
    axes.step(
        time, np.concatenate([[1.0], line.share, line.share[-1:]]), where="post", **look.line()
    )
    if look.order:
        known = np.append((line.share > 0) & (line.share < 1), False)
        low, high = (np.append(x, x[-1]) for x in (line.low, line.high))
        axes.fill_between(time[1:], low, high, where=known, step="post", **look.band())


def _name(axes: Axes, never: list[str], look: Mapping[str, Look]) -> None:
    named = [name for name in look if name in never and look[name].order]
    grey = len(never) - len(named)
    if not never:
        return
    who = ", ".join(named[:4])
    grey += len(named[4:])
    if grey:
        who += f"{' and ' * bool(who)}{grey} other{'s' * (grey > 1)}"
    axes.text(
        0.02, 1.03, textwrap.fill(f"never: {who}", 44), fontsize=8, color="#444444", va="bottom",
        transform=axes.get_yaxis_transform(), linespacing=1.1,
    )  # fmt: skip
