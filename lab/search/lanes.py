"""Rounds of a search on a task: every trial and seed is a lane, and promoted lanes go on."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import jax
import numpy as np

from lab.budget import Budget
from lab.optimizers import CATALOG
from lab.search._halving import ETA, RUNGS
from lab.search.entry import Losses, Round
from lab.search.paused import Key, Paused
from lab.search.space import Configuration
from lab.sweeps import engine
from lab.sweeps.devices.precision import full_precision
from lab.sweeps.execution import rounds
from lab.sweeps.execution.blocks import blocks_until
from lab.sweeps.execution.distribution import AnyExecutor
from lab.sweeps.execution.lane_state import LaneState, unstacked
from lab.sweeps.execution.timing import Clock
from lab.sweeps.execution.work import Advance, Observers, no_op
from lab.sweeps.planning.identity import hashed, json_words, of_job
from lab.sweeps.planning.jobs import Job, Plan
from lab.sweeps.results.exports import Model
from lab.sweeps.results.predictor import Predictor, predictor
from lab.sweeps.sweep import Sweep
from lab.tasks.task import Task
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Whole

SHARES = tuple(Fraction(1, ETA**i) for i in reversed(range(RUNGS)))  # of the full budget


class Lanes:
    """Trains rounds: `lanes(round)` gives the mean validation loss over seeds of each trial.

    A configuration may name `optimizer` and whatever `lab.sweep` takes as an axis: numbers and
    options of the optimizer and of the task, `batch_size`, `schedule`, `split`; or its own `seed`,
    if all do. Trials that differ in numbers only share a program.

    Args:
      task: What is trained.
      budget: Of a full training.
      seeds: Of each trial that names none.
      fixed: What every configuration has where it does not say otherwise; at least an optimizer
        and its learning rate must come from one of the two.
      advanced: Called with the number of lane-updates as they are done.
      folder: Where paused lanes are kept between rounds, so that a search that was killed goes on
        from them; None for memory alone, from where a killed search begins them again.
    """

    @checked
    def __init__(
        self,
        task: Task,
        budget: Budget,
        *,
        seeds: Sequence[Whole] = (0,),
        fixed: Configuration | None = None,
        advanced: Advance = no_op,
        folder: Path | None = None,
        executor: AnyExecutor | None = None,
    ):
        self.task, self.budget, self.seeds = task, budget, list(seeds)
        self.fixed, self.advanced = dict(fixed or {}), advanced
        self.executor = executor
        identity = {
            "task": task.name, "data": task.source.sha256, "options": task.options,
            "hypers": task.hypers, "budget": {budget.currency: budget.amount},
            "seeds": self.seeds, "fixed": self.fixed, **engine.machine_of(engine.place(executor)),
        }  # fmt: skip
        self.paused = Paused(json_words(identity), folder)

    def __call__(self, one: Round) -> Losses:
        """Train the trials of a round to its share."""
        losses: dict[int, list[float]] = {number: [] for number in one.trials}
        trained = self._trained(one, self.paused.of(one))
        for job, keys, _, lane_states in trained:
            for (number, _), lane_state in zip(keys, lane_states):
                losses[number].append(float(rounds.metrics(job, lane_state)["loss"][0]))
        self.paused.keep(
            one, [(keys, hashes, lane_states) for _, keys, hashes, lane_states in trained]
        )
        return {number: float(np.mean(found)) for number, found in losses.items()}

    def predictor(self, configuration: Configuration) -> Predictor:
        """The network of a configuration: of its seeds the one of least validation loss.

        It is trained once more, to the same bits: a search keeps no parameters.
        """
        ((job, _, _, lane_states),) = self._trained(Round({0: configuration}, 1.0), {})
        losses = [float(rounds.metrics(job, lane_state)["loss"][0]) for lane_state in lane_states]
        at = int(np.argmin(losses))
        lane, state = job.lanes[at], rounds.state(job, lane_states[at])
        evaluated = job.program.rule.eval_params
        params = state.params if evaluated is None else evaluated(state.opt_state, state.params)
        metrics = {name: float(v[0]) for name, v in rounds.metrics(job, lane_states[at]).items()}
        about = {"lane": lane.setting, "updates": job.evaluation_steps[-1], **metrics}
        params, model_state = jax.device_get((params, state.model_state))
        model = Model(params, model_state, about)
        return predictor(job.task, model, lane.task_numbers, lane.split)

    @full_precision()
    def _trained(
        self, one: Round, paused: dict[Key, tuple[str, LaneState]]
    ) -> list[tuple[Job, list[Key], list[str], list[Any]]]:
        """Jobs with their lanes: keys, identities, and what they have come to at the share."""
        evaluation = 1 + next(i for i, s in enumerate(SHARES) if abs(float(s) - one.share) < 1e-9)
        found = []
        for numbers, job in self._jobs(one):
            keys = [(numbers[lane.cell[1]], (*lane.cell, 0)[2]) for lane in job.lanes]
            hashes = [hashed(of_job(job.of([i]))) for i in range(len(keys))]
            known = [paused.get(key, ("", None)) for key in keys]
            stand = [
                lane_state if own == was else None for own, (was, lane_state) in zip(hashes, known)
            ]
            found.append((job, keys, hashes, stand))
        plan = Plan({}, None, [job for job, *_ in found], {}, {})
        blocks = [
            block
            for number, (job, _, _, stand) in enumerate(found)
            for block in blocks_until(number, job, stand, evaluation)
        ]
        with Clock() as clock:
            observers = Observers(clock, self.advanced)
            for result in engine.run(plan, blocks, engine.place(self.executor), observers):
                lane_states = unstacked(result.paused, len(result.lanes)) if result.paused else []
                for lane, lane_state in zip(result.lanes, lane_states, strict=True):
                    found[result.job][3][lane] = lane_state
        return found

    def _jobs(self, one: Round) -> Iterator[tuple[list[int], Job]]:
        """Jobs with the numbers of their trials, for one optimizer after the other."""
        settings = {number: self.fixed | trial for number, trial in one.trials.items()}
        alike: dict[Any, list[int]] = {}
        for number, setting in settings.items():
            require(
                "optimizer" in setting,
                f"trial {number} names no optimizer: add one to the space or to what is fixed.",
            )
            alike.setdefault((setting["optimizer"], self._shape(setting)), []).append(number)
        for (rule, shape), numbers in alike.items():
            trials = [
                {name: value for name, value in settings[n].items() if name != "optimizer"}
                for n in numbers
            ]
            sweep = Sweep(
                self._task(shape),
                [rule],
                trials={rule: trials},
                seeds=1 if "seed" in trials[0] else self.seeds,
                budget=self.budget,
                evaluations=SHARES,
            )
            for job in sweep.plan.jobs:
                yield numbers, job

    def _shape(self, setting: Configuration) -> tuple[tuple[str, float], ...] | None:
        """What a net of its own is made of; None where nets are padded, or need not be."""
        if self.task.unpadded is None or CATALOG[setting["optimizer"]].padding_safe:
            return None
        return tuple((n, v) for n, v in setting.items() if n.startswith(("layers", "units_")))

    def _task(self, shape: tuple[tuple[str, float], ...] | None) -> Task:
        alone = self.task.unpadded
        return self.task if alone is None or shape is None else alone(dict(shape))
