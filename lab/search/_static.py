"""Searchers that know all their trials beforehand: grid, random, quasi-random."""

import itertools
import warnings
from collections.abc import Iterable

import numpy as np
from scipy.stats import qmc

from lab.data.streams import check_seed, generator
from lab.search.entry import Round, Rounds, Searcher
from lab.search.space import Configuration, Space


def in_turn(configurations: Iterable[Configuration], batch: int) -> Rounds:
    """Full trainings, `batch` at once."""
    numbered = enumerate(configurations)
    while trials := dict(itertools.islice(numbered, batch)):
        yield Round(trials, 1.0)


def grid(space: Space, budget: float, seed: int, batch: int) -> Rounds:
    """The finest grid that the budget pays for; what is left of it stays unspent.

    Every parameter starts with one value (the middle of its range; all of a `Choice`); one after
    the other gets one value more, in turn, as long as the combinations are at most the budget.
    Where even the coarsest grid has more, evenly spread members of it are taken.
    """
    del seed
    count = int(budget)
    levels = dict.fromkeys(space, 1)
    growing = [name for name in space if space.domain(name).count() > 1]
    while growing:
        for name in list(growing):
            finer = levels | {name: levels[name] + 1}
            full = levels[name] >= space.domain(name).count()
            if full or space.count(finer) > count:
                growing.remove(name)
            else:
                levels = finer
    total = int(space.count(levels))
    if total <= count:
        yield from in_turn(space.grid(levels), batch)
        return
    wanted = set(np.linspace(0, total - 1, count).astype(int).tolist())
    chosen = (i in wanted for i in range(total))
    yield from in_turn(itertools.compress(space.grid(levels), chosen), batch)


def random(space: Space, budget: float, seed: int, batch: int) -> Rounds:
    """Independent uniform points of the unit cube. Bergstra & Bengio, JMLR 13, 2012."""
    points = generator(seed, "search").uniform(size=(int(budget), len(space)))
    yield from in_turn(map(space.at, points), batch)


def sobol(space: Space, budget: float, seed: int, batch: int) -> Rounds:
    """Scrambled Sobol points: they fill the cube evenly in every few of its dimensions.

    Sobol' 1967; scrambling by Owen 1998. Bousquet et al., arXiv:1706.03200, recommend it for
    hyper-parameters.
    """
    sequence = qmc.Sobol(len(space), scramble=True, rng=np.random.default_rng(check_seed(seed)))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*balance properties.*")  # not a power of two
        points = sequence.random(int(budget))
    yield from in_turn(map(space.at, np.minimum(points, 1 - 2**-53)), batch)


ENTRIES = (
    Searcher("grid", grid, "—"),
    Searcher("random", random, "Bergstra & Bengio, JMLR 13, 2012"),
    Searcher("sobol", sobol, "Sobol' 1967; Bousquet et al., arXiv:1706.03200"),
)
