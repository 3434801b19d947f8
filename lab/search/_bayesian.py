"""Bayesian search by Optuna: batches are asked for, trained as lanes, and told."""

import warnings
from collections.abc import Callable
from typing import Any

from lab.search.entry import Round, Rounds, Searcher
from lab.search.space import Configuration, Space
from lab.spaces import Choice, Domain, Float, Int
from lab.validation.errors import InputError, require


def optuna() -> Any:
    """The library.

    Raises:
      InputError: If it is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise InputError(
            "optuna must be installed: pip install 'optimization-lab[search]'."
        ) from None
    return optuna


def suggest(trial: Any, space: Space) -> Configuration:
    """Ask an Optuna trial for every parameter that is there, in order."""
    found: Configuration = {}
    for name in space:
        if space.there(name, found):
            found[name] = _asked(trial, name, space.domain(name))
    return found


def _asked(trial: Any, name: str, domain: Domain) -> Any:
    if isinstance(domain, Float):
        return trial.suggest_float(name, domain.low, domain.high, log=domain.log)
    if isinstance(domain, Int):
        return trial.suggest_int(name, domain.low, domain.high, step=domain.step, log=domain.log)
    assert isinstance(domain, Choice)
    return trial.suggest_categorical(name, domain.options)


def ask_and_tell(
    sampler: Callable[[int], Any], space: Space, budget: float, seed: int, batch: int
) -> Rounds:
    """Rounds of `batch` trials, each asked for while the others of the round are running.

    `sampler` makes an Optuna sampler from a seed.
    """
    library = optuna()
    require(batch >= 1, f"batch must be at least 1, given {batch}.")
    study = library.create_study(sampler=sampler(seed))
    left = int(budget)
    while left > 0:
        asked = [study.ask() for _ in range(min(batch, left))]
        trials = {trial.number: suggest(trial, space) for trial in asked}
        left -= len(asked)
        losses = yield Round(trials, 1.0)
        for trial in asked:
            study.tell(trial, losses[trial.number])


def tpe(space: Space, budget: float, seed: int, batch: int) -> Rounds:
    """Tree-structured Parzen estimators, with the running trials as constant liars.

    Parameters are modelled together where they are there together (`multivariate`, `group`).
    Bergstra et al., NeurIPS 2011; Watanabe, arXiv:2304.11127.
    """
    yield from ask_and_tell(tpe_sampler, space, budget, seed, batch)


def tpe_sampler(seed: int) -> Any:
    """What `tpe` asks."""
    with warnings.catch_warnings():  # `group` is called experimental
        warnings.simplefilter("ignore", optuna().exceptions.ExperimentalWarning)
        return optuna().samplers.TPESampler(
            seed=seed, multivariate=True, group=True, constant_liar=True, n_startup_trials=10
        )


def gp(space: Space, budget: float, seed: int, batch: int) -> Rounds:
    """A Gaussian process with expected improvement, running trials as constant liars.

    Optuna's `GPSampler`; it needs torch. Snoek et al., NeurIPS 2012.
    """
    try:
        import torch  # noqa: F401  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise InputError(
            "the searcher 'gp' needs torch beside optuna: pip install 'optimization-lab[gp]'."
        ) from None

    def sampler(seed):
        return optuna().samplers.GPSampler(
            seed=seed, n_startup_trials=10, deterministic_objective=False
        )

    yield from ask_and_tell(sampler, space, budget, seed, batch)


ENTRIES = (
    Searcher("tpe", tpe, "Bergstra et al., NeurIPS 2011; Watanabe, arXiv:2304.11127"),
    Searcher("gp", gp, "Snoek, Larochelle & Adams, NeurIPS 2012"),
)
