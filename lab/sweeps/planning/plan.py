"""From a declaration to lanes: which training runs there are, and which of them share a program."""

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from lab.budget import Budget
from lab.sweeps.planning.arguments import (
    OWN_AXES,
    Setting,
    checked_batch,
    checked_seeds,
    checked_shares,
    label,
    over_budget,
    words,
)
from lab.sweeps.planning.columns import check_columns
from lab.sweeps.planning.jobs import Job, Lane, Plan
from lab.sweeps.planning.prices import price, seconds
from lab.sweeps.planning.rules import Choice, Optimizers, resolve
from lab.tasks.task import Task
from lab.types import Hypers, Probe, Program
from lab.validation.errors import InputError, require
from lab.validation.kinds import plain


class Declaration(Protocol):
    """What a plan is made of; `lab.Sweep` is one, with everything checked."""

    task: Task
    optimizers: Optimizers
    axes: Mapping[str, Sequence[Any]]
    trials: Mapping[str, Sequence[Setting]] | None
    seeds: int | Sequence[int]
    budget: Budget
    batch_size: int
    schedule: Any
    split: int
    evaluations: int | Sequence[Fraction | float]
    probe: Probe | None
    predict_on: Callable[[int], np.ndarray] | None
    early_stopping: Any


def make_plan(
    declaration: Declaration,
    timed: Mapping[str, float] | None = None,
    timing: Callable[..., float] = seconds,
) -> Plan:
    """Lay out the lanes of a sweep.

    Args:
      declaration: What it is asked for.
      timed: Known seconds of an update, by labels of jobs; None where none are charged.
      timing: How those that are not known are measured.
    """
    choices = resolve(declaration.optimizers)
    common = {
        "batch_size": plain(declaration.batch_size),
        "schedule": declaration.schedule,
        "split": plain(declaration.split),
    }
    dims, settings = _dimensions(declaration, list(choices))
    planner = _Planner(declaration, None if timed is None else dict(timed), timing)
    for cell in itertools.product(*(range(len(values)) for values in dims.values())):
        at = dict(zip(dims, cell))
        choice = choices[dims["optimizer"][at["optimizer"]]]
        given = common | {name: values[at[name]] for name, values in declaration.axes.items()}
        given |= settings[choice.label][at["trial"]] if settings is not None else {}
        seed = given.pop("seed", None)
        planner.add(choice, given, cell, dims["seed"][at["seed"]] if seed is None else seed)
    for job in planner.jobs.values():  # a block reads few streams, and draws few
        job.lanes.sort(key=lambda lane: (lane.split, lane.seed))
    rows = [row for listed in (settings or {}).values() for row in listed]
    varied = {*declaration.axes, *(set.intersection(*map(set, rows)) if rows else ())}
    fixed = {name: label(value) for name, value in common.items() if name not in varied}
    plan = Plan(
        dims,
        settings,
        list(planner.jobs.values()),
        planner.timed or {},
        _described(declaration, fixed),
        declaration.early_stopping,
        declaration.predict_on,
    )
    check_columns(plan)
    return plan


def _dimensions(
    declaration: Declaration, optimizers: list[str]
) -> tuple[dict[str, list[Any]], dict[str, list[Setting]] | None]:
    """Of the lanes, with their coordinates; and the trials of each optimizer."""
    dims: dict[str, list[Any]] = {"optimizer": optimizers}
    settings = None
    if declaration.trials is not None:
        settings = {name: list(rows) for name, rows in declaration.trials.items()}
        dims["trial"] = list(range(len(settings[optimizers[0]])))
    dims |= {name: [label(v) for v in values] for name, values in declaration.axes.items()}
    if settings is not None and "seed" in settings[optimizers[0]][0]:
        require(declaration.seeds == 1, "seeds must not be given where trials name their own.")
        return dims, settings
    return dims | {"seed": checked_seeds(declaration.seeds)}, settings


def _described(declaration: Declaration, fixed: Setting) -> dict[str, Any]:
    """What all lanes share, in words."""
    task, stopping, probe = declaration.task, declaration.early_stopping, declaration.probe
    shares = declaration.evaluations
    return {
        "task": task.name,
        "data_sha256": task.source.sha256,
        "task_hypers": dict(task.hypers),
        "task_options": {name: words(value) for name, value in task.options.items()},
        "budget": {declaration.budget.currency: declaration.budget.amount},
        "evaluations": [*map(str, shares)] if isinstance(shares, Sequence) else int(shares),
        "fixed": fixed,
        "early_stopping": None if stopping is None else vars(stopping),
        "predict_on": "none" if declaration.predict_on is None else "given",
        "probe": None if probe is None else [words(probe.measure), int(probe.every)],
    }


class _Planner:
    """Puts lanes into jobs, one after the other."""

    def __init__(
        self, declaration: Declaration, timed: dict[str, float] | None, timing: Callable[..., float]
    ):
        self.declaration, self.timed, self.timing = declaration, timed, timing
        self.shares = checked_shares(declaration.evaluations)
        self.jobs: dict[Any, Job] = {}
        self._variants: dict[Any, Task] = {}

    def add(self, choice: Choice, given: Setting, cell: tuple[int, ...], seed: int) -> None:
        """Put a lane with these settings in the job of its program."""
        parts = _sort_out(choice, self.declaration.task, given)
        task = self._variant(choice, parts)
        train_rows = len(task.source.prepare(given["split"]).train)
        program = Program(
            problem=task.problem,
            rule=choice.rule(parts.rule_options, rated=parts.rate is not None),
            batch_size=checked_batch(given["batch_size"], train_rows, task.name),
            probe=self.declaration.probe,
        )
        numbers = {**task.hypers, **parts.task_numbers}
        key = program, frozenset(parts.rule_numbers), parts.options
        if key not in self.jobs:
            self.jobs[key] = self._job(choice, parts, program, task, numbers, given["split"])
        labels = {name: label(value) for name, value in given.items()}
        self.jobs[key].lanes.append(
            Lane(
                cell=cell,
                setting={"optimizer": choice.label, **labels, "seed": seed},
                rate=parts.rate,
                schedule=over_budget(given["schedule"]),
                rule_numbers=parts.rule_numbers,
                task_numbers=numbers,
                seed=seed,
                split=given["split"],
            )
        )

    def _variant(self, choice: Choice, parts: "Parts") -> Task:
        """The task with the options of a lane."""
        task = self.declaration.task
        if parts.options not in self._variants:
            chosen = dict(parts.options)
            own = task.variant(**chosen) if chosen and task.variant else task
            self._variants[parts.options] = own
        found = self._variants[parts.options]
        require(
            found.unpadded is None or choice.entry is None or choice.entry.padding_safe,
            f"optimizer {choice.label!r} looks at shapes, so that it cannot train padded nets: "
            "sweep over lab.tasks.supervised, or leave it to lab.search.Lanes.",
        )
        return found

    def _job(
        self, choice: Choice, parts: "Parts", program: Program, task: Task,
        numbers: dict[str, float], split: int,
    ) -> Job:  # fmt: skip
        """A job without lanes yet, that spends the budget up to less than an update."""
        data, hypers = task.source.prepare(split), Hypers(parts.rule_numbers, numbers)
        rows, size, budget = len(data.train), program.batch_size, self.declaration.budget
        extra = sorted(set(parts.rule_numbers) - set(choice.numbers))
        parts_of_label = [choice.label, size, *program.rule.options, *parts.options, *extra]
        name = json.dumps(parts_of_label, default=words)
        while any(job.label == name for job in self.jobs.values()):  # options of equal names
            name += "′"
        cost = price(program, choice.gradient_evaluations, hypers, data.rows)
        if self.timed is not None:
            if name not in self.timed:
                self.timed[name] = self.timing(program, hypers, parts.rate or 0.0, data.rows)
            cost = cost._replace(seconds=self.timed[name])
        evaluation_steps = tuple(budget.in_updates(cost, rows, share) for share in self.shares)
        require(
            evaluation_steps[-1] >= 1,
            f"Budget({budget.currency}={budget.amount:g}) pays for no update at batch_size={size}.",
        )
        unspent = tuple(budget.unspent(cost, rows, updates) for updates in evaluation_steps)
        return Job(name, program, task, cost, evaluation_steps, unspent)


@dataclass(frozen=True)
class Parts:
    """A setting, by what reads it."""

    rate: float | None
    rule_numbers: dict[str, float]
    rule_options: Setting
    task_numbers: dict[str, float]
    task_options: Setting

    @property
    def options(self) -> tuple[tuple[str, Any], ...]:
        """Of the task, sorted."""
        return tuple(sorted(self.task_options.items()))


def _sort_out(choice: Choice, task: Task, given: Setting) -> Parts:
    rate = given.get("learning_rate", choice.rate)
    if rate is not None and not isinstance(rate, int | float | np.number):
        raise InputError(
            f"optimizer {choice.label!r} needs a learning_rate: give it as an axis or in trials."
        )
    parts = Parts(None if rate is None else float(rate), dict(choice.numbers), {}, {}, {})
    for name, value in given.items():
        if name in OWN_AXES:
            continue
        if name in task.hypers:
            require(
                isinstance(value, int | float | np.number) and bool(np.isfinite(value)),
                f"{name}={value!r} must be a finite number: task {task.name!r} reads it as one.",
            )
            parts.task_numbers[name] = float(value)
        elif name in task.options:
            parts.task_options[name] = value
        elif choice.is_number(name, value):
            parts.rule_numbers[name] = float(value)
        else:
            parts.rule_options[name] = value
    return parts
