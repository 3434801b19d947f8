"""The runs of the comparison of models: the same folds, trials and seeds for every one."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
import xarray as xr

import lab
from lab import protocol
from lab.data import Source, Table
from lab.study import DataSettings, Parts, flags
from lab.study.replicates import nested
from lab.tasks.task import Task
from lab.validation.errors import require
from studies.model_comparison.models import CLASSICS, fitted


@dataclass(frozen=True)
class ModelComparison(DataSettings):
    """Of the comparison of models."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 4
    """Fresh runs of the chosen setting on each fold."""
    folds: Annotated[int, flags.whole(3, 1_000)] = 10
    """Of each cross-validation: one tests, one selects, the others train."""
    repetitions: Annotated[int, flags.whole(2, 1_000)] = 10
    """Cross-validations, each with rows dealt anew."""
    updates: Annotated[int, flags.whole(1, 10_000_000)] = 400
    """Budget of every run of a net, in updates of 32 examples."""
    batch: int = 32
    rule: str = "adam"
    schedule: str = "cosine_decay_schedule"
    bundled: tuple[tuple[str, int], ...] = (("breast_cancer", 0), ("digits", 500))  # rows; 0: all
    # hidden layers
    nets: tuple[tuple[str, tuple[int, ...]], ...] = (
        ("linear net", ()),
        ("one layer, 64", (64,)),
        ("two layers, 64", (64, 64)),
        ("wide layer, 256", (256,)),
    )
    rates: tuple[float, ...] = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)  # tried for each net
    # as many strengths of the number that matters most, the most regularized first
    classics: tuple[tuple[str, tuple[float, ...]], ...] = (
        ("logistic or ridge", (1e-2, 1e-1, 1e0, 1e1, 1e2)),
        ("support vectors", (1e-1, 1e0, 1e1, 1e2, 1e3)),
        ("random forest", (0.05, 0.1, 0.2, 0.4, 0.8)),
    )

    def check(self) -> None:
        """Refuse rows that are ordered in time: there is one order, and no repetition."""
        super().check()
        require(
            self.time is None, "--time gives one order of the rows, which cannot be dealt anew."
        )

    @property
    def splits(self) -> list[int]:
        """Fold by fold, repetition by repetition."""
        deals = self.numbers(self.repetitions)
        return [deal * self.folds + fold for deal in deals for fold in range(self.folds)]

    def tables(self) -> dict[str, Table]:
        """The user's table, or bundled ones."""
        own = self.own_table()
        if own is not None:
            return {own.name: own}
        found = {}
        for name, rows in self.bundled:
            table, some = lab.data.load(name), slice(rows or None)
            found[name] = replace(table, features=table.features[some], targets=table.targets[some])
        return found


def parts(s: ModelComparison) -> Parts:
    """A part for each table."""
    for name, table in s.tables().items():
        source = lab.data.source(table, folds=s.folds)  # refuses too few rows
        yield name, lambda _, source=source: compared(s, source)


def compared(s: ModelComparison, source: Source) -> xr.Dataset:
    """Test errors (model, repetition, fold, seed), and of nets confusions and FLOPs."""
    errors, flops, confusion = {}, {}, {}
    for name, widths in s.nets:
        print(f"{source.name}: {name}", flush=True)
        report = trained(s, lab.tasks.supervised(source, widths=widths))
        errors[name] = _error(s, report, source)
        flops[name] = float(report.flops.isel(step=-1).max())
        if "test_confusion" in report:
            confusion[name] = report.test_confusion.mean("trial").values
    task = lab.tasks.supervised(source)
    for name, strengths in s.classics:
        print(f"{source.name}: {name}", flush=True)
        errors[name] = fitted(task, CLASSICS[name], strengths, s.splits, s.seeds)
    trained_on = [len(source.prepare(split).train) for split in s.splits[: s.folds]]
    dims = ("model", "repetition", "fold", "seed")
    shape = (len(errors), s.repetitions, s.folds, s.seeds)
    found = xr.Dataset(
        {
            "error": (dims, np.array(list(errors.values())).reshape(shape)),
            "flops": ("net", list(flops.values())),
            "ratio": ((), float(len(source.table) / s.folds / np.mean(trained_on))),
        },
        {"model": list(errors), "net": list(flops)},
        {"kind": source.kind, "rows": len(source.table)},
    )
    if confusion:
        names = list(source.table.class_names)
        found = found.assign_coords(actual=names, predicted=names)
        found["confusion"] = ("net", "actual", "predicted"), np.array(list(confusion.values()))
    return found


def trained(s: ModelComparison, task: Task) -> xr.Dataset:
    """Choose a rate on the validation rows of each fold, run fresh seeds, measure its test rows."""
    settings: dict[str, Any] = {
        "budget": lab.Budget(updates=s.updates),
        "batch_size": s.batch,
        "schedule": s.schedule,
        "evaluations": 1,
        "progress": False,
    }
    tried = [
        row
        for split in s.splits
        for rate in s.rates
        for row in nested([split], 1, protocol.TUNE, learning_rate=rate)
    ]
    tuning = lab.sweep(task, [s.rule], trials={s.rule: tried}, **settings).isel(step=-1)
    loss = tuning.validation_loss.values.reshape(len(s.splits), -1)
    wrong = loss
    if task.kind == "classification":
        wrong = 1 - tuning.validation_accuracy.values.reshape(loss.shape)
    # by error, as models that know no probabilities are chosen; of equals the least loss
    best = np.lexsort((loss, np.round(wrong, 6)), axis=1)[:, 0]
    chosen = [
        row
        for split, k in zip(s.splits, best)
        for row in nested([split], s.seeds, protocol.REPORT, learning_rate=s.rates[k])
    ]
    return protocol.report(task, [s.rule], {s.rule: chosen}, **settings).isel(optimizer=0)


def _error(s: ModelComparison, report: xr.Dataset, source: Source) -> np.ndarray:
    """[splits, seeds]; a run that diverged knows nothing."""
    if source.kind == "classification":
        return 1 - report.test_accuracy.values.reshape(-1, s.seeds)
    found = report.test_rmse.values.reshape(-1, s.seeds)
    scale = [source.prepare(split).target_scale for split in s.splits]
    return np.where(np.isfinite(found), found, np.array(scale)[:, None])
