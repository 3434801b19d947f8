"""Who reaches the target, and when: Kaplan–Meier curves and performance profiles."""

import textwrap
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.plots.looks import Look, legend
from lab.plots.panels import amounts, panels
from lab.plots.style import caption, style
from lab.statistics import Interval, Survival, TimeToTarget, kaplan_meier, performance_profile
from studies.optimizers.across import R_MAX


def survival_curves(
    reached: Mapping[str, Mapping[str, TimeToTarget]],
    look: Mapping[str, Look],
    target: Mapping[str, float],
    unit: str,
    text: str,
) -> Figure:
    """Share of runs that have not reached the target against the budget spent; lower is faster.

    A panel per task. Bands are pointwise, and absent where the share is still 1 or already 0.
    Who never gets there stays at 1, and is named above the line.
    """
    curves = {k: {n: kaplan_meier(x) for n, x in row.items()} for k, row in reached.items()}
    never = {k: [n for n, s in row.items() if s.share[-1] == 1] for k, row in curves.items()}
    with style():
        figure, grid = panels(len(curves), 3.1, sharey=True)
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


def performance_profiles(
    ratios: Mapping[str, np.ndarray], look: Mapping[str, Look], scores: Interval, text: str
) -> Figure:
    """ρ(τ): the share of problems solved within τ times the fastest one's time; higher is better.

    The legend gives the score, with its interval where there is one: the mean height of the line
    between τ = 1 and 4.

    Args:
      ratios: By label, performance ratios [problem]: 1 is fastest, infinite a miss.
      look: Of every label.
      scores: [label]
      text: The caption.
    """
    problems = len(next(iter(ratios.values())))
    by_name = {name: tuple(float(part[i]) for part in scores) for i, name in enumerate(ratios)}
    order = sorted(ratios, key=lambda name: -by_name[name][0])
    with style():
        figure, (axes,) = panels(1, 3.9, width=6.2)
        for name, ratio in ratios.items():
            steps = ratio[(ratio > 1) & (ratio <= R_MAX)]
            at = np.concatenate([[1.0], np.unique(steps), [R_MAX]])
            axes.step(at, performance_profile(ratio, at), where="post", **look[name].line())
        axes.set(
            xlim=(1, R_MAX),
            ylim=(-0.02, 1.02),
            xlabel="τ: time to the target, as a multiple of the fastest one's",
            ylabel=f"share of {problems} problem{'s' * (problems > 1)} solved within τ",
        )
        says = {name: f"{_says(*by_name[name])}  {name}" for name in order}
        grey = [by_name[name][0] for name in order if not look[name].order]
        others = f"\n(scores {grey[-1]:.2f} to {grey[0]:.2f})" if grey else ""
        legend(figure, look, says, others, title="score and optimizer")
        caption(figure, text)
    return figure


def _says(score: float, low: float, high: float) -> str:
    return f"{score:.2f}" + (f" ({low:.2f}–{high:.2f})" if np.isfinite(low) else "")


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
    if not never:
        return
    named = [name for name in look if name in never and look[name].order][:4]
    who, others = ", ".join(named), len(never) - len(named)
    if others:
        who += f"{' and ' * bool(who)}{others} other{'s' * (others > 1)}"
    axes.text(
        0.02, 1.03, textwrap.fill(f"never: {who}", 44), fontsize=8, color="#444444", va="bottom",
        transform=axes.get_yaxis_transform(), linespacing=1.1,
    )  # fmt: skip
