"""Models of scikit-learn, each tuned as often as a net, by the one number that matters most."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import SVC, SVR
from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import threadpool_limits

from lab.protocol.reporting import opened
from lab.tasks.task import Task

TREES = 30


@dataclass(frozen=True)
class Classic:
    """A model of scikit-learn.

    Attributes:
      classifier: `(strength, seed) -> estimator`.
      regressor: Likewise.
      random: Whether seeds matter.
    """

    classifier: Callable[[float, int], Any]
    regressor: Callable[[float, int], Any]
    random: bool = False


def _shown(share: float) -> dict[str, Any]:
    """How many of the features each node of a tree may look at."""
    return {"max_features": share}


CLASSICS: dict[str, Classic] = {
    "logistic or ridge": Classic(
        lambda c, _: LogisticRegression(C=c, max_iter=1000), lambda c, _: Ridge(1 / c)
    ),
    "support vectors": Classic(lambda c, _: SVC(C=c), lambda c, _: SVR(C=c)),
    "random forest": Classic(
        lambda share, seed: RandomForestClassifier(TREES, random_state=seed, **_shown(share)),
        lambda share, seed: RandomForestRegressor(TREES, random_state=seed, **_shown(share)),
        random=True,
    ),
}


def error_of(kind: str, predicted: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    """Share of rows that are wrong, or root of the mean squared error, weighted."""
    if kind == "classification":
        return float(np.average(predicted != y, weights=weight))
    return float(np.sqrt(np.average((predicted - y) ** 2, weights=weight)))


def fitted(
    task: Task, model: Classic, strengths: Sequence[float], splits: Sequence[int], seeds: int
) -> np.ndarray:
    """[splits, seeds] test errors; the strength is chosen on the validation rows of each split.

    Errors of numbers are in the target's units.
    """
    on_split = delayed(_on_split)
    rows = Parallel(n_jobs=-1)(on_split(task, model, strengths, split, seeds) for split in splits)
    return np.array(rows)


def _on_split(
    task: Task, model: Classic, strengths: Sequence[float], split: int, seeds: int
) -> list[float]:
    prepared, test = opened(task, split)
    make = model.classifier if task.kind == "classification" else model.regressor
    x, y, weight = (np.asarray(prepared.rows[name]) for name in ("x", "y", "weight"))

    def error(strength: float, seed: int, rows: np.ndarray) -> float:
        train = prepared.train
        fit = make(strength, seed).fit(x[train], y[train], sample_weight=weight[train])
        return error_of(task.kind, fit.predict(x[rows]), y[rows], weight[rows])

    # seeds of the choice, and of the report, are this split's own and never meet
    tuning, *fresh = range(split * (seeds + 1), (split + 1) * (seeds + 1))
    with threadpool_limits(1):  # every core has a split of its own
        seen = [error(s, tuning, prepared.validation) for s in strengths]
        best = strengths[int(np.argmin(seen))]  # the first of equals
        found = [error(best, seed, test) for seed in (fresh if model.random else fresh[:1])]
    return [value * prepared.target_scale for value in np.resize(found, seeds)]
