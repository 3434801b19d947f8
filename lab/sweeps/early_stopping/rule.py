"""When a lane stops early: a rule of the host, evaluation by evaluation, as in Keras 3.

Pure functions of metrics that were measured; `lab.sweeps.early_stopping.stopping` obeys them.
L lanes.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import jax
import numpy as np

from lab.sweeps.planning.jobs import Job
from lab.sweeps.planning.sizes import state_shapes
from lab.tasks.task import Task
from lab.validation.checks import check_fields
from lab.validation.errors import require, shown
from lab.validation.kinds import Finite, Whole

PREFIX = "validation_"


@dataclass(frozen=True)
class EarlyStopping:
    """Stop a lane when its metric has not improved for a while; `EarlyStopping` of Keras 3.

    What Keras does at the end of an epoch is done at an evaluation; that before the first update
    does not count, nor does one that no update precedes.

    Attributes:
      monitor: `validation_NAME` of a metric.
      min_delta: By how much, at least, a value must be better than the best to improve on it; the
        sign is ignored.
      patience: A lane stops at the evaluation that is the `patience`-th in a row without
        improvement, never at the first of all; 0 is as 1.
      mode: Whether less is better (`"min"`), or more (`"max"`); `"auto"`: as the task says.
      baseline: The count of evaluations begins anew only at values that are better than it too.
      restore_best_weights: Whether the lane goes back to its weights at the last improvement, also
        when it never stopped. If not, it keeps those with which it stopped.
      start_from_epoch: How many evaluations are not looked at.

    Raises:
      InputError: If a value is none of these.
    """

    monitor: str = "validation_loss"
    min_delta: Finite = 0.0
    patience: Whole = 0
    mode: Literal["auto", "min", "max"] = "auto"
    baseline: Finite | None = None
    restore_best_weights: bool = False
    start_from_epoch: Whole = 0

    def __post_init__(self):
        check_fields(self)
        require(
            self.monitor.startswith(PREFIX),
            f"monitor must be the name of a validation metric, such as 'validation_loss', given "
            f"{shown(self.monitor)}.",
        )

    @property
    def metric(self) -> str:
        """What is monitored, as the task calls it."""
        return self.monitor.removeprefix(PREFIX)

    def upward(self, task: Task) -> bool:
        """Whether more is better."""
        return self.mode == "max" or (self.mode == "auto" and self.metric in task.higher_is_better)


class Watch(NamedTuple):
    """What the rule remembers of each lane; evaluations are counted from 1, 0 is none."""

    best: np.ndarray  # [L]: the value at the last improvement
    wait: np.ndarray  # int32 [L]: evaluations without improvement since
    best_at: np.ndarray  # int32 [L]: the evaluation of the last improvement
    stopped_at: np.ndarray  # int32 [L]: the evaluation at which the lane stopped


def unwatched(count: int, dtype: Any = np.float32) -> Watch:
    """Lanes before the first evaluation."""
    none = np.zeros(count, np.int32)
    return Watch(np.full(count, np.nan, dtype), none, none, none)


def watched(
    rule: EarlyStopping,
    upward: bool,
    watch: Watch,
    number: int,
    values: np.ndarray,
    alive: np.ndarray | bool = True,
) -> Watch:
    """After the `number`-th evaluation, counted from 1.

    Of `values` [L] of what is monitored NaN never improves; `alive` [L] are looked at, of the lanes
    that have not stopped.
    """
    if number <= rule.start_from_epoch:
        return watch

    def better(reference: Any) -> np.ndarray:
        delta = abs(rule.min_delta)
        needed = values.astype(float) + (-delta if upward else delta)
        # Keras subtracts as Python does, and compares as arrays do
        needed, reference = needed.astype(values.dtype), np.asarray(reference, values.dtype)
        return needed > reference if upward else needed < reference

    alive = alive & (watch.stopped_at == 0)
    improved = alive & ((watch.best_at == 0) | better(watch.best))
    renewed = improved if rule.baseline is None else improved & better(rule.baseline)
    wait = np.where(renewed, 0, watch.wait + alive).astype(np.int32)
    stops = alive & ~improved & (wait >= rule.patience) & (number > 1)
    return Watch(
        np.where(improved, values, watch.best),
        wait,
        np.where(improved, number, watch.best_at).astype(np.int32),
        np.where(stops, number, watch.stopped_at).astype(np.int32),
    )


def replay(rule: EarlyStopping, values: np.ndarray, *, upward: bool = False) -> Watch:
    """What the rule would have done to lanes that were trained to the end.

    A lane that stops is until then bitwise the lane that does not: one full training tells what
    every rule comes to, and what it costs.

    Args:
      rule: Which.
      values: [L, K]: what is monitored at each evaluation after the first update.
      upward: Whether more is better.

    >>> curve = np.array([[0.9, 0.5, 0.6, 0.4, 0.7, 0.8]])
    >>> [int(n) for n in (replay(EarlyStopping(patience=1), curve).stopped_at[0],
    ...                   replay(EarlyStopping(patience=2), curve).best_at[0])]
    [3, 4]
    """
    watch = unwatched(len(values), values.dtype)
    for number in range(1, values.shape[1] + 1):
        watch = watched(rule, upward, watch, number, values[:, number - 1])
    return watch


def check_monitor(rule: EarlyStopping, jobs: list[Job]) -> None:
    """Refuse a rule that monitors what is not measured.

    Raises:
      InputError: Names what is.
    """
    for job in jobs:
        state, rows = state_shapes(job), job.task.source.prepare(job.lanes[0].split).rows
        batch = {name: values[:1] for name, values in rows.items()}
        args = state.params, state.model_state, batch, job.lanes[0].task_numbers
        found = jax.eval_shape(job.program.problem.metrics, *args)
        names = ", ".join(PREFIX + name for name in sorted(found))
        require(
            rule.metric in found,
            f"early_stopping monitors {rule.monitor!r}, but task {job.task.name!r} measures "
            f"{names}.",
        )
