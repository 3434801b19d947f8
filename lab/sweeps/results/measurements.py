"""Measurements of lanes, put together from their evaluations and the Info of their updates.

Shapes: L lanes, K + 1 evaluations, T updates.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from lab.sweeps.planning.jobs import Job, Lane
from lab.types import RUNNING


@dataclass(frozen=True)
class Measured:
    """Measurements of some lanes."""

    lanes: list[Lane]
    metrics: dict[str, np.ndarray]  # [L, K + 1]
    train_loss: np.ndarray  # [L, K + 1]: mean over the updates since the evaluation before
    stopped_at: np.ndarray  # [L]
    probes: Any  # pytree of [L, probe times, ...], or None
    outputs: np.ndarray | None  # [L, rows, ...]: predictions at the end
    gradients: np.ndarray | None  # [L, K + 1]: taken so far, where the price is not fixed
    stopped_early_at: np.ndarray | None = None  # [L] updates, or RUNNING; None without a rule
    best_at: np.ndarray | None = None  # [L] updates, or RUNNING


def measured(
    job: Job,
    lanes: list[Lane],
    evaluations: list[dict[str, np.ndarray]],
    info: dict[str, Any],
    stopped_at: np.ndarray,
    outputs: np.ndarray | None,
    **others: np.ndarray,
) -> Measured:
    """Put together the measurements of `lanes` of `job`; `others` are further fields.

    The Info of all updates has `loss` [L, T], and `gradients` [L, T] and `probe` if there are any.
    """
    return Measured(
        lanes=lanes,
        metrics=_worst_where_stopped(job, evaluations, stopped_at),
        train_loss=_train_loss(info["loss"], job.evaluation_steps),
        stopped_at=stopped_at,
        probes=info.get("probe"),
        outputs=outputs,
        gradients=_taken(info["gradients"], job.evaluation_steps) if "gradients" in info else None,
        **others,
    )


def _train_loss(losses: np.ndarray, evaluation_steps: tuple[int, ...]) -> np.ndarray:
    """Mean loss of the updates between two evaluations; none precedes the first."""
    columns = [np.full(len(losses), np.nan)]
    for start, stop in itertools.pairwise(evaluation_steps):
        none = start == stop
        columns.append(columns[-1] if none else losses[:, start:stop].mean(axis=1))
    return np.stack(columns, axis=1)


def _taken(gradients: np.ndarray, evaluation_steps: tuple[int, ...]) -> np.ndarray:
    return np.pad(np.cumsum(gradients, axis=1), ((0, 0), (1, 0)))[:, list(evaluation_steps)]


def _worst_where_stopped(job: Job, evaluations, stopped_at) -> dict[str, np.ndarray]:
    """A diverged lane is a result: the worst value there is, never a missing one."""
    dead = (stopped_at[:, None] != RUNNING) & (stopped_at[:, None] < np.array(job.evaluation_steps))
    return {
        name: worst_where(job, name, dead, np.stack([row[name] for row in evaluations], axis=1))
        for name in evaluations[0]
    }


def worst_where(job: Job, name: str, dead: Any, values: np.ndarray) -> np.ndarray:
    """Values of a metric, the worst there is where a lane is dead or they are not finite."""
    worst = -np.inf if name in job.task.higher_is_better else np.inf
    return np.where(dead | ~np.isfinite(values), worst, values)
