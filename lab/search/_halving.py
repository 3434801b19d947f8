"""Successive halving and Hyperband: many trials begin, the best of them go on."""

import bisect
from collections.abc import Mapping

import numpy as np

from lab.data.streams import generator
from lab.search.entry import Losses, Round, Rounds, Searcher
from lab.search.space import Configuration, Space

ETA = 3  # one of so many goes on
RUNGS = 5  # the first at ETA^(1 - RUNGS) of the full budget: 1/81


def bracket(count: int, eta: int, rungs: int) -> list[tuple[int, float]]:
    """(trials, share) of each rung: ⌊n/ηⁱ⌋ trials at η^(i − rungs + 1) of the full budget."""
    sizes = [(count // eta**i, float(eta) ** (i - rungs + 1)) for i in range(rungs)]
    return [(size, share) for size, share in sizes if size > 0]


def hyperband_brackets(R: int = 81, eta: int = 3) -> list[tuple[int, int]]:
    """(trials, rungs) of each bracket: n = ⌈(s_max + 1) ηˢ / (s + 1)⌉, s = s_max, …, 0.

    Algorithm 1 of the paper with B = (s_max + 1) R: 81, 34, 15, 8, 5 trials for R = 81, η = 3.
    Its table 1, widely copied, has ⌊(s_max + 1) / (s + 1)⌋ ηˢ instead, 81, 27, 9, 6, 5, and so
    spends less on the middle brackets.

    Args:
      R: Full budget of a trial in the smallest budget that tells anything.
      eta: One of so many goes on.

    >>> hyperband_brackets()
    [(81, 5), (34, 4), (15, 3), (8, 2), (5, 1)]
    """
    s_max = 0
    while eta ** (s_max + 1) <= R:
        s_max += 1
    return [
        (-(-(s_max + 1) * eta**s // (s + 1)), s + 1)  # rounded up
        for s in range(s_max, -1, -1)
    ]


def best(losses: Losses, count: int) -> list[int]:
    """Numbers of the `count` trials with the least losses; of equals the first."""
    return sorted(losses, key=lambda number: (losses[number], number))[:count]


def climb(trials: Mapping[int, Configuration], rungs: list[tuple[int, float]]) -> Rounds:
    """One bracket: train all to the first rung, the best to the next, ..."""
    alive = dict(trials)
    for at, (_, share) in enumerate(rungs):
        losses = yield Round(alive, share)
        if at + 1 < len(rungs):
            alive = {number: trials[number] for number in sorted(best(losses, rungs[at + 1][0]))}


def price(count: int, eta: int, rungs: int) -> float:
    """Full trainings that a bracket takes, promoted trials going on from where they were."""
    spent, before = 0.0, 0.0
    for size, share in bracket(count, eta, rungs):
        spent, before = spent + size * (share - before), share
    return spent


def halving(space: Space, budget: float, seed: int, batch: int) -> Rounds:
    """One bracket with as many random trials as the budget pays for.

    Jamieson & Talwalkar, arXiv:1502.07943, algorithm 1, with the sizes of Hyperband's brackets.
    """
    del batch
    rungs = max((k for k in range(1, RUNGS + 1) if fitting(k, budget)), default=0)
    if rungs:
        count = fitting(rungs, budget)
        yield from climb(_drawn(space, seed, 0, count, 0), bracket(count, ETA, rungs))


def fitting(rungs: int, budget: float, at_most: int = 1_000_000) -> int:
    """The most trials of a bracket that the budget pays for; 0 if none would reach the top."""
    counts = range(1, at_most + 1)
    count = bisect.bisect_right(counts, budget, key=lambda n: price(n, ETA, rungs))
    return count if count >= ETA ** (rungs - 1) else 0


def hyperband(space: Space, budget: float, seed: int, batch: int) -> Rounds:
    """Brackets from bold to careful, again and again; each is cut to what is left of the budget.

    Li et al., arXiv:1603.06560, algorithm 1. A bracket of n trials and k rungs begins at
    η^(1 − k) of the full budget; promoted trials go on, and are charged for what is new.
    """
    del batch
    first = turn = 0
    while fitting(1, budget):
        for most, rungs in hyperband_brackets(ETA ** (RUNGS - 1), ETA):
            count = fitting(rungs, budget, most)
            if count:
                budget -= price(count, ETA, rungs)
                yield from climb(
                    _drawn(space, seed, turn, count, first), bracket(count, ETA, rungs)
                )
                first += count
                turn += 1


def _drawn(space: Space, seed: int, turn: int, count: int, first: int) -> dict[int, Configuration]:
    points = generator(seed, "search", 1 + turn).uniform(size=(count, len(space)))
    return {first + i: space.at(point) for i, point in enumerate(np.asarray(points))}


ENTRIES = (
    Searcher("halving", halving, "Jamieson & Talwalkar, arXiv:1502.07943"),
    Searcher("hyperband", hyperband, "Li et al., arXiv:1603.06560"),
)
