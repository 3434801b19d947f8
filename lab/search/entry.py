"""What a searcher is: a generator of rounds that is sent their losses."""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from lab.search.space import Configuration, Space
from lab.validation.checks import check_fields, checked


class Round(NamedTuple):
    """Trials that are trained at once, each from where it was left.

    Attributes:
      trials: Configurations by number of the trial. A number that an earlier round had is the
        same trial, trained further.
      share: Of the full budget of a trial, to which all of them are trained; in (0, 1].
    """

    trials: dict[int, Configuration]
    share: float


Losses = Mapping[int, float]  # by number of the trial; infinite where it diverged
Rounds = Generator[Round, Losses, None]


@dataclass(frozen=True)
class Searcher:
    """What the lab knows about one way of searching.

    Attributes:
      name: The key in the catalogue.
      rounds: `(space, budget, seed, batch) -> Rounds`. The budget is in full trainings: what a
        trial costs whose share is 1; a searcher never asks for more. At most `batch` trials are
        in a round, but for brackets, which are trained whole. The same
        arguments and losses give the same rounds, so that a search that was broken off is
        continued by sending it what is known.
      reference: Where it comes from.
    """

    name: str
    rounds: Callable[[Space, float, int, int], Rounds]
    reference: str

    def __post_init__(self):
        check_fields(self)


@checked
def cost(rounds: Iterator[Round]) -> float:
    """Full trainings that the rounds take, trials that go on being charged for what is new."""
    reached: dict[int, float] = {}
    spent = 0.0
    for one in rounds:
        for number in one.trials:
            spent += one.share - reached.get(number, 0.0)
            reached[number] = one.share
    return spent
