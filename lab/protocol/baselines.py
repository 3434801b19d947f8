"""What simple models reach on the same splits: lines below which no network is worth tuning."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from threadpoolctl import threadpool_limits

from lab.protocol import scores
from lab.protocol.reporting import opened
from lab.tasks.task import Task
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Whole


@checked
def baselines(task: Task, splits: Sequence[Whole]) -> xr.Dataset:
    """Test scores (baseline, split) of scikit-learn models with their default settings.

    `constant` (class frequencies, or the mean), `linear` (logistic or ridge regression) and
    `gradient boosting` (of histograms), fitted to the training rows that the networks get.

    Args:
      task: Classification or regression on a table.
      splits: Seeds of the splits.

    Raises:
      InputError: If the task has no targets to fit.
    """
    classes = task.kind == "classification"
    require(
        classes or task.kind == "regression",
        f"baselines need classification or regression, given task {task.name!r} of kind "
        f"{task.kind!r}.",
    )
    require(len(splits) > 0, "splits must hold a seed, given none.")
    makers = _classifiers() if classes else _regressors()
    # On tables of this size two OpenMP threads gain nothing, and on busy cores wait for each other
    # fifty times as long as they compute.
    with threadpool_limits(1, "openmp"):
        rows = [[_scores(task, split, make) for split in splits] for make in makers.values()]
    columns = {
        name: (("baseline", "split", *scores.DIMS.get(name, ())), _stack(rows, name))
        for name in rows[0][0]
    }
    return xr.Dataset(columns, {"baseline": list(makers), "split": list(splits)})


def _stack(rows: list[list[dict[str, np.ndarray]]], name: str) -> np.ndarray:
    return np.array([[cell[name] for cell in row] for row in rows])


def _classifiers() -> dict[str, Any]:
    return {
        "constant": DummyClassifier,
        "linear": lambda: LogisticRegression(max_iter=1000),
        "gradient boosting": lambda: HistGradientBoostingClassifier(random_state=0),
    }


def _regressors() -> dict[str, Any]:
    return {
        "constant": DummyRegressor,
        "linear": Ridge,
        "gradient boosting": lambda: HistGradientBoostingRegressor(random_state=0),
    }


def _scores(task: Task, split: int, make: Any) -> dict[str, np.ndarray]:
    prepared, test = opened(task, split)
    x, y, weight = (np.asarray(prepared.rows[name]) for name in ("x", "y", "weight"))
    train = prepared.train
    model = make().fit(x[train], y[train], sample_weight=weight[train])
    if task.kind == "classification":
        outputs = np.zeros((1, len(test), int(y.max()) + 1))
        outputs[0][:, model.classes_] = model.predict_proba(x[test])
        found = scores.classification(y[test], outputs, weight[test], prepared)
    else:
        found = scores.regression(y[test], model.predict(x[test])[None], weight[test], prepared)
    return {f"test_{name}": values[0] for name, values in found.items()}
