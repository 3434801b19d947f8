"""Which way of searching finds good hyper-parameters for the least computation?

Grid, random, Sobol, successive halving, Hyperband, TPE and a Gaussian process search the same space
for the same number of gradient evaluations, each of them on many splits of the data; then, how well
early losses rank settings, and a space on which they rank them backwards.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import xarray as xr

import lab
from lab.search import CATALOG, Float, Space
from lab.search._bayesian import optuna
from lab.study.cli import Flags, Folder, main, opened
from lab.study.once import once
from studies.search_methods import report, runs

METHODS = ("grid", "random", "sobol", "halving", "hyperband", "tpe", "gp")
MISLED = ("random", "halving", "hyperband")
CROSSING = (0.003, 0.01, 0.03, 0.1)  # learning rates whose curves are shown, at momentum 0.9
TASKS = (("digits", {}), ("mnist1d", {"train_size": 400}))


@dataclass(frozen=True)
class SearchMethods(Flags):
    """Flags of the study of search methods."""


def cases(smoke: bool) -> dict[str, runs.Case]:
    """Where early losses rank settings as the last ones do, more or less; and where they do not."""
    numbers = {"learning_rate": Float(1e-3, 3.0, log=True), "momentum": Float(0.0, 0.99)}
    starts = {"init_scale": Float(0.1, 10.0, log=True), "l2": Float(1e-6, 1e-1, log=True)}
    late = {"learning_rate": Float(1e-3, 1.0, log=True), "momentum": Float(0.0, 0.99)}
    if smoke:
        task = lab.tasks.CATALOG["iris"].make(widths=(4,), regularizers=("l2",))
        tiny = runs.Case(task, "momentum", "constant_schedule", Space(late), 81)
        return {"digits": tiny, "400 rows": tiny}
    digits, few = (
        lab.tasks.CATALOG[name].make(widths=(32,), regularizers=("l2",), **rows)
        for name, rows in TASKS
    )
    return {
        "digits": runs.Case(
            digits, "momentum", "cosine_decay_schedule", Space(numbers | starts), 243
        ),
        "400 rows": runs.Case(few, "momentum", "constant_schedule", Space(late), 648),
    }


def run(flags: SearchMethods) -> None:
    """Search, look at ranks, draw."""
    folder = Folder(flags, "search_methods")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "search_methods"), folder)
        return
    optuna().logging.set_verbosity(optuna().logging.WARNING)
    smoke = flags.smoke
    splits = flags.seeds or (2 if smoke else 16)
    trainings, fewer, batch = (2, 2, 2) if smoke else (45, 27, 5)
    settings, looks, seeds = (4, 3, 1) if smoke else (96, 27, 4)
    methods = METHODS[1:4:2] if smoke else METHODS if find_spec("torch") else METHODS[:-1]
    made = cases(smoke)
    told = {
        "smoke": smoke, "splits": splits, "trainings": trainings, "fewer": fewer, "batch": batch,
        "settings": settings, "seeds": seeds, "updates": {n: c.updates for n, c in made.items()},
        "cases": list(made), "spaces": {name: str(case.space) for name, case in made.items()},
        "methods": list(methods), "misled": list(MISLED[:2] if smoke else MISLED),
    }  # fmt: skip
    digits, few = made.values()
    plan: dict[str, Callable[[], xr.Dataset]] = {}
    for name in methods:
        plan[f"search/{name}"] = lambda n=name: runs.repeated(
            digits, CATALOG[n], splits, trainings, batch
        )
    for name in told["misled"]:
        plan[f"misled/{name}"] = lambda n=name: runs.repeated(few, CATALOG[n], splits, fewer, batch)
    for name, case in made.items():
        plan[f"pool/{name}"] = lambda c=case: runs.pool(c, splits, settings)
    plan["along"] = lambda: runs.along(few, splits, CROSSING, looks, momentum=0.9)
    parts = {
        label: once(folder, label.replace("/", "_").replace(" ", "_"), told, make)
        for label, make in plan.items()
    }
    for kind, case in (("search", digits), ("misled", few)):
        found = {n.split("/")[1]: part for n, part in parts.items() if n.startswith(f"{kind}/")}
        parts[f"tested/{kind}"] = once(
            folder, f"tested_{kind}", told, lambda c=case, f=found: runs.tested(c, f, seeds)
        )
    report.draw(folder.finish(parts, told), folder)


if __name__ == "__main__":
    main(SearchMethods, run)
