"""The runs of the comparison of models: the same folds, trials and seeds for every one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

import lab
from lab import protocol
from lab.data import Source
from lab.tasks.task import Task
from studies.model_comparison.models import CLASSICS, NETS, RATES, fitted

RULE, SCHEDULE, BATCH = "adam", "cosine_decay_schedule", 32


@dataclass(frozen=True)
class Bench:
    """What all models share.

    Attributes:
      folds: k of every cross-validation: one fold tests, one selects, k − 2 train.
      repetitions: Deals of the rows.
      seeds: Fresh runs of the chosen setting on each fold.
      updates: Of every run of a net.
      trials: Of every model on each fold, the first so many.
    """

    folds: int
    repetitions: int
    seeds: int
    updates: int
    trials: int

    @property
    def splits(self) -> list[int]:
        """Fold by fold, repetition by repetition."""
        return list(range(self.folds * self.repetitions))

    def settings(self) -> dict[str, Any]:
        """Of every sweep."""
        return {
            "budget": lab.Budget(updates=self.updates),
            "batch_size": BATCH,
            "schedule": SCHEDULE,
            "evaluations": 1,
            "progress": False,
        }


def compared(bench: Bench, source: Source, few: bool = False) -> xr.Dataset:
    """Test errors (model, repetition, fold, seed), and of nets confusions and FLOPs.

    Args:
      bench: What all share.
      source: Data whose splits are the folds.
      few: The first net and the first two other models only.
    """
    nets = dict(list(NETS.items())[: 1 if few else None])
    classics = dict(list(CLASSICS.items())[: 2 if few else None])
    errors, flops, confusion = {}, {}, {}
    for name, widths in nets.items():
        print(f"{source.name}: {name}", flush=True)
        report = trained(bench, lab.tasks.supervised(source, widths=widths))
        errors[name] = _error(report, source)
        flops[name] = float(report.flops.isel(step=-1).max())
        if "test_confusion" in report:
            confusion[name] = report.test_confusion.mean(("trial", "seed")).values
    task = lab.tasks.supervised(source)
    for name, model in classics.items():
        print(f"{source.name}: {name}", flush=True)
        strengths = model.strengths[: bench.trials]
        errors[name] = fitted(task, model, strengths, bench.splits, bench.seeds)
    shape = (len(errors), bench.repetitions, bench.folds, bench.seeds)
    prepared = [source.prepare(split) for split in bench.splits[: bench.folds]]
    rows = len(source.table) / bench.folds / np.mean([len(one.train) for one in prepared])
    found = xr.Dataset(
        {
            "error": (
                ("model", "repetition", "fold", "seed"),
                np.array(list(errors.values())).reshape(shape),
            ),
            "flops": ("net", list(flops.values())),
            "ratio": ((), float(rows)),
        },
        {"model": list(errors), "net": list(flops)},
        {"kind": source.kind},
    )
    if confusion:
        names = list(source.table.class_names)
        found = found.assign_coords(actual=names, predicted=names)
        found["confusion"] = ("net", "actual", "predicted"), np.array(list(confusion.values()))
    return found


def trained(bench: Bench, task: Task) -> xr.Dataset:
    """Choose a rate on the validation rows of each fold, run fresh seeds, measure its test rows."""
    rates = RATES[: bench.trials]
    tuning = lab.sweep(
        task,
        [RULE],
        trials={RULE: [{"learning_rate": rate} for rate in rates]},
        axes={"split": bench.splits},
        seeds=protocol.phase_seeds(protocol.TUNE, 1),
        **bench.settings(),
    ).isel(optimizer=0, seed=0, step=-1)
    loss = tuning.validation_loss.transpose("split", "trial").values
    wrong = (
        loss
        if task.kind == "regression"
        else 1 - tuning.validation_accuracy.transpose("split", "trial").values
    )
    # by error, as models that know no probabilities are chosen; of equals the least loss
    best = np.lexsort((loss, np.round(wrong, 6)), axis=1)[:, 0]
    chosen = [{"learning_rate": rates[k], "split": split} for split, k in zip(bench.splits, best)]
    return protocol.report(
        task,
        [RULE],
        {RULE: chosen},
        seeds=protocol.phase_seeds(protocol.REPORT, bench.seeds),
        **bench.settings(),
    ).isel(optimizer=0)


def _error(report: xr.Dataset, source: Source) -> np.ndarray:
    """[splits, seeds]; a run that diverged knows nothing."""
    if source.kind == "classification":
        return 1 - report.test_accuracy.transpose("trial", "seed").values
    found = report.test_rmse.transpose("trial", "seed").values
    scale = [source.prepare(split).target_scale for split in range(len(found))]
    return np.where(np.isfinite(found), found, np.array(scale)[:, None])
