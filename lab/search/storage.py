"""Trials in Optuna's storage: what its dashboard and tools read, and what a search resumes from."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

from lab.files import AnyPath
from lab.search._bayesian import optuna
from lab.search.entry import Losses, Round
from lab.search.space import Configuration, Space, When
from lab.spaces import Choice, Domain, Float, Int
from lab.validation.checks import checked
from lab.validation.errors import InputError, require, shown

STEPS = 10_000  # a share of the full budget is a step of Optuna's in units of 1/STEPS
Known = dict[int, tuple[Configuration, dict[int, float]]]  # by number: its losses by step


class Storage(NamedTuple):
    """One search in an Optuna study."""

    store: Any  # optuna.storages.BaseStorage
    study_id: int
    space: Space
    where: str

    def known(self) -> Known:
        """Trials by their numbers."""
        with _told(self.where):
            trials = self.store.get_all_trials(self.study_id, deepcopy=False)
        return {trial.number: (trial.params, dict(trial.intermediate_values)) for trial in trials}

    def report(self, one: Round, losses: Losses) -> None:
        """Write down what the trials of a round came to; a full training is complete."""
        with _told(self.where):
            self._report(one, losses)

    def _report(self, one: Round, losses: Losses) -> None:
        library = optuna()
        states, full = library.trial.TrialState, one.share == 1
        trials = self.store.get_all_trials(self.study_id, deepcopy=False)
        finished = {trial.number: trial.state.is_finished() for trial in trials}
        for number in sorted(one.trials):
            trial, loss = one.trials[number], losses[number]
            if number not in finished:  # whole, in one transaction
                made = library.trial.create_trial(
                    state=states.COMPLETE if full else states.RUNNING,
                    value=loss if full else None,
                    params=trial,
                    distributions={name: distribution(self.space.domain(name)) for name in trial},
                    intermediate_values={step(one.share): loss},
                )
                self.store.create_new_trial(self.study_id, template_trial=made)
            elif not finished[number]:
                known_as = self._id(number)
                self.store.set_trial_intermediate_value(known_as, step(one.share), loss)
                if full:
                    self.store.set_trial_state_values(known_as, states.COMPLETE, [loss])

    def finish(self) -> None:
        """Trials that were not trained to the end were let go."""
        with _told(self.where):
            self._finish()

    def _finish(self) -> None:
        states = optuna().trial.TrialState
        for trial in self.store.get_all_trials(self.study_id, deepcopy=False):
            if not trial.state.is_finished():
                loss = trial.intermediate_values.get(STEPS)
                known_as = self._id(trial.number)
                if loss is None:
                    self.store.set_trial_state_values(known_as, states.PRUNED)
                else:  # killed between the two writes of `report`
                    self.store.set_trial_state_values(known_as, states.COMPLETE, [loss])

    def _id(self, number: int) -> int:
        return self.store.get_trial_id_from_study_id_trial_number(self.study_id, number)


@checked
def opened(where: AnyPath, identity: dict[str, str], space: Space) -> Storage:
    """The study of a search, made if there is none.

    Args:
      where: A file, which becomes an SQLite database, or the URL of a database.
      identity: What the search is; strings by name, with `name` among them.
      space: Of the search.

    Raises:
      InputError: If the study there is of another search; it is named what differs.
    """
    require("name" in identity, f"identity must hold a name, given {shown(identity)}.")
    library = optuna()
    url = where if "://" in str(where) else f"sqlite:///{where}"
    with _told(str(where)):
        store = library.storages.get_storage(str(url))
        study = library.create_study(
            storage=store, study_name=identity["name"], load_if_exists=True
        )
        described = dict(study.user_attrs)
    for name, value in identity.items():
        found = described.get(name)
        require(
            found in (None, value),
            f"the search {identity['name']!r} in {where} has {name}={found!r}, not {value!r}: "
            "give another file, or the same search.",
        )
        if found is None:
            with _told(str(where)):
                study.set_user_attr(name, value)
    return Storage(store, store.get_study_id_from_name(identity["name"]), space, str(where))


@contextmanager
def _told(where: str) -> Iterator[None]:
    """What SQLAlchemy or a driver says in many lines, in a sentence."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise InputError(
            f"{where} cannot be used as an Optuna storage: {first}; trials that were written "
            "before are kept in it, as far as it can be read."
        ) from error


def step(share: float) -> int:
    """A share as Optuna's step."""
    return round(share * STEPS)


def distribution(domain: Domain) -> Any:
    """A domain as Optuna has it."""
    kinds = optuna().distributions
    if isinstance(domain, Float):
        return kinds.FloatDistribution(domain.low, domain.high, log=domain.log)
    if isinstance(domain, Int):
        return kinds.IntDistribution(domain.low, domain.high, domain.log, domain.step)
    assert isinstance(domain, Choice)
    return kinds.CategoricalDistribution(domain.options)


@checked
def from_optuna(distributions: Mapping[str, Any]) -> Space:
    """A space of Optuna's distributions, by name; a conditional one in a `When`.

    Optuna itself says by the flow of a program which parameters a trial has; here it is declared,
    so that a space can be counted, and drawn from by other searchers than Optuna's.

    Args:
      distributions: Of Optuna, or a `When` around one, whose parent comes before it.

    Raises:
      InputError: If one has no counterpart.

    >>> from optuna.distributions import IntDistribution
    >>> from lab.search import When
    >>> print(from_optuna({
    ...     "layers": IntDistribution(1, 3),
    ...     "units_1": When("layers", IntDistribution(8, 16, step=8), at_least=2),
    ... }))
    layers   Int(low=1, high=3, step=1, log=False)
    units_1  Int(low=8, high=16, step=8, log=False), when layers ≥ 2
    """
    require(len(distributions) > 0, "distributions must hold one, given none.")
    return Space(
        {
            name: replace(given, domain=_domain(name, given.domain))
            if isinstance(given, When)
            else _domain(name, given)
            for name, given in distributions.items()
        }
    )


def _domain(name: str, given: Any) -> Domain:
    kinds = optuna().distributions
    if isinstance(given, kinds.FloatDistribution) and given.step is None:
        return Float(given.low, given.high, given.log)
    if isinstance(given, kinds.IntDistribution):
        return Int(given.low, given.high, given.step, given.log)
    if isinstance(given, kinds.CategoricalDistribution):
        return Choice(*given.choices)
    raise InputError(
        "distributions must have counterparts among Float, Int and Choice, given "
        f"{shown(given)} for {shown(name)}."
    )
