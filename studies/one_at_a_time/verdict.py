"""The computed statements of the study of one change at a time, each with its interval."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from lab import statistics
from lab.statistics.intervals import Interval
from studies.activations.verdict import judged, span

SPELT = {
    "learning_rate": "learning rate", "momentum": "momentum", "batch_size": "batch size",
    "init_scale": "initial scale", "l2": "L2 penalty", "dropout_rate": "dropout rate",
}  # fmt: skip


class Found(NamedTuple):
    """Cells (i, j) of a grid of two numbers, by how they are found."""

    crossed: tuple[int, int]  # each best by itself, at the baseline's value of the other
    in_turn: tuple[int, int]  # the first at the baseline, then the second at that
    joint: tuple[int, int]  # the least of the grid


def found(pair: xr.Dataset, baseline: Mapping[str, Any]) -> Found:
    """What each way of searching chooses, by mean validation loss."""
    first, second = names_of(pair)
    loss = pair.validation.mean("tuning").transpose(first, second).values
    at = [pair[name].values.tolist().index(baseline[name]) for name in (first, second)]
    i, j = int(loss[:, at[1]].argmin()), int(loss[at[0]].argmin())
    best = np.unravel_index(loss.argmin(), loss.shape)
    return Found((i, j), (i, int(loss[i].argmin())), (int(best[0]), int(best[1])))


def names_of(pair: xr.Dataset) -> tuple[str, str]:
    """The two numbers that are varied."""
    first, second = (str(name) for name in pair.validation.dims if name != "tuning")
    return first, second


def tested(pair: xr.Dataset, cell: tuple[int, int]) -> np.ndarray:
    """Test losses of a cell, [seed]."""
    return pair.test.transpose(*names_of(pair), "seed").values[cell]


def interaction(losses: np.ndarray) -> np.ndarray:
    """Share of the variance of log-losses over a grid that no sum f(x) + g(y) explains: [seed].

    Args:
      losses: [x, y, seed].
    """
    logs = np.log(losses)
    about = logs - logs.mean((0, 1))
    added = about.mean(0, keepdims=True) + about.mean(1, keepdims=True)
    return ((about - added) ** 2).sum((0, 1)) / (about**2).sum((0, 1))


def random_subset(pair: xr.Dataset, trials: int) -> np.ndarray:
    """Expected test losses [seed] of the best, by validation, of so many random cells."""
    names = names_of(pair)
    seen = pair.validation.mean("tuning").transpose(*names).values.ravel()
    told = pair.test.transpose("seed", *names).values.reshape(-1, seen.size)
    return statistics.expected_best(told, trials, by=np.broadcast_to(seen, told.shape))


def pair_lines(pairs: list[xr.Dataset], baseline: Mapping[str, Any]) -> list[str]:
    """What each pair loses by being searched one at a time."""
    lines = []
    for pair in pairs:
        first, second = names_of(pair)
        chosen = found(pair, baseline)
        crossed, in_turn, joint = (tested(pair, cell) for cell in chosen)
        trials = pair.sizes[first] + pair.sizes[second] - 1
        subset = random_subset(pair, trials)
        gap, later, fair = (
            statistics.paired_difference(a, b, comparisons=len(pairs))
            for a, b in ((crossed, joint), (in_turn, joint), (crossed, subset))
        )
        where = "; ".join(
            f"{how} {pair[first].values[i]:.2g} and {pair[second].values[j]:.2g}"
            for how, (i, j) in zip(("one at a time", "in turn", "jointly"), chosen)
        )
        share = statistics.mean_interval(
            interaction(pair.test.transpose(first, second, "seed").values)
        )
        lines += [
            f"- *{SPELT[first].capitalize()} and {SPELT[second]} together beat each by itself*: "
            f"**{judged(gap)}**, test loss lower by {span(gap, '+.3f')} ({where}); than one after "
            f"the other by {span(later, '+.3f')}. {span(Interval(*share), '.2f')} of the variance "
            "of log-losses is interaction.",
            f"- *... and so do as many random cells*, {trials} of {seen_cells(pair)}: "
            f"**{judged(fair)}**, by {span(fair, '+.3f')}.",
        ]
    return lines


def seen_cells(pair: xr.Dataset) -> int:
    """Cells of the grid."""
    first, second = names_of(pair)
    return pair.sizes[first] * pair.sizes[second]


def together_line(part: xr.Dataset, names: list[str]) -> str:
    """Whether all single winners put together are better than the baseline."""
    base, winners = part.test.transpose("setting", "seed").values
    gain = statistics.paired_difference(base, winners)
    values = ", ".join(f"{SPELT[n]} {float(part[f'best_{n}']):.2g}" for n in names)
    return (
        f"- *All single winners put together beat the baseline*: **{judged(gain)}**, test loss "
        f"{winners.mean():.3f} against {base.mean():.3f}, lower by {span(gain, '+.3f')} ({values})."
    )
