"""From a grid to lanes: which training runs there are, and which of them share a program."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lab.budget import Budget
from lab.catalog import ScheduleEntry
from lab.errors import InputError, require
from lab.schedules import CATALOG as SCHEDULES
from lab.sweeps.rules import Choice, Optimizers, check_known, resolve
from lab.tasks.task import Task
from lab.training import Program

OWN_AXES = ("learning_rate", "batch_size", "schedule", "split")
Setting = dict[str, Any]


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
    marks: tuple[int, ...]  # numbers of updates after which lanes are evaluated; ascending
    lanes: list[Lane] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """The lanes of a sweep.

    Attributes:
      dims: Names of the lane dimensions with their coordinates, in order.
      trials: The trials of each optimizer, where the record has a dimension `trial`.
      jobs: Lanes, gathered by program.
      marks: Numbers of updates at each evaluation, by batch size.
      fixed: What every lane has in common: batch size, schedule and split, unless axes.
    """

    dims: dict[str, list[Any]]
    trials: dict[str, list[Setting]] | None
    jobs: list[Job]
    marks: dict[int, tuple[int, ...]]
    fixed: Setting


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
    evaluations: int,
    probe: Callable[..., Any] | None,
    probe_every: int,
) -> Plan:
    """Check everything a sweep is asked for, and lay out its lanes; see `lab.sweep`."""
    choices = resolve(optimizers)
    axes = {name: _checked_axis(name, values) for name, values in axes.items()}
    settings = _checked_trials(trials, choices, axes)
    for name in axes:
        if name not in (*OWN_AXES, *task.hypers, *task.options):
            check_known(choices, name, [*OWN_AXES, *task.hypers, *task.options])
    require(
        _is_count(evaluations) and _is_count(probe_every),
        f"evaluations and probe_every must be whole numbers of at least 1, given {evaluations!r} "
        f"and {probe_every!r}.",
    )
    dims: dict[str, list[Any]] = {"optimizer": list(choices)}
    if settings is not None:
        dims["trial"] = list(range(len(next(iter(settings.values())))))
    dims |= {name: [_label(v) for v in values] for name, values in axes.items()}
    dims["seed"] = _checked_seeds(seeds)

    common = {"batch_size": batch_size, "schedule": schedule, "split": split}
    jobs: dict[Any, Job] = {}
    marks: dict[int, tuple[int, ...]] = {}
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
        rows = len(variant.source.prepare(given["split"]).train)
        size = _checked_batch(given["batch_size"], rows, variant.name)
        if size not in marks:
            marks[size] = _marks(budget, size, rows, evaluations)
        program = Program(
            problem=variant.problem,
            rule=choice.rule(parts.rule_options, rated=parts.rate is not None),
            batch_size=size,
            probe=probe,
            probe_every=probe_every,
        )
        key = (program, frozenset(parts.rule_numbers), chosen)
        job = jobs.setdefault(key, Job(program, variant, marks[size]))
        seed = dims["seed"][at["seed"]]
        labels = {k: _label(v) for k, v in given.items()}
        job.lanes.append(
            Lane(
                cell=cell,
                setting={"optimizer": choice.label, **labels, "seed": seed},
                rate=parts.rate,
                schedule=_over(given["schedule"]),
                rule_numbers=parts.rule_numbers,
                task_numbers={**variant.hypers, **parts.task_numbers},
                seed=seed,
                split=given["split"],
            )
        )
    varied = {*axes, *(k for rows in (settings or {}).values() for row in rows for k in row)}
    fixed = {name: _label(value) for name, value in common.items() if name not in varied}
    return Plan(dims, settings, list(jobs.values()), marks, fixed)


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


def _checked_axis(name: str, values: Any) -> list[Any]:
    require(
        name not in ("seed", "optimizer", "trial", "step"),
        f"{name!r} cannot be an axis: give seeds=, optimizers= or trials= instead.",
    )
    require(
        isinstance(values, Iterable) and not isinstance(values, str | Mapping),
        f"axis {name!r} must be a sequence of values, given {values!r}.",
    )
    listed = [v.item() if isinstance(v, np.generic) else v for v in values]
    require(len(listed) > 0, f"axis {name!r} must have at least one value, given none.")
    require(
        len({_label(v) for v in listed}) == len(listed),
        f"axis {name!r} must have distinct values, given {listed}.",
    )
    for value in listed:
        _check_value(name, value)
    return listed


def _check_value(name: str, value: Any) -> None:
    if name == "learning_rate":
        real = isinstance(value, int | float) and not isinstance(value, bool)
        require(
            real and 0 <= value < float("inf"),
            f"learning_rate must be finite and not negative, given {value!r}.",
        )
    if name == "split":
        require(
            isinstance(value, int) and value >= 0,
            f"split must be a seed (a whole number of at least 0), given {value!r}.",
        )
    if name == "schedule":
        _over(value)


def _checked_trials(trials, choices: Mapping[str, Choice], axes) -> dict[str, list[Setting]] | None:
    if trials is None:
        return None
    require(
        set(trials) == set(choices),
        f"trials must list settings for each of {list(choices)}, given {list(trials)}.",
    )
    counts = {label: len(settings) for label, settings in trials.items()}
    require(
        len(set(counts.values())) == 1 and 0 not in counts.values(),
        f"every optimizer must have the same number of trials, at least 1; given {counts}.",
    )
    for label, settings in trials.items():
        for setting in settings:
            twice = set(setting) & set(axes)
            require(not twice, f"{sorted(twice)} is an axis and in trials: give it once.")
            for name, value in setting.items():
                _check_value(name, value)
                if name not in OWN_AXES:
                    check_known({label: choices[label]}, name, OWN_AXES)
    return {
        label: [
            {k: v.item() if isinstance(v, np.generic) else v for k, v in setting.items()}
            for setting in settings
        ]
        for label, settings in trials.items()
    }


def _checked_seeds(seeds: int | Sequence[int]) -> list[int]:
    if isinstance(seeds, int) and not isinstance(seeds, bool):
        require(seeds >= 1, f"seeds must be at least 1, given {seeds}.")
        return list(range(seeds))
    require(
        isinstance(seeds, Iterable) and not isinstance(seeds, str),
        f"seeds must be a count or a sequence of whole numbers, given {seeds!r}.",
    )
    listed = [s.item() if isinstance(s, np.generic) else s for s in seeds]  # type: ignore[union-attr]
    whole = all(isinstance(s, int) and not isinstance(s, bool) and 0 <= s < 2**63 for s in listed)
    require(
        len(listed) > 0 and whole and len(set(listed)) == len(listed),
        f"seeds must be distinct whole numbers in [0, 2**63), at least one; given {listed}.",
    )
    return listed


def _checked_batch(size: Any, rows: int, task: str) -> int:
    require(
        _is_count(size) and size <= rows,
        f"batch_size must be a whole number between 1 and the {rows} training rows of task "
        f"{task!r}, given {size!r}.",
    )
    return int(size)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _marks(budget: Budget, size: int, rows: int, evaluations: int) -> tuple[int, ...]:
    total = budget.in_updates(size, rows)
    examples = budget.in_examples(size, rows)
    points = [examples * k // evaluations // size for k in range(evaluations)]
    return (*points, total)


def _over(schedule: Any) -> Callable[..., Any]:
    if isinstance(schedule, str):
        return SCHEDULES[schedule].over
    if isinstance(schedule, ScheduleEntry):
        return schedule.over
    require(
        callable(schedule),
        "schedule must be a catalogue name or a function (peak, steps) -> schedule, "
        f"given {schedule!r}.",
    )
    return schedule


def _label(value: Any) -> Any:
    """A value as a coordinate can hold it."""
    if isinstance(value, bool | int | float | str):
        return value
    return getattr(value, "name", None) or getattr(value, "__name__", None) or str(value)
