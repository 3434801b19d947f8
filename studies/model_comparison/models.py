"""The models that are compared: nets by their widths, and models of scikit-learn.

Every model is tuned with the same number of trials: nets try learning rates, the others strengths
of the one number that matters most, the most regularized first.
"""

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

NETS: dict[str, tuple[int, ...]] = {  # hidden layers
    "linear net": (),
    "one layer, 64": (64,),
    "two layers, 64": (64, 64),
    "wide layer, 256": (256,),
}
TREES = 30
RATES = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)


@dataclass(frozen=True)
class Classic:
    """A model of scikit-learn.

    Attributes:
      classifier: `(strength, seed) -> estimator`.
      regressor: Likewise.
      strengths: Tried ones, as many as there are rates; the most regularized first.
      random: Whether seeds matter.
    """

    classifier: Callable[[float, int], Any]
    regressor: Callable[[float, int], Any]
    strengths: tuple[float, ...]
    random: bool = False


def _shown(share: float) -> dict[str, Any]:
    """How many of the features each node of a tree may look at."""
    return {"max_features": share}


CLASSICS: dict[str, Classic] = {
    "logistic or ridge": Classic(
        lambda c, _: LogisticRegression(C=c, max_iter=1000),
        lambda c, _: Ridge(1 / c),
        (1e-2, 1e-1, 1e0, 1e1, 1e2),
    ),
    "support vectors": Classic(
        lambda c, _: SVC(C=c), lambda c, _: SVR(C=c), (1e-1, 1e0, 1e1, 1e2, 1e3)
    ),
    "random forest": Classic(
        lambda share, seed: RandomForestClassifier(TREES, random_state=seed, **_shown(share)),
        lambda share, seed: RandomForestRegressor(TREES, random_state=seed, **_shown(share)),
        (0.05, 0.1, 0.2, 0.4, 0.8),
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
    make = model.classifier if task.kind == "classification" else model.regressor
    on_split = delayed(_on_split)
    rows = Parallel(n_jobs=-1)(
        on_split(task, make, strengths, split, seeds, model.random) for split in splits
    )
    return np.array(rows)


def _on_split(
    task: Task, make: Callable[[float, int], Any], strengths: Sequence[float], split: int,
    seeds: int, random: bool,
) -> list[float]:  # fmt: skip
    prepared, test = opened(task, split)
    x, y, weight = (np.asarray(prepared.rows[name]) for name in ("x", "y", "weight"))

    def error(strength: float, seed: int, rows: np.ndarray) -> float:
        train = prepared.train
        model = make(strength, seed).fit(x[train], y[train], sample_weight=weight[train])
        return error_of(task.kind, model.predict(x[rows]), y[rows], weight[rows])

    with threadpool_limits(1):  # every core has a split of its own
        # the first of equals; seeds of the choice and of the report never meet
        best = strengths[int(np.argmin([error(s, 0, prepared.validation) for s in strengths]))]
        found = [error(best, 1 + seed, test) for seed in range(seeds if random else 1)]
    return [value * prepared.target_scale for value in np.resize(found, seeds)]
