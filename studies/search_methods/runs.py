"""What is searched; then what ranks along the way foretell, and what searches chose."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated, Any

import numpy as np
import xarray as xr

import lab
from lab import protocol
from lab.search import CATALOG, Configuration, Float, Space
from lab.search._bayesian import optuna
from lab.search.lanes import SHARES
from lab.study import Parts, Settings, flags
from lab.study.replicates import nested
from studies.search_methods.searches import MANY, Case, repeated


@dataclass(frozen=True)
class SearchMethods(Settings):
    """Of the study of search methods."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 16
    """Splits, with a search of its own each; the unit of every interval."""
    trainings: int = 45  # full ones, that a search may spend
    fewer: int = 27  # the same, where early losses mislead
    batch: int = 5  # trials of a round
    drawn: int = 96  # random settings on each split, of which ranks are looked at
    looks: int = 27  # points of a curve
    runs: int = 4  # fresh ones of what was chosen
    methods: tuple[str, ...] = ("grid", "random", "sobol", "halving", "hyperband", "tpe", "gp")
    misled: tuple[str, ...] = ("random", "halving", "hyperband")
    crossing: tuple[float, ...] = (0.003, 0.01, 0.03, 0.1)  # rates whose curves are shown
    momentum: float = 0.9  # of these curves
    optimizer: str = "momentum"
    width: int = 32
    # where early losses rank settings as the last ones do, more or less; and where they do not:
    # name, task, training rows (0: all), schedule, updates of a full training, and the space:
    # numbers with their least and largest value, and whether they are searched by logarithms
    cases: tuple[tuple[Any, ...], ...] = (
        ("digits", "digits", 0, "cosine_decay_schedule", 243, (
            ("learning_rate", 1e-3, 3.0, True), ("momentum", 0.0, 0.99, False),
            ("init_scale", 0.1, 10.0, True), ("l2", 1e-6, 1e-1, True),
        )),
        ("400 rows", "mnist1d", 400, "constant_schedule", 648, (
            ("learning_rate", 1e-3, 1.0, True), ("momentum", 0.0, 0.99, False),
        )),
    )  # fmt: skip

    @property
    def splits(self) -> list[int]:
        """On which is searched."""
        return self.numbers(self.seeds)

    @property
    def known(self) -> list[str]:
        """Methods that can be run: the Gaussian process needs torch."""
        return [name for name in self.methods if name != "gp" or find_spec("torch")]


def parts(s: SearchMethods) -> Parts:
    """Searches, ranks along the way, curves that cross, and tests of what was chosen."""
    optuna().logging.set_verbosity(optuna().logging.WARNING)
    cases = {name: case(s, *more) for name, *more in s.cases}
    where, late = cases.values()
    found, misled = {}, {}
    for name in s.known:
        found[name] = yield (
            f"search/{name}",
            lambda _, n=name: repeated(where, CATALOG[n], s.splits, s.trainings, s.batch),
        )
    for name in s.misled:
        misled[name] = yield (
            f"misled/{name}",
            lambda _, n=name: repeated(late, CATALOG[n], s.splits, s.fewer, s.batch),
        )
    for name, one in cases.items():
        yield f"pool/{name}", lambda _, c=one: pool(s, c)
    yield "along", lambda _: along(s, late)
    yield "tested/search", lambda _: tested(s, where, found)
    yield "tested/misled", lambda _: tested(s, late, misled)


def case(
    s: SearchMethods, task: str, rows: int, schedule: str, updates: int, space: Iterable[Any]
) -> Case:
    """As the settings describe it."""
    made = lab.tasks.CATALOG[task].make(
        widths=(s.width,), regularizers=("l2",), **({"train_size": rows} if rows else {})
    )
    numbers = {name: Float(low, high, log=log) for name, low, high, log in space}
    return Case(made, s.optimizer, schedule, Space(numbers), updates)


def swept(case: Case, trials: list[Configuration], **settings: Any) -> np.ndarray:
    """Validation losses [trial, step] of full trainings on the splits and seeds that they name."""
    record = lab.sweep(
        case.task, [case.optimizer], trials={case.optimizer: trials}, budget=case.budget,
        schedule=case.schedule, progress=False, **settings,
    ).isel(optimizer=0)  # fmt: skip
    return record.validation_loss.transpose("trial", "step").values


def pool(s: SearchMethods, case: Case) -> xr.Dataset:
    """Validation loss (split, setting, share) of random settings, on the way to the end."""
    random = CATALOG["random"].rounds
    trials = [
        row
        for i in s.splits
        for trial in next(random(case.space, s.drawn, MANY + i, s.drawn)).trials.values()
        for row in nested([i], 1, protocol.TUNE, **trial)
    ]
    loss = swept(case, trials, evaluations=SHARES)[:, 1:].reshape(s.seeds, s.drawn, -1)
    shares = [float(share) for share in SHARES]
    return xr.Dataset({"loss": (("split", "setting", "share"), loss)}, {"share": shares})


def along(s: SearchMethods, case: Case) -> xr.Dataset:
    """Validation loss (learning_rate, split, share) along full trainings at some rates."""
    trials = [
        row
        for rate in s.crossing
        for row in nested(s.splits, 1, protocol.TUNE, learning_rate=rate, momentum=s.momentum)
    ]
    loss = swept(case, trials, evaluations=s.looks).reshape(len(s.crossing), s.seeds, -1)
    return xr.Dataset(
        {"loss": (("learning_rate", "split", "share"), loss)},
        {"learning_rate": list(s.crossing), "share": np.linspace(0, 1, loss.shape[-1])},
    )


def tested(s: SearchMethods, case: Case, found: dict[str, xr.Dataset]) -> xr.Dataset:
    """Test loss and accuracy (search, seed) of what each search chose, on its `split`."""
    chosen = [(name, i, part.sel(split=i)) for name, part in found.items() for i in s.splits]
    trials = [
        row
        for _, i, best in chosen
        for row in nested([i], s.runs, protocol.REPORT, **{k: float(best[k]) for k in case.space})
    ]
    record = protocol.report(
        case.task, [case.optimizer], {case.optimizer: trials}, budget=case.budget,
        schedule=case.schedule, evaluations=1, progress=False,
    )  # fmt: skip
    names, splits, _ = zip(*chosen)
    columns = {
        name: (("search", "seed"), record[name].values.reshape(-1, s.runs))
        for name in ("test_loss", "test_accuracy")
    }
    labels = {"method": ("search", list(names)), "split": ("search", list(splits))}
    return xr.Dataset(columns, labels)
