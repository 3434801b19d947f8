"""Performance profiles: who is nearly the fastest, on how many problems?"""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from lab.plots.figure_arguments import Row, require_each, require_some
from lab.plots.looks import Look, legend
from lab.plots.panels import panels
from lab.plots.style import caption, style
from lab.statistics import Interval, performance_profile
from lab.validation.checks import checked
from lab.validation.kinds import Count

FURTHEST = 4.0  # times slower than the fastest: beyond it the score counts a miss


@checked
def performance_profiles(
    ratios: Mapping[str, Row],
    look: Mapping[str, Look],
    scores: Mapping[str, Interval | float],
    problems: Count,
    text: str,
) -> Figure:
    """ρ(τ): the share of problems solved within τ times the fastest one's time; higher is better.

    The legend gives the score, with its interval where there is one: the mean height of the line
    between τ = 1 and 4.

    Args:
      ratios: By label, performance ratios [problem]: 1 is fastest, infinite a miss.
      look: Of every label.
      scores: By label.
      problems: How many there are.
      text: The caption.
    """
    require_some("ratios", ratios)
    require_each("look", look, "ratios", ratios)
    require_each("look", look, "scores", scores)
    with style():
        figure, (axes,) = panels(1, 3.9, width=6.2)
        for name, ratio in ratios.items():
            steps = ratio[(ratio > 1) & (ratio <= FURTHEST)]
            at = np.concatenate([[1.0], np.unique(steps), [FURTHEST]])
            share = performance_profile(ratio, at)
            axes.step(at, share, where="post", **look[name].line())
        axes.set(
            xlim=(1, FURTHEST),
            ylim=(-0.02, 1.02),
            xlabel="τ: time to the target, as a multiple of the fastest one's",
            ylabel=f"share of {problems} problem{'s' * (problems > 1)} solved within τ",
        )
        order = sorted(scores, key=lambda name: -_middle(scores[name]))
        says = {name: f"{_says(scores[name])}  {name}" for name in order}
        grey = [_middle(scores[name]) for name in order if not look[name].order]
        others = f"\n(scores {grey[-1]:.2f} to {grey[0]:.2f})" if grey else ""
        legend(figure, look, says, others, title="score and optimizer")
        caption(figure, text)
    return figure


def _middle(score: Interval | float) -> float:
    return float(score.estimate if isinstance(score, Interval) else score)


def _says(score: Interval | float) -> str:
    if isinstance(score, Interval) and np.isfinite(score.low):
        return f"{float(score.estimate):.2f} ({float(score.low):.2f}–{float(score.high):.2f})"
    return f"{_middle(score):.2f}"
