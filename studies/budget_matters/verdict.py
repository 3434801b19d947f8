"""The computed statements of the study of tuning budgets, each with its interval."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from lab import statistics
from lab.statistics.intervals import Interval
from studies.activations.verdict import span

ALIKE = 1.1  # losses within this factor are as good as one another, declared beforehand
FEW = 4  # trials of a small budget
Parts = Mapping[str, xr.Dataset]


def best_of(part: xr.Dataset) -> np.ndarray:
    """Expected log of the test loss of the best, by validation, of k trials: [split, k]."""
    seen, told = (part[name].transpose("split", "trial").values for name in ("validation", "test"))
    ks = range(1, part.sizes["trial"] + 1)
    return np.stack([statistics.expected_best(np.log(told), k, by=seen) for k in ks], -1)


def ratio(a: np.ndarray, b: np.ndarray, comparisons: int = 1) -> Interval:
    """Geometric mean of a / b over splits, from their logarithms; simultaneous intervals."""
    return Interval(*map(np.exp, statistics.paired_difference(a, b, 0, comparisons=comparisons)))


def side(x: Interval) -> int:
    """−1 where a ratio is shown to be below one, +1 above, 0 where it is not told."""
    return int(x.low > 1) - int(x.high < 1)


def opposite(a: Interval, b: Interval) -> str:
    """Whether two ratios lie on different sides of one."""
    signs = side(a) * side(b)
    return "held" if signs < 0 else "did not hold" if signs > 0 else "inconclusive"


def crossing_lines(own: Parts, pairs: list[tuple[str, str]]) -> list[str]:
    """Whether the curves of two optimizers cross between one trial and all."""
    lines = []
    for a, b in pairs:
        of_a, of_b = best_of(own[a]), best_of(own[b])
        first, last = (ratio(of_a[:, k], of_b[:, k], 2 * len(pairs)) for k in (0, -1))
        gap = (of_a - of_b).mean(0)
        turns = np.flatnonzero(np.diff(np.sign(gap)))
        where = f"the means cross at k = {turns[0] + 2}" if len(turns) else "the means do not cross"
        lines.append(
            f"- *{a} and {b} cross as trials are added*: **{opposite(first, last)}**, test loss of "
            f"{a} over that of {b} {span(first, '.2f')} for one trial, {span(last, '.2f')} for the "
            f"best of {of_a.shape[1]}; {where}."
        )
    return lines


def tuning_lines(own: Parts, default: Parts) -> list[str]:
    """What tuning gains over the default, for each; and trying all defaults against tuning one."""
    lines = []
    for name, part in own.items():
        gain = ratio(best_of(part)[:, -1], best_of(default[name])[:, 0], len(own))
        word = {-1: "held", 1: "did not hold", 0: "inconclusive"}[side(gain)]
        lines.append(
            f"- *The best of {part.sizes['trial']} beats the default*, {name}: **{word}**, "
            f"{span(gain, '.2f')} times its test loss."
        )
    several = xr.concat([default[name] for name in distinct(default)], "trial")
    count = several.sizes["trial"]
    name = "Adam, rate only"
    x = ratio(best_of(several)[:, -1], best_of(own[name])[:, count - 1])
    word = "held" if x.high < ALIKE else "did not hold" if x.low > ALIKE else "inconclusive"
    lines.append(
        f"- *Trying {count} optimizers as they come is as good as {count} trials of one* ({name}, "
        f"up to a factor of {ALIKE:g}): **{word}**, {span(x, '.2f')} times its test loss."
    )
    return lines


def distinct(default: Parts) -> list[str]:
    """One label of each optimizer: Adam's default is the same however many numbers are tuned."""
    return [name for name in default if name != "Adam, 4 numbers"]


def flip_lines(own: Parts, narrow: Parts, against: str) -> list[str]:
    """Whether one range of rates for all ranks two optimizers otherwise than their own spaces."""
    others = [name for name in narrow if name != against]
    lines = []
    for name in others:
        inside, outside = (
            ratio(best_of(parts[name])[:, -1], best_of(parts[against])[:, -1], 2 * len(others))
            for parts in (narrow, own)
        )
        lines.append(
            f"- *A narrower range of rates flips the ranking of {name} and {against}*: "
            f"**{opposite(inside, outside)}**, test loss over that of {against} "
            f"{span(inside, '.2f')} with one range for all, {span(outside, '.2f')} over own ranges."
        )
    return lines
