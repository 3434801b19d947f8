"""The reporting step: chosen settings, fresh seeds, and the only door to the test split."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from lab.budget import Budget
from lab.protocol import scores
from lab.protocol.tuning import REPORT
from lab.records import manifest
from lab.sweeps.planning.rules import Optimizers
from lab.sweeps.sweep import sweep
from lab.tasks.task import Task
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Whole, is_whole

Score = Callable[..., dict[str, np.ndarray]]  # (targets, outputs [L, rows, ...], weight, prepared)


@checked
def report(
    task: Task,
    optimizers: Optimizers,
    chosen: Mapping[str, Sequence[dict[str, Any]]],
    *,
    seeds: Sequence[Whole] | None = None,
    budget: Budget,
    **settings: Any,
) -> xr.Dataset:
    """Train the chosen settings on fresh seeds and measure them on the test split, once.

    Args:
      task: The task they were tuned on.
      optimizers: As for `lab.sweep`.
      chosen: Settings of each optimizer, from `lab.protocol.select`; each may name its `split`.
      seeds: Report seeds, `phase_seeds(REPORT, n)`; None where every setting names its own.
      budget: The budget they were tuned for.
      **settings: Further arguments of `lab.sweep`.

    Returns:
      The record of the sweep with test metrics (optimizer, trial, ..., seed): classification
      `test_loss` (log-loss), `test_accuracy`, `test_balanced_accuracy`, `test_roc_auc`, and
      `test_confusion` (..., actual, predicted), shares of the rows; regression `test_loss` (mean
      squared error over training variance), `test_rmse` in the target's units, `test_r2`. A
      diverged run has the worst value there is.

    Raises:
      InputError: If a seed belongs to another phase, or as `lab.sweep` does.
    """
    score = scores.classification if task.kind == "classification" else scores.regression
    return _measured(task, optimizers, chosen, score, seeds, budget, settings)


@checked
def audit(
    task: Task,
    optimizers: Optimizers,
    trials: Mapping[str, Sequence[dict[str, Any]]],
    *,
    seeds: Sequence[Whole] | None = None,
    budget: Budget,
    **settings: Any,
) -> xr.Dataset:
    """Train *all* trials on the report seeds: the `test_loss` that each would have reported.

    It chooses nothing. It tells what the report would have said had other trials been drawn, which
    is how far the result of a tuned optimizer may vary. Arguments and errors as for `report`.
    """
    score = scores.class_loss if task.kind == "classification" else scores.squared_loss
    return _measured(task, optimizers, trials, score, seeds, budget, settings)


def opened(task: Task, split: int) -> tuple[Any, np.ndarray]:
    """A split with its test rows. Whatever measures on them comes by here."""
    prepared: Any = task.source.prepare(split)
    return prepared, prepared.open_test()


def _measured(
    task: Task, optimizers: Any, trials: Any, score: Score, seeds: Sequence[int] | None,
    budget: Budget, settings: dict[str, Any],
) -> xr.Dataset:  # fmt: skip
    own = {row["seed"] for rows in trials.values() for row in rows if "seed" in row}
    used = own if seeds is None else seeds
    require(len(used) > 0, "seeds must hold one, given none.")
    require(
        min(used) >= REPORT,
        f"a report needs seeds that nothing was tuned on (from {REPORT} on), given {min(used)}.",
    )
    if seeds is not None:
        settings = {"seeds": seeds, **settings}
    named = {row["split"] for rows in trials.values() for row in rows if "split" in row}
    axis = (settings.get("axes") or {}).get("split", [])
    drawn = named | set(axis) or {settings.get("split", 0)}
    splits, tests = {}, {}
    for seed in sorted({int(s) for s in drawn if is_whole(s)}):
        splits[seed], tests[seed] = opened(task, seed)
    longest = max(map(len, tests.values()))
    padded = {seed: np.resize(rows, longest) for seed, rows in tests.items()}
    record = sweep(
        task, optimizers, trials=trials, budget=budget, predict_on=padded.__getitem__, **settings,
    )  # fmt: skip
    if "outputs" not in record:  # all taken over from the record that was extended
        return record
    return _with_scores(record, score, splits, tests)


def _with_scores(record: xr.Dataset, score: Score, splits: Any, tests: Any) -> xr.Dataset:
    """Replace the outputs on the test rows by metrics of them."""
    ran = record.diverged_at
    fixed = manifest(record)["configuration"]["fixed"]
    of = record["split"] if "split" in record.coords else xr.DataArray(fixed["split"])
    split_of, outputs = of.broadcast_like(ran).transpose(*ran.dims).values, record.outputs.values
    finite = np.isfinite(outputs).all(tuple(range(ran.ndim, outputs.ndim)))
    known = {str(name): v for name, v in record.data_vars.items() if str(name).startswith("test_")}
    fresh = np.isnan(known["test_loss"].values) if known else np.ones(ran.shape, bool)
    columns = {name: variable.values.copy() for name, variable in known.items()}
    for seed, prepared in splits.items():
        mine, rows = fresh & (split_of == seed), tests[seed]
        if not mine.any():
            continue
        lost = (ran.values[mine] >= 0) | ~finite[mine]
        tame = np.where(np.isfinite(outputs[mine]), outputs[mine], 0.0)[:, : len(rows)]
        targets, weight = prepared.rows["y"][rows], prepared.rows["weight"][rows]
        for name, values in score(targets, tame.astype(np.float64), weight, prepared).items():
            column = columns.setdefault(
                f"test_{name}", np.full((*ran.shape, *values.shape[1:]), np.nan)
            )
            alike = (len(lost), *[1] * (values.ndim - 1))
            column[mine] = np.where(lost.reshape(alike), scores.WORST[name], values)
    dims = {name: (*ran.dims, *scores.DIMS.get(name, ())) for name in columns}
    kept = record.drop_vars("outputs")
    return kept.assign({name: (dims[name], values) for name, values in columns.items()})
