"""Which model is best on this data, and how far can the ranking be trusted?

Nets from no hidden layer to a wide one, and models of scikit-learn, on the same folds of repeated
cross-validation, each tuned with the same number of trials on a fold of its own; differences are
tested with the correction for overlapping training sets, together. And how often would fewer
folds, or fewer seeds, have ranked them alike? On bundled data, or on your own table with --data.
"""

from dataclasses import dataclass, replace
from typing import Annotated

import lab
from lab.data import Table
from lab.study.cli import DataFlags, Folder, main, opened
from lab.study.flags import Whole
from lab.study.once import once
from lab.validation.errors import require
from studies.model_comparison import report
from studies.model_comparison.models import RATES
from studies.model_comparison.runs import Bench, compared

ROWS = {"breast_cancer": None, "digits": 500}  # the first so many


@dataclass(frozen=True)
class ModelComparison(DataFlags):
    """Flags of the comparison of models."""

    folds: Annotated[int, Whole(3, 1_000)] = 10
    """Of each cross-validation: one tests, one selects, the others train."""
    repetitions: Annotated[int, Whole(2, 1_000)] = 10
    """Cross-validations, each with rows dealt anew."""
    updates: Annotated[int, Whole(1, 10_000_000)] = 400
    """Budget of every run of a net, in updates of 32 examples."""


def run(flags: ModelComparison) -> None:
    """Tune, test, draw."""
    folder = Folder(flags, "model_comparison")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "model_comparison"), folder)
        return
    smoke = flags.smoke
    bench = Bench(
        folds=3 if smoke else flags.folds,
        repetitions=2 if smoke else flags.repetitions,
        seeds=flags.seeds or (2 if smoke else 4),
        updates=8 if smoke else flags.updates,
        trials=2 if smoke else len(RATES),
    )
    found = {
        name: lab.data.source(table, folds=bench.folds)
        for name, table in list(tables(flags).items())[: 1 if smoke else None]
    }
    told = {
        "smoke": smoke, "folds": bench.folds, "repetitions": bench.repetitions,
        "seeds": bench.seeds, "updates": bench.updates, "trials": bench.trials,
        "rows": {name: len(source.table) for name, source in found.items()},
        "data": {name: source.sha256 for name, source in found.items()},
    }  # fmt: skip
    parts = {
        name: once(folder, name, told, lambda s=source: compared(bench, s, smoke))
        for name, source in found.items()
    }
    report.draw(folder.finish(parts, told), folder)


def tables(flags: ModelComparison) -> dict[str, Table]:
    """The user's table, or bundled ones.

    Raises:
      InputError: If rows are ordered in time: there is one order, and no repetition.
    """
    own = flags.own_table()
    if own is None:
        return {name: first(lab.data.load(name), rows) for name, rows in ROWS.items()}
    require(own.times is None, "--time gives one order of the rows, which cannot be dealt anew.")
    return {own.name: own}


def first(table: Table, rows: int | None) -> Table:
    """The first rows of an array table; None for all."""
    return replace(table, features=table.features[:rows], targets=table.targets[:rows])


if __name__ == "__main__":
    main(ModelComparison, run)
