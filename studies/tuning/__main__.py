"""Which network, optimizer and numbers for this table? A search over all of them at once.

Searches depth, widths, dropout of each layer, activation, batch size, optimizer and learning rate
on validation rows, then trains the best on fresh seeds beside the default network, and opens the
test rows once. On breast cancer, or on your own table with --data FILE.csv --target COLUMN. The
search goes on from its folder with --resume; Optuna's dashboard reads its trials.db, and
`lab.load_predictor` its best.npz, the best network with everything that it needs to predict.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import xarray as xr

import lab
from lab import protocol
from lab.search import (
    CATALOG,
    Choice,
    Float,
    Int,
    Lanes,
    Space,
    Trial,
    When,
    best,
    importances,
    opened,
    search,
)  # fmt: skip
from lab.search._bayesian import optuna
from lab.study.cli import DataFlags, Folder, main
from lab.study.cli import opened as reopened
from lab.study.flags import Duration, OneOf, Whole
from lab.study.once import once
from studies.tuning import report
from studies.tuning.progress import Progress

RULES = ("adam", "sgd", "rmsprop", "adagrad", "adadelta")
DEFAULT: dict[str, Any] = {
    "optimizer": "adam", "learning_rate": 1e-3, "batch_size": 32, "activation": "relu", "layers": 2,
    "units_0": 32, "units_1": 32, "dropout_0": 0.0, "dropout_1": 0.0,
}  # fmt: skip


@dataclass(frozen=True)
class Tuning(DataFlags):
    """Flags of the search."""

    searcher: Annotated[str, OneOf(*CATALOG)] = "tpe"
    """How configurations are chosen."""
    trainings: Annotated[int, Whole(1, 1_000_000)] = 160
    """Full trainings that the search is charged for at most, of each of its seeds."""
    budget: Annotated[float | None, Duration()] = None
    """Time after which no round is begun, such as 90s, 10m or 2h; the first round compiles, which
    takes a minute or two on a machine that has never searched such a space."""
    epochs: Annotated[int, Whole(1, 1_000_000)] = 20
    """Of a full training."""
    layers: Annotated[int, Whole(2, 100)] = 10
    """Most hidden layers."""
    units: Annotated[int, Whole(32, 8192, step=8)] = 128
    """Most units of a layer, in steps of 8."""


def space(layers: int, units: int) -> Space:
    """Curriculum's space: units and dropout of a layer are there only when the layer is."""
    whole: dict[str, Any] = {
        "optimizer": Choice(*RULES),
        "learning_rate": Float(1e-4, 1e-1, log=True),
        "batch_size": Choice(16, 32, 64),
        "activation": Choice("relu", "tanh", "sigmoid"),
        "layers": Int(1, layers),
    }
    for i in range(layers):
        for name, domain in (
            (f"units_{i}", Int(8, units, step=8)), (f"dropout_{i}", Float(0.1, 0.9)),
        ):  # fmt: skip
            whole[name] = domain if i == 0 else When("layers", domain, at_least=i + 1)
    return Space(whole)


def run(flags: Tuning) -> None:
    """Search, report, draw."""
    folder = Folder(flags, "tuning")
    optuna().logging.set_verbosity(optuna().logging.WARNING)
    if flags.from_ is not None:
        report.draw(reopened(flags.from_, "tuning"), folder)
        return
    limit = np.inf if flags.budget is None else flags.budget
    smoke = flags.smoke
    table = flags.own_table() or lab.data.load("iris" if smoke else "breast_cancer")
    layers, units = (2, 32) if smoke else (flags.layers, flags.units)
    task = lab.tasks.architectures(
        lab.data.source(table), most_layers=layers, most_units=units, dropout=True
    )
    searched = space(layers, units)
    if smoke:
        fixed = {
            "optimizer": Choice("adam"),
            "activation": Choice("relu"),
            "batch_size": Choice(32),
        }
        searched = Space(dict(searched) | fixed)
    budget = lab.Budget(epochs=2 if smoke else flags.epochs)
    count = 4 if smoke else flags.trainings
    seeds = protocol.phase_seeds(protocol.TUNE, 2 if smoke else 3)
    told = {
        "table": task.name, "searcher": flags.searcher, "trainings": count,
        "tuning_seeds": len(seeds), "epochs": int(budget.amount),
        "seeds": flags.seeds or (2 if smoke else 16), "smoke": smoke, "space": str(searched),
    }  # fmt: skip
    identity = {
        "name": f"tuning {task.name}", "space": searched.hash, "data": task.source.sha256,
        "searcher": flags.searcher, "training": f"{budget.amount:g} epochs, {len(seeds)} seeds",
    }  # fmt: skip
    network = folder.path / "best.npz"

    def found() -> list[Trial]:
        folder.path.mkdir(parents=True, exist_ok=True)
        storage = opened(folder.path / "trials.db", identity, searched)
        progress = Progress(count, limit)
        lanes = Lanes(
            task, budget, seeds=seeds, advanced=progress.advance, folder=folder.path / "paused"
        )
        print(
            f"at most {count} trainings from {len(seeds)} seeds each; the first round compiles",
            flush=True,
        )
        try:
            trials = search(
                searched, CATALOG[flags.searcher], lanes, budget=count, batch=2 if smoke else 32,
                storage=storage, told=progress.tell, enough=progress.over,
            )  # fmt: skip
        except KeyboardInterrupt:
            print(f"stopped; {folder.how} goes on with the trials that are done", flush=True)
            raise
        print("training the best of them once more, and on fresh seeds", flush=True)
        lanes.predictor(best(trials).configuration).save(network)
        return trials

    trials = found()
    chosen = best(trials).configuration
    fresh = protocol.phase_seeds(protocol.REPORT, told["seeds"])
    compared = {"best": chosen, "default": DEFAULT}
    made: dict[str, Callable[[], xr.Dataset]] = {
        "trials": lambda: as_table(searched, trials),
        "importances": lambda: importances(searched, trials, 2 if smoke else 8).to_dataset(
            name="importance"
        ),
        "report": lambda: reported(task, compared, fresh, budget),
        "baselines": lambda: protocol.baselines(task, [0]),
    }
    told_all = told | {"found": len(trials), "chosen": chosen}
    parts = {name: once(folder, name, told_all, make) for name, make in made.items()}
    report.draw(folder.finish(parts, told), folder)
    print(f'the best network: lab.load_predictor("{network}").predict("new_rows.csv")')


def reported(task: Any, settings: dict[str, dict], seeds: list[int], budget: Any) -> xr.Dataset:
    """Test metrics (setting, seed) of whole configurations."""
    rows = []
    for setting in settings.values():
        rule = setting["optimizer"]
        numbers = {name: value for name, value in setting.items() if name != "optimizer"}
        record = protocol.report(
            task, [rule], {rule: [numbers]}, seeds=seeds, budget=budget, evaluations=1,
            progress=False,
        ).isel(optimizer=0, trial=0)  # fmt: skip
        rows.append(
            record[[n for n in record if str(n).startswith("test_")]].reset_coords(drop=True)
        )
    return xr.concat(rows, "setting").assign_coords(setting=list(settings))


def as_table(searched: Space, trials: list[Trial]) -> xr.Dataset:
    """Trials with their configuration (NaN or empty where a parameter is not there) and losses."""
    columns: dict[str, Any] = {}
    for name in searched:
        values = [trial.configuration.get(name) for trial in trials]
        words = any(isinstance(value, str) for value in values)
        absent = "" if words else np.nan
        columns[name] = ("trial", np.array([absent if v is None else v for v in values]))
    columns["loss"] = ("trial", [trial.loss for trial in trials])
    columns["share"] = ("trial", [max(trial.losses) for trial in trials])
    columns["after"] = ("trial", [trial.after for trial in trials])
    return xr.Dataset(columns, {"trial": [trial.number for trial in trials]})


if __name__ == "__main__":
    main(Tuning, run)
