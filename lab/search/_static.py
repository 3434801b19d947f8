"""Searchers that know all their trials beforehand: grid, random, quasi-random."""

import itertools
import warnings

import numpy as np
from scipy.stats import qmc

from lab.data.streams import check_seed, generator
from lab.search.entry import Round, Rounds, Searcher
from lab.search.space import Configuration, Space


def at_once(configurations: list[Configuration]) -> Rounds:
    """One round of full trainings."""
    if configurations:
        yield Round(dict(enumerate(configurations)), 1.0)


def grid(space: Space, budget: float, seed: int, batch: int) -> Rounds:
    """The finest grid that the budget pays for; what is left of it stays unspent.

    Every parameter starts with one value (the middle of its range; all of a `Choice`); one after
    the other gets one value more, in turn, as long as the combinations are at most the budget.
    Where even the coarsest grid has more, evenly spread members of it are taken.
    """
    del seed, batch
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
        yield from at_once(list(space.grid(levels)))
        return
    wanted = set(np.linspace(0, total - 1, count).astype(int).tolist())
    yield from at_once(
        list(itertools.compress(space.grid(levels), (i in wanted for i in range(total))))
    )


def random(space: Space, budget: float, seed: int, batch: int) -> Rounds:
    """Independent uniform points of the unit cube. Bergstra & Bengio, JMLR 13, 2012."""
    del batch
    points = generator(seed, "search").uniform(size=(int(budget), len(space)))
    yield from at_once([space.at(point) for point in points])


def sobol(space: Space, budget: float, seed: int, batch: int) -> Rounds:
    """Scrambled Sobol points: they fill the cube evenly in every few of its dimensions.

    Sobol' 1967; scrambling by Owen 1998. Bousquet et al., arXiv:1706.03200, recommend it for
    hyper-parameters.
    """
    del batch
    sequence = qmc.Sobol(len(space), scramble=True, rng=np.random.default_rng(check_seed(seed)))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*balance properties.*")  # not a power of two
        points = sequence.random(int(budget))
    yield from at_once([space.at(np.minimum(point, 1 - 2**-53)) for point in points])


ENTRIES = (
    Searcher("grid", grid, "—"),
    Searcher("random", random, "Bergstra & Bengio, JMLR 13, 2012"),
    Searcher("sobol", sobol, "Sobol' 1967; Bousquet et al., arXiv:1706.03200"),
)
