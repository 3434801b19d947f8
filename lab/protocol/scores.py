"""Scores of trained models on rows they have not seen.

Shapes: L lanes, R rows, K classes. Targets [R], outputs [L, R, K] (class probabilities) or [L, R]
(predictions, standardized as the targets are), weights [R].
"""

from typing import Any

import numpy as np
from sklearn import metrics

# What a diverged run gets.
WORST = {
    "loss": np.inf, "accuracy": 0.0, "balanced_accuracy": 0.0, "roc_auc": 0.0, "confusion": np.nan,
    "rmse": np.inf, "r2": -np.inf,
}  # fmt: skip
DIMS = {"test_confusion": ("actual", "predicted")}


def class_loss(targets, outputs, weight, prepared: Any) -> dict[str, np.ndarray]:
    """Log-loss of the probabilities, [L]: −Σ w log p(target) / Σ w."""
    del prepared
    chance = _probabilities(outputs)[:, np.arange(len(targets)), targets]
    tiny = np.finfo(chance.dtype).eps
    logs = np.log(np.clip(chance, tiny, 1.0)) * weight
    # one row after the other, so that a lane has the same bits alone and among others
    return {"loss": -np.cumsum(logs, axis=1)[:, -1] / np.sum(weight, dtype=np.float64)}


def squared_loss(targets, outputs, weight, prepared: Any) -> dict[str, np.ndarray]:
    """Mean squared error over the variance of the training targets, [L]."""
    del prepared
    return {"loss": np.average((outputs - targets) ** 2, axis=1, weights=weight)}


def classification(targets, outputs, weight, prepared: Any) -> dict[str, np.ndarray]:
    """Log-loss, accuracy, balanced accuracy, area under the ROC curve (one against the rest)."""
    probabilities = _probabilities(outputs)
    labels = np.arange(probabilities.shape[-1])
    binary = len(labels) == 2
    several: Any = {} if binary else {"multi_class": "ovr", "labels": labels}
    rows = []
    for each in probabilities:
        predicted = each.argmax(1)
        confusion = metrics.confusion_matrix(
            targets, predicted, labels=labels, sample_weight=weight, normalize="all"
        )
        present = confusion.sum(1) > 0
        rows.append({
            "accuracy": np.trace(confusion),
            "balanced_accuracy": (confusion.diagonal()[present] / confusion.sum(1)[present]).mean(),
            "roc_auc": metrics.roc_auc_score(
                targets, each[:, 1] if binary else each, sample_weight=weight, **several
            ),
            "confusion": confusion,
        })  # fmt: skip
    columns = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    return class_loss(targets, outputs, weight, prepared) | columns


def regression(targets, outputs, weight, prepared: Any) -> dict[str, np.ndarray]:
    """Mean squared error in training variances, its root in the target's units, and R²."""
    loss = squared_loss(targets, outputs, weight, prepared)["loss"]
    r2 = [metrics.r2_score(targets, each, sample_weight=weight) for each in outputs]
    return {"loss": loss, "rmse": np.sqrt(loss) * prepared.target_scale, "r2": np.array(r2)}


def _probabilities(outputs: np.ndarray) -> np.ndarray:
    """Rows that sum to 1; a row of zeros, of a lane that is lost anyhow, becomes uniform."""
    total = outputs.sum(-1, keepdims=True)
    uniform = np.full_like(outputs, 1 / outputs.shape[-1])
    return np.where(total > 0, outputs / np.where(total > 0, total, 1), uniform)
