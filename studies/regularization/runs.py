"""The runs of the study of regularization: every row of the table tuned alike, split by split."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

import numpy as np
import xarray as xr

import lab
from lab import protocol
from lab.data import Source
from lab.study import Parts
from lab.study.replicates import nested
from studies.regularization import remedies
from studies.regularization.cells import Cell, best, side
from studies.regularization.paths import paths
from studies.regularization.remedies import REMEDIES
from studies.regularization.settings import Regularization, Row, rows_of

__all__ = ["Regularization", "parts"]
RULE: Any = {"adam": remedies.adam}


def parts(s: Regularization) -> Parts:
    """The table of every data set; on the first, paths of strengths."""
    sources = s.sources()
    for name, source in sources.items():
        yield f"{name}_table", lambda _, source=source: table(s, source)
    first, source = next(iter(sources.items()))
    yield f"{first}_paths", lambda _: paths(s, source)


def table(s: Regularization, source: Source) -> xr.Dataset:
    """Every row measured: variables (row, split), coordinates kind and against."""
    rows = rows_of(s, source)
    found: dict[str, dict[str, np.ndarray]] = {}
    alone: dict[str, np.ndarray] = {}
    for label, row in rows.items():
        print(f"{source.name}: {label}", flush=True)
        found[label] = measured(s, source, row, alone)
        if row.kind == "alone":
            alone[row.names[0]] = found[label]["strength"]
    return xr.Dataset(
        {
            name: (("row", "split"), np.array([found[label][name] for label in rows]))
            for name in found["none"]
        },
        {
            "row": list(rows),
            "kind": ("row", [row.kind for row in rows.values()]),
            "against": ("row", [row.against for row in rows.values()]),
        },
        {"training_rows": len(source.prepare(s.splits[0]).train)},
    )


def measured(
    s: Regularization, source: Source, row: Row, alone: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Tune on validation rows of each split, run fresh seeds, measure test rows: [splits]."""
    task = remedies.task(source, row.program, s.width)
    off = dict.fromkeys(row.program, 0.0)

    def trials(settings: Iterable[tuple[int, Cell]], runs: int, phase: int) -> dict[str, Any]:
        return {"adam": [
            one
            for split, cell in settings
            for one in nested([split], runs, phase, learning_rate=cell.rate,
                              **remedies.numbers(off | cell.strengths))
        ]}  # fmt: skip

    cells = [cells_of(s, row, alone, k) for k in range(s.seeds)]
    tried = [(split, cell) for split, mine in zip(s.splits, cells) for cell in mine]
    tuning = lab.sweep(task, RULE, trials=trials(tried, 1, protocol.TUNE), **common(s, row))
    curves = tuning.validation_loss[0].transpose("trial", "step").values
    curves = curves.reshape(s.seeds, -1, curves.shape[-1])
    chosen = [mine[best(mine, each)] for mine, each in zip(cells, curves)]
    found: dict[str, np.ndarray] = {}
    for name in ("rate", "strength"):
        of = attrgetter(name)
        found[name] = np.array([of(cell) for cell in chosen])
        found[f"{name}_side"] = np.array([side(of, *both) for both in zip(chosen, cells)])
    rules = [cell.stopping for cell in chosen]
    for rule in dict.fromkeys(rules):
        mine = [k for k, its in enumerate(rules) if its == rule]
        fresh = trials([(s.splits[k], chosen[k]) for k in mine], s.runs, protocol.REPORT)
        report = protocol.report(task, RULE, fresh, early_stopping=rule, **common(s, row))
        for metric in ("loss", "accuracy", "rmse"):
            if f"test_{metric}" in report:
                values = report[f"test_{metric}"].values.reshape(len(mine), s.runs)
                found.setdefault(metric, np.empty(s.seeds))[mine] = values.mean(1)
    return found


def common(s: Regularization, row: Row) -> dict[str, Any]:
    """Of every sweep; validation rows are looked at on the way where that may stop a run."""
    return {
        "budget": lab.Budget(updates=s.updates),
        "batch_size": s.batch,
        "progress": False,
        "schedule": "cosine_decay_schedule",
        "evaluations": min(s.looks, s.updates) if "early stopping" in row.names else 1,
    }


def cells_of(s: Regularization, row: Row, alone: dict[str, np.ndarray], place: int) -> list[Cell]:
    """Trials of a row on a split; equally many for every row."""
    if not any(len(REMEDIES[name].strengths) > 1 for name in row.names):
        return [Cell(rate, dict.fromkeys(row.names, 1.0)) for rate in s.rates]
    if row.kind == "alone":
        grid = REMEDIES[row.names[0]].strengths[-len(s.factors) :]
        return [Cell(rate, {row.names[0]: strength}) for rate in s.fewer for strength in grid]
    return [
        Cell(rate, {name: factor * float(alone[name][place]) for name in row.names})
        for rate in s.fewer
        for factor in s.factors
    ]
