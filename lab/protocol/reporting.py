"""The reporting step: chosen settings, fresh seeds, and the only door to the test split."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from sklearn import metrics

from lab.budget import Budget
from lab.errors import require
from lab.protocol.tuning import REPORT
from lab.sweeps.sweep import sweep
from lab.tasks.task import Task


def report(
    task: Task,
    optimizers: Any,
    chosen: Mapping[str, Sequence[dict[str, Any]]],
    *,
    seeds: Sequence[int],
    budget: Budget,
    **settings: Any,
) -> xr.Dataset:
    """Train the chosen settings on fresh seeds and measure them on the test split, once.

    Args:
      task: The task they were tuned on.
      optimizers: As for `lab.sweep`.
      chosen: Settings of each optimizer, from `lab.protocol.select`.
      seeds: Report seeds, `phase_seeds(REPORT, n)`.
      budget: The budget they were tuned for.
      **settings: Further arguments of `lab.sweep`.

    Returns:
      The record of the sweep with test metrics (optimizer, trial, ..., seed): classification
      `test_loss` (log-loss), `test_accuracy`, `test_balanced_accuracy`, `test_roc_auc`;
      regression `test_loss` (mean squared error over training variance), `test_rmse` in the
      target's units, `test_r2`. A diverged run has the worst value there is.

    Raises:
      InputError: If a seed belongs to another phase, or as `lab.sweep` does.
    """
    require(
        min(seeds) >= REPORT,
        f"a report needs seeds that nothing was tuned on (from {REPORT} on), given {min(seeds)}.",
    )
    split = int(settings.get("split", 0))
    prepared: Any = task.source.prepare(split)
    test = prepared.open_test()
    record = sweep(
        task, optimizers, trials=chosen, seeds=seeds, budget=budget,
        predict_on=lambda _: test, **settings,
    )  # fmt: skip
    return _measure(record, task, prepared, test)


def _measure(record: xr.Dataset, task: Task, prepared: Any, test: np.ndarray) -> xr.Dataset:
    """Replace the outputs on the test rows by metrics of them."""
    classes = task.kind == "classification"
    score = _classification if classes else _regression
    targets, weight = prepared.rows["y"][test], prepared.rows["weight"][test]
    dims = record.diverged_at.dims
    known = {str(name): v for name, v in record.data_vars.items() if str(name).startswith("test_")}
    columns = {name.removeprefix("test_"): v.values.copy() for name, v in known.items()}
    for cell in np.ndindex(record.diverged_at.shape):
        if known and not np.isnan(columns["loss"][cell]):
            continue  # taken over from an extended record
        outputs = record.outputs.values
        lost = record.diverged_at.values[cell] >= 0 or not np.isfinite(outputs[cell]).all()
        values = score(targets, outputs[cell], weight, prepared)
        for name, (value, worst) in values.items():
            column = columns.setdefault(name, np.full(record.diverged_at.shape, np.nan))
            column[cell] = worst if lost else value
    kept = record.drop_vars("outputs", errors="ignore")
    return kept.assign({f"test_{name}": (dims, values) for name, values in columns.items()})


Scores = dict[str, tuple[float, float]]  # value, and the worst there is


def _classification(targets, outputs, weight, prepared) -> Scores:
    """Of class probabilities [rows, K]."""
    probabilities = np.nan_to_num(np.asarray(outputs, np.float64), nan=1.0)
    probabilities /= probabilities.sum(1, keepdims=True)
    labels = np.arange(probabilities.shape[1])
    predicted = probabilities.argmax(1)
    binary = len(labels) == 2
    scores = probabilities[:, 1] if binary else probabilities
    several = {} if binary else {"multi_class": "ovr", "labels": labels}
    return {
        "loss": (
            metrics.log_loss(targets, probabilities, sample_weight=weight, labels=labels), np.inf,
        ),
        "accuracy": (metrics.accuracy_score(targets, predicted, sample_weight=weight), 0.0),
        "balanced_accuracy": (
            metrics.balanced_accuracy_score(targets, predicted, sample_weight=weight), 0.0,
        ),
        "roc_auc": (
            metrics.roc_auc_score(targets, scores, sample_weight=weight, **several), 0.0,
        ),
    }  # fmt: skip


def _regression(targets, outputs, weight, prepared) -> Scores:
    """Of predictions [rows], which are standardized as the targets are."""
    predicted = np.nan_to_num(np.asarray(outputs, np.float64))
    loss = metrics.mean_squared_error(targets, predicted, sample_weight=weight)
    return {
        "loss": (loss, np.inf),
        "rmse": (float(np.sqrt(loss)) * prepared.target_scale, np.inf),
        "r2": (metrics.r2_score(targets, predicted, sample_weight=weight), -np.inf),
    }
