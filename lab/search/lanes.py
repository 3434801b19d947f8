"""Rounds of a search on a task: every trial and seed is a lane, and promoted lanes go on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from lab.budget import Budget
from lab.errors import require
from lab.search._halving import ETA, RUNGS
from lab.search.entry import Losses, Round
from lab.search.space import Configuration
from lab.sweeps import rungs
from lab.sweeps.clock import Clock
from lab.sweeps.live import Live
from lab.sweeps.place import lane_mesh
from lab.sweeps.plan import Job, make_plan
from lab.sweeps.rows import Rows, place_rows
from lab.tasks.task import Task
from lab.types import State

SHARES = tuple(Fraction(1, ETA**i) for i in reversed(range(RUNGS)))  # of the full budget


@dataclass(frozen=True)
class Lane:
    """A paused lane, and the job of one lane that it is."""

    job: Job
    live: Live

    def state(self) -> State:
        """Parameters and what belongs to them, on the host."""
        return rungs.state(self.job, 0, self.live)


class Lanes:
    """Trains rounds: `lanes(round)` gives the mean validation loss over seeds of each trial.

    A configuration may name `optimizer` and whatever `lab.sweep` takes as an axis: numbers and
    options of the optimizer and of the task, `batch_size`, `schedule`, `split`. Trials that differ
    in numbers only share a program.

    Args:
      task: What is trained.
      budget: Of a full training.
      seeds: Of each trial.
      fixed: What every configuration has where it does not say otherwise; at least an optimizer
        and its learning rate must come from one of the two.
      advanced: Called with the number of lane-updates as they are done.
    """

    def __init__(
        self,
        task: Task,
        budget: Budget,
        *,
        seeds: Sequence[int],
        fixed: Configuration | None = None,
        advanced: Callable[[int], None] = lambda updates: None,
    ):
        self.task, self.budget, self.seeds = task, budget, list(seeds)
        self.fixed, self.advanced = dict(fixed or {}), advanced
        self.mesh = lane_mesh()
        self.lanes: dict[tuple[int, int], Lane] = {}  # by trial and number of the seed
        self._rows: dict[Any, Rows] = {}

    def __call__(self, one: Round) -> Losses:
        """Train the trials of a round to its share."""
        mark = 1 + next(i for i, s in enumerate(SHARES) if abs(float(s) - one.share) < 1e-9)
        # a trial that is not asked for again was let go
        self.lanes = {at: lane for at, lane in self.lanes.items() if at[0] in one.trials}
        losses: dict[int, list[float]] = {number: [] for number in one.trials}
        with Clock() as clock:
            for numbers, job in self._jobs(one):
                at = [(numbers[lane.cell[1]], lane.cell[2]) for lane in job.lanes]
                paused = [self.lanes[key].live if key in self.lanes else None for key in at]
                rows = self._placed(job)
                lives = rungs.advance(job, paused, mark, self.mesh, rows, clock, self.advanced)
                for key, lane, live in zip(at, job.lanes, lives):
                    self.lanes[key] = Lane(replace(job, lanes=[lane]), live)
                    losses[key[0]].append(float(rungs.metrics(job, live)["loss"][0]))
        return {number: float(np.mean(found)) for number, found in losses.items()}

    def _jobs(self, one: Round):
        """Jobs with the numbers of their trials, for one optimizer after the other."""
        settings = {number: self.fixed | trial for number, trial in one.trials.items()}
        for number, setting in settings.items():
            require(
                "optimizer" in setting,
                f"trial {number} names no optimizer: add one to the space or to what is fixed.",
            )
        for rule in dict.fromkeys(setting["optimizer"] for setting in settings.values()):
            numbers = [n for n, setting in settings.items() if setting["optimizer"] == rule]
            trials = [
                {name: value for name, value in settings[n].items() if name != "optimizer"}
                for n in numbers
            ]
            own = {"batch_size": 32, "schedule": "constant_schedule", "split": 0}
            plan = make_plan(
                self.task, [rule], axes={}, trials={rule: trials}, seeds=self.seeds,
                budget=self.budget, evaluations=SHARES, probe=None, probe_every=1, timed=None,
                **own,
            )  # fmt: skip
            for job in plan.jobs:
                yield numbers, job

    def _placed(self, job: Job) -> Rows:
        where = (job.task.source, *sorted({lane.split for lane in job.lanes}))
        if where not in self._rows:
            self._rows = {where: place_rows(job, self.mesh)}  # one table at a time is kept
        return self._rows[where]
