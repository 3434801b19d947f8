"""From a grid to lanes: which training runs there are, and which of them share a program."""

import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from lab.budget import Budget, Price
from lab.catalog import ScheduleEntry
from lab.sweeps.planning.arguments import (
    OWN_AXES,
    Setting,
    checked_axes,
    checked_batch,
    checked_seeds,
    checked_trials,
    is_count,
    label,
    over_budget,
)
from lab.sweeps.planning.prices import price, seconds
from lab.sweeps.planning.rules import Choice, Optimizers, resolve
from lab.tasks.task import Task
from lab.types import Hypers, Program
from lab.validation.errors import InputError, require
from lab.validation.kinds import plain


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

    program: Program
    task: Task
    price: Price  # of an update
    marks: tuple[int, ...]  # numbers of updates after which lanes are evaluated; ascending
    unspent: tuple[float, ...]  # declared less executed by each, in the currency of the budget
    lanes: list[Lane] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """The lanes of a sweep.

    Attributes:
      dims: Names of the lane dimensions with their coordinates, in order.
      trials: The trials of each optimizer, where the record has a dimension `trial`.
      jobs: Lanes, gathered by program.
      fixed: What every lane has in common: batch size, schedule and split, unless axes.
      timed: Seconds of an update of each program, where lanes are charged in them.
    """

    dims: dict[str, list[Any]]
    trials: dict[str, list[Setting]] | None
    jobs: list[Job]
    fixed: Setting
    timed: dict[str, float]


def make_plan(
    task: Task,
    optimizers: Optimizers,
    *,
    axes: Mapping[str, Iterable[Any]],
    trials: Mapping[str, Sequence[Setting]] | None,
    seeds: int | Sequence[int],
    budget: Budget,
    batch_size: int,
    schedule: str | ScheduleEntry | Callable[..., Any],
    split: int,
    evaluations: int | Sequence[Fraction | float],
    probe: Callable[..., Any] | None,
    probe_every: int,
    timed: Mapping[str, float] | None,
) -> Plan:
    """Check everything a sweep is asked for, and lay out its lanes; see `lab.sweep`."""
    choices = resolve(optimizers)
    axes = checked_axes(axes, choices, task)
    settings = checked_trials(trials, choices, axes, task)
    shares = _shares(evaluations)
    require(
        is_count(probe_every),
        f"probe_every must be a whole number of at least 1, given {probe_every!r}.",
    )
    dims: dict[str, list[Any]] = {"optimizer": list(choices)}
    if settings is not None:
        dims["trial"] = list(range(len(next(iter(settings.values())))))
    dims |= {name: [label(v) for v in values] for name, values in axes.items()}
    dims["seed"] = checked_seeds(seeds)

    common = {"batch_size": plain(batch_size), "schedule": schedule, "split": plain(split)}
    jobs: dict[Any, Job] = {}
    clock = dict(timed or {})
    variants: dict[Any, Task] = {}
    grid = itertools.product(*(range(len(values)) for values in dims.values()))
    for cell in grid:
        at = dict(zip(dims, cell))
        choice = choices[dims["optimizer"][at["optimizer"]]]
        own = settings[choice.label][at["trial"]] if settings is not None else {}
        given = common | {name: values[at[name]] for name, values in axes.items()} | own
        parts = _sort_out(choice, task, given)

        chosen = tuple(sorted(parts.task_options.items()))
        if chosen not in variants:
            variants[chosen] = task.variant(**dict(chosen)) if chosen and task.variant else task
        variant = variants[chosen]
        require(
            variant.unpadded is None or choice.entry is None or choice.entry.padding_safe,
            f"optimizer {choice.label!r} looks at shapes, so that it cannot train padded nets: "
            "sweep over lab.tasks.supervised, or leave it to lab.search.Lanes.",
        )
        data = variant.source.prepare(given["split"])
        size = checked_batch(given["batch_size"], len(data.train), variant.name)
        program = Program(
            problem=variant.problem,
            rule=choice.rule(parts.rule_options, rated=parts.rate is not None),
            batch_size=size,
            probe=probe,
            probe_every=int(probe_every),
        )
        key = (program, frozenset(parts.rule_numbers), chosen)
        task_numbers = {**variant.hypers, **parts.task_numbers}
        if key not in jobs:
            hypers = Hypers(parts.rule_numbers, task_numbers)
            cost = price(program, choice.gradient_evaluations, hypers, data.rows)
            if timed is not None:
                name = json.dumps([choice.label, size, *program.rule.options, *chosen], default=str)
                if name not in clock:
                    clock[name] = seconds(program, hypers, parts.rate or 0.0, data.rows)
                cost = cost._replace(seconds=clock[name])
            jobs[key] = _job(program, variant, cost, budget, len(data.train), shares)
        job = jobs[key]
        seed = dims["seed"][at["seed"]]
        labels = {k: label(v) for k, v in given.items()}
        job.lanes.append(
            Lane(
                cell=cell,
                setting={"optimizer": choice.label, **labels, "seed": seed},
                rate=parts.rate,
                schedule=over_budget(given["schedule"]),
                rule_numbers=parts.rule_numbers,
                task_numbers=task_numbers,
                seed=seed,
                split=given["split"],
            )
        )
    for job in jobs.values():  # a block reads few streams, and draws few
        job.lanes.sort(key=lambda lane: (lane.split, lane.seed))
    varied = {*axes, *(k for rows in (settings or {}).values() for row in rows for k in row)}
    fixed = {name: label(value) for name, value in common.items() if name not in varied}
    return Plan(dims, settings, list(jobs.values()), fixed, clock)


@dataclass(frozen=True)
class Parts:
    """A setting, told apart."""

    rate: float | None
    rule_numbers: dict[str, float]
    rule_options: Setting
    task_numbers: dict[str, float]
    task_options: Setting


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


def _shares(evaluations: int | Sequence[Fraction | float]) -> list[Fraction]:
    """Of the budget, from 0 to 1: so many even ones, or those that are given."""
    if isinstance(evaluations, Sequence):
        shares = [Fraction(0), *(Fraction(share) for share in evaluations)]
        ascending = all(a < b for a, b in itertools.pairwise(shares))
        require(
            ascending and shares[-1] == 1,
            f"evaluations at shares of the budget must ascend to 1, given {evaluations!r}.",
        )
        return shares
    require(
        is_count(evaluations),
        f"evaluations must be a whole number of at least 1, given {evaluations!r}.",
    )
    return [Fraction(k, int(evaluations)) for k in range(evaluations + 1)]


def _job(
    program: Program, task: Task, cost: Price, budget: Budget, rows: int, shares: list[Fraction]
) -> Job:
    """A job without lanes yet, that spends the budget up to less than an update."""
    marks = tuple(budget.in_updates(cost, rows, share) for share in shares)
    require(
        marks[-1] >= 1,
        f"Budget({budget.currency}={budget.amount:g}) pays for no update at batch_size="
        f"{program.batch_size}.",
    )
    unspent = tuple(budget.unspent(cost, rows, updates) for updates in marks)
    return Job(program, task, cost, marks, unspent)
