"""What a plan is made of: lanes, the jobs that gather those of one program, and blocks of a job."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lab.budget import Price
from lab.sweeps.planning.arguments import Setting
from lab.tasks.task import Task
from lab.types import Hypers, Program, float_type


@dataclass(frozen=True)
class Lane:
    """One training run: where it stands in the record, and its numbers."""

    cell: tuple[int, ...]
    setting: Setting  # every label that tells it from other lanes
    rate: float | None
    schedule: Callable[..., Any]  # (peak, steps) -> optax.Schedule
    rule_numbers: dict[str, float]
    task_numbers: dict[str, float]
    seed: int
    split: int


@dataclass(frozen=True)
class Job:
    """All lanes of one program, on one task, for one number of updates."""

    label: str  # optimizer, batch size and options, in words that are the same in every process
    program: Program
    task: Task
    price: Price  # of an update
    evaluation_steps: tuple[int, ...]  # updates after which lanes are evaluated; ascending
    unspent: tuple[float, ...]  # declared less executed by each, in the currency of the budget
    lanes: list[Lane] = field(default_factory=list)

    def of(self, lanes: Sequence[int]) -> "Job":
        """The job with these of its lanes only, by their numbers."""
        return replace(self, lanes=[self.lanes[i] for i in lanes])


@dataclass(frozen=True)
class Plan:
    """The lanes of a sweep.

    Attributes:
      dims: Names of the lane dimensions with their coordinates, in order.
      trials: The trials of each optimizer, where the record has a dimension `trial`.
      jobs: Lanes, gathered by program.
      timed: Seconds of an update of each program, where lanes are charged in them.
      shared: What all lanes share, in words: the configuration of the record.
      early_stopping: The rule by which lanes stop (`lab.EarlyStopping`), if there is one.
      predict_on: Row numbers, by split seed, whose outputs are wanted at the end.
    """

    dims: dict[str, list[Any]]
    trials: dict[str, list[Setting]] | None
    jobs: list[Job]
    timed: dict[str, float]
    shared: dict[str, Any]
    early_stopping: Any = None
    predict_on: Callable[[int], np.ndarray] | None = None


def hypers_of(lanes: Sequence[Lane]) -> Hypers:
    """The numbers of lanes, [L] each."""

    def stack(numbers: list[dict[str, float]]) -> dict[str, np.ndarray]:
        return {k: np.array([row[k] for row in numbers], float_type()) for k in sorted(numbers[0])}

    return Hypers(
        stack([lane.rule_numbers for lane in lanes]), stack([lane.task_numbers for lane in lanes])
    )
