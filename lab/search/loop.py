"""One search: rounds are asked for, trained and told, until the budget is spent."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

from lab.search.entry import Losses, Round, Searcher
from lab.search.space import Configuration, Space
from lab.search.storage import Known, Storage, step
from lab.validation.checks import check_fields, checked
from lab.validation.errors import require
from lab.validation.kinds import Count, Kind, NotNegative, Whole, is_real

Train = Callable[[Round], Losses]
Trainings = Annotated[
    float,
    Kind(
        "a positive number of full trainings, a million at most",
        lambda value: is_real(value) and 0 < value <= 1_000_000,
    ),
]


@dataclass
class Trial:
    """One configuration, and how well it did.

    Attributes:
      number: In the order of asking.
      configuration: Of the parameters that are there.
      losses: By share of the full budget.
      after: Full trainings that the search had been charged when it was last trained.
    """

    number: Whole
    configuration: Configuration
    losses: dict[float, float] = field(default_factory=dict)
    after: NotNegative = 0.0

    def __post_init__(self):
        check_fields(self)

    @property
    def loss(self) -> float:
        """After a full training; infinite where it was let go before."""
        return self.losses.get(1.0, math.inf)


@checked
def search(
    space: Space,
    searcher: Searcher,
    train: Train,
    *,
    budget: Trainings,
    seed: Whole = 0,
    batch: Count = 10,
    storage: Storage | None = None,
    told: Callable[[list[Trial]], Any] | None = None,
    enough: Callable[[], bool] = lambda: False,
) -> list[Trial]:
    """Search `space` by `searcher`; returns every trial, in the order of asking.

    Args:
      space: What is searched.
      searcher: Out of `lab.search.CATALOG`.
      train: From a round to the loss of each of its trials, less being better; not finite where
        a trial diverged.
      budget: Full trainings that may be charged.
      seed: What the searcher draws from.
      batch: Trials of a round, but for brackets.
      storage: Where trials are written down. What is known there is not trained again.
      told: Called after every round with the trials so far.
      enough: Asked before every round; the search ends where it says so.

    Raises:
      InputError: If the budget is not a finite positive number, or seed or batch no counts; if
        the storage has other trials than those that are asked for.
    """
    known: Known = {} if storage is None else storage.known()
    trials: dict[int, Trial] = {}
    spent = 0.0
    rounds = searcher.rounds(space, float(budget), seed, batch)
    losses: Losses | None = None
    while not (trials and enough()):
        try:
            one = next(rounds) if losses is None else rounds.send(losses)
        except StopIteration:
            if storage is not None:
                storage.finish()
            break
        losses = _trained(one, train, known, storage)
        for number_, configuration in one.trials.items():
            trial = trials.setdefault(number_, Trial(number_, configuration))
            spent += one.share - max(trial.losses, default=0.0)
            trial.losses[one.share], trial.after = losses[number_], spent
        if told is not None:
            told(list(trials.values()))
    return list(trials.values())


@checked
def best(trials: list[Trial]) -> Trial:
    """The trial with the least loss after a full training; of equals the first."""
    require(len(trials) > 0, "trials must hold one to choose, given none.")
    return min(trials, key=lambda trial: (trial.loss, trial.number))


def _trained(one: Round, train: Train, known: Known, storage: Storage | None) -> dict[int, float]:
    at, found, missing = step(one.share), {}, {}
    for number, trial in one.trials.items():
        there, losses = known.get(number, (trial, {}))
        require(
            there == trial,
            f"trial {number} of the search in the storage is {there}, not {trial}: that search has "
            "another budget, seed or batch; give another file, or those.",
        )
        if at in losses:
            found[number] = losses[at]
        else:
            missing[number] = trial
    if missing:
        rest = Round(missing, one.share)
        new = train(rest)
        new = {n: float(new[n]) if math.isfinite(new[n]) else math.inf for n in missing}
        if storage is not None:
            storage.report(rest, new)
        found |= new
    return {n: found[n] for n in one.trials}
