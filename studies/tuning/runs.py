"""The search, and what its best network is on fresh seeds and test rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import numpy as np
import pandas as pd
import xarray as xr

import lab
from lab import protocol, search
from lab.search import Choice, Configuration, Float, Int, Space, Trial, When
from lab.search._bayesian import optuna
from lab.study import DataSettings, Parts, flags
from lab.study.folder import place
from lab.tasks import Task
from lab.validation.errors import require
from studies.tuning.progress import Progress

STEP = 8  # units of a layer are multiples of it
OUTCOMES = ("loss", "share", "after")  # columns of the trials that are no parameters


@dataclass(frozen=True)
class Tuning(DataSettings):
    """Of the search; --seeds is the number of fresh seeds that report."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 16
    """Fresh seeds on which the best and the default network are reported."""
    searcher: Annotated[str, flags.name(lambda: search.CATALOG)] = "tpe"
    """How configurations are chosen."""
    trainings: Annotated[int, flags.whole(1, 1_000_000)] = 160
    """Full trainings that the search is charged for at most, of each of its seeds."""
    budget: Annotated[float | None, flags.duration()] = None
    """Time after which no round is begun, such as 90s, 10m or 2h; the first round compiles, which
    takes a minute or two on a machine that has never searched such a space."""
    epochs: Annotated[int, flags.whole(1, 1_000_000)] = 20
    """Of a full training."""
    layers: Annotated[int, flags.whole(2, 100)] = 10
    """Most hidden layers."""
    units: Annotated[int, flags.whole(32, 8192)] = 128
    """Most units of a layer, in steps of 8."""
    runs: int = 3  # seeds of every trial
    batch: int = 32  # trials of a round
    forests: int = 8  # for the importances
    table: str = "breast_cancer"  # where --data is not given
    rules: tuple[str, ...] = ("adam", "sgd", "rmsprop", "adagrad", "adadelta")
    activations: tuple[str, ...] = ("relu", "tanh", "sigmoid")
    batch_sizes: tuple[int, ...] = (16, 32, 64)
    rates: tuple[float, float] = (1e-4, 1e-1)
    dropouts: tuple[float, float] = (0.1, 0.9)
    default: tuple[tuple[str, str | float], ...] = (
        ("optimizer", "adam"), ("learning_rate", 1e-3), ("batch_size", 32), ("activation", "relu"),
        ("layers", 2), ("units_0", 32), ("units_1", 32), ("dropout_0", 0.0), ("dropout_1", 0.0),
    )  # fmt: skip

    def check(self) -> None:
        """Units come in steps."""
        super().check()
        require(self.units % STEP == 0, f"--units must be a multiple of {STEP}, not {self.units}.")

    @property
    def name(self) -> str:
        """Of the table."""
        return self.table if self.data is None else self.data.stem

    @property
    def split(self) -> int:
        """The only one."""
        return self.numbers(1)[0]


def parts(s: Tuning) -> Parts:
    """Trials, what mattered in them, and the test rows."""
    optuna().logging.set_verbosity(optuna().logging.WARNING)
    table = s.own_table() or lab.data.load(s.table)
    task = lab.tasks.architectures(
        lab.data.source(table), most_layers=s.layers, most_units=s.units, dropout=True
    )
    searched = space(s)
    trials = from_table(searched, (yield "trials", lambda _: found(s, task, searched)))
    shares = partial(search.importances, searched, trials, s.forests)
    yield "importances", lambda _: shares().to_dataset(name="importance")
    compared = {"best": search.best(trials).configuration, "default": dict(s.default)}
    yield "report", lambda _: reported(s, task, compared)
    yield "baselines", lambda _: protocol.baselines(task, [s.split])


def space(s: Tuning) -> Space:
    """Units and dropout of a layer are there only when the layer is."""
    whole: dict[str, Any] = {
        "optimizer": Choice(*s.rules),
        "learning_rate": Float(*s.rates, log=True),
        "batch_size": Choice(*s.batch_sizes),
        "activation": Choice(*s.activations),
        "layers": Int(1, s.layers),
    }
    for i in range(s.layers):
        domains = {f"units_{i}": Int(STEP, s.units, step=STEP), f"dropout_{i}": Float(*s.dropouts)}
        for name, domain in domains.items():
            whole[name] = When("layers", domain, at_least=i + 1) if i else domain
    return Space(whole)


def found(s: Tuning, task: Task, searched: Space) -> xr.Dataset:
    """The trials of the search; the best network is saved beside them."""
    folder = place()
    progress = Progress(s.trainings, np.inf if s.budget is None else s.budget)
    lanes = search.Lanes(
        task, lab.Budget(epochs=s.epochs), seeds=s.numbers(s.runs, protocol.TUNE),
        fixed={"split": s.split}, advanced=progress.advance, folder=folder and folder / "paused",
    )  # fmt: skip
    identity = {
        "name": f"tuning {task.name}",
        "space": searched.hash,
        "data": task.source.sha256,
        "searcher": s.searcher,
        "set": str(s.fresh),
        "training": f"{s.epochs} epochs, {s.runs} seeds",
    }
    print(f"at most {s.trainings} trainings from {s.runs} seeds each; the first round compiles")
    try:
        trials = search.search(
            searched, search.CATALOG[s.searcher], lanes, budget=s.trainings, seed=s.split,
            batch=s.batch, told=progress.tell, enough=progress.over,
            storage=folder and search.opened(folder / "trials.db", identity, searched),
        )  # fmt: skip
    except KeyboardInterrupt:
        print(f"stopped; --resume {folder} goes on with the trials that are done", flush=True)
        raise
    if folder is not None:
        print("training the best of them once more", flush=True)
        lanes.predictor(search.best(trials).configuration).save(folder / "best.npz")
    return as_table(searched, trials)


def reported(s: Tuning, task: Task, settings: Mapping[str, Configuration]) -> xr.Dataset:
    """Test metrics (setting, seed) of whole configurations."""
    rows = []
    for setting in settings.values():
        rule, numbers = setting["optimizer"], {k: setting[k] for k in setting if k != "optimizer"}
        record = protocol.report(
            task, [rule], {rule: [numbers]}, seeds=s.numbers(s.seeds, protocol.REPORT),
            budget=lab.Budget(epochs=s.epochs), split=s.split, evaluations=1, progress=False,
        ).isel(optimizer=0, trial=0)  # fmt: skip
        tested = [name for name in record if str(name).startswith("test_")]
        rows.append(record[tested].reset_coords(drop=True))
    return xr.concat(rows, "setting").assign_coords(setting=list(settings))


def as_table(searched: Space, trials: list[Trial]) -> xr.Dataset:
    """Trials with their configuration (NaN where a parameter is not there) and losses."""
    rows = [
        {**t.configuration, "loss": t.loss, "share": max(t.losses), "after": t.after}
        for t in trials
    ]
    numbers = pd.Index([t.number for t in trials], name="trial")
    return xr.Dataset.from_dataframe(pd.DataFrame(rows, numbers, [*searched, *OUTCOMES]))


def from_table(searched: Space, table: xr.Dataset) -> list[Trial]:
    """The trials again; whole numbers lie there as real ones where they may be absent."""
    whole = [name for name in searched if isinstance(searched.domain(name), Int)]
    return [
        Trial(
            number,
            {n: int(row[n]) if n in whole else row[n] for n in searched if row[n] == row[n]},
            {row["share"]: row["loss"]},
            row["after"],
        )
        for number, row in zip(table.trial.values.tolist(), table.to_dataframe().to_dict("records"))
    ]
