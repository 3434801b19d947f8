"""What a sweep is asked for, checked before anything compiles: one sentence for each mistake."""

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from lab.catalog import ScheduleEntry
from lab.schedules import CATALOG as SCHEDULES
from lab.sweeps.planning.labels import check_label
from lab.sweeps.planning.rules import Choice, check_known
from lab.tasks.task import Task
from lab.validation.errors import InputError, require
from lab.validation.kinds import is_real, is_whole, plain

OWN_AXES = ("learning_rate", "batch_size", "schedule", "split")
Setting = dict[str, Any]


def checked_axes(
    axes: Mapping[str, Iterable[Any]], choices: Mapping[str, Choice], task: Task
) -> dict[str, list[Any]]:
    """The axes with their values as lists of Python objects."""
    checked = {name: _checked_axis(name, values) for name, values in axes.items()}
    for name in checked:
        _check_name(name, choices, task)
    return checked


def _check_name(name: str, choices: Mapping[str, Choice], task: Task) -> None:
    check_label(name)
    others = [*OWN_AXES, *task.hypers, *task.options]
    if name == "seed":  # of a trial: axes have refused it
        return
    if name == "learning_rate":
        for choice in choices.values():
            require(choice.takes_rate, f"optimizer {choice.label!r} has no learning_rate to set.")
    elif name not in others:
        check_known(choices, name, others)


def _checked_axis(name: str, values: Any) -> list[Any]:
    require(
        name not in ("seed", "optimizer", "trial", "step"),
        f"{name!r} cannot be an axis: give seeds=, optimizers= or trials= instead.",
    )
    require(
        isinstance(values, Iterable) and not isinstance(values, str | Mapping),
        f"axis {name!r} must be a sequence of values, given {values!r}.",
    )
    listed = [plain(value) for value in values]
    require(len(listed) > 0, f"axis {name!r} must have at least one value, given none.")
    require(
        len({label(v) for v in listed}) == len(listed),
        f"axis {name!r} must have distinct values, given {listed}.",
    )
    for value in listed:
        _check_value(name, value)
    return listed


def _check_value(name: str, value: Any) -> None:
    if name == "learning_rate":
        require(
            is_real(value) and 0 <= value < float("inf"),
            f"learning_rate must be finite and not negative, given {value!r}.",
        )
    if name in ("split", "seed"):
        require(
            is_whole(value) and value >= 0,
            f"{name} must be a seed (a whole number of at least 0), given {value!r}.",
        )
    if name == "schedule":
        over_budget(value)


def checked_trials(
    trials: Mapping[str, Sequence[Setting]] | None,
    choices: Mapping[str, Choice],
    axes: Mapping[str, Any],
    task: Task,
) -> dict[str, list[Setting]] | None:
    """The settings of each optimizer, equally many, of Python objects."""
    if trials is None:
        return None
    require(
        isinstance(trials, Mapping) and set(trials) == set(choices),
        f"trials must list settings for each of {list(choices)}, given {list(trials)}.",
    )
    listed = {
        optimizer: [{name: plain(value) for name, value in row.items()} for row in settings]
        for optimizer, settings in trials.items()
    }
    naming = {"seed" in row for settings in listed.values() for row in settings}
    require(len(naming) < 2, "a seed must be named by every trial or by none, given by some.")
    counts = {name: len(settings) for name, settings in listed.items()}
    require(
        len(set(counts.values())) == 1 and 0 not in counts.values(),
        f"every optimizer must have the same number of trials, at least 1; given {counts}.",
    )
    for optimizer, settings in listed.items():
        for setting in settings:
            twice = sorted(set(setting) & set(axes))
            require(not twice, f"{twice} is an axis and in trials: give it once.")
            for name, value in setting.items():
                _check_value(name, value)
                _check_name(name, {optimizer: choices[optimizer]}, task)
    return listed


def checked_seeds(seeds: Any) -> list[int]:
    """The seeds as a list; a count stands for the first so many."""
    if is_whole(seeds):
        require(seeds >= 1, f"seeds must be at least 1, given {seeds}.")
        return list(range(seeds))
    if isinstance(seeds, str) or not isinstance(seeds, Iterable):
        raise InputError(f"seeds must be a count or a sequence of whole numbers, given {seeds!r}.")
    listed = [plain(seed) for seed in seeds]
    whole = all(is_whole(seed) and seed >= 0 for seed in listed)
    require(
        len(listed) > 0 and whole and len(set(listed)) == len(listed),
        f"seeds must be distinct whole numbers in [0, 2**63), at least one; given {listed}.",
    )
    return listed


def checked_shares(evaluations: int | Sequence[Fraction | float]) -> list[Fraction]:
    """Shares of the budget, from 0 to 1: so many even ones, or those that are given."""
    if isinstance(evaluations, Sequence):
        shares = [Fraction(0), *(Fraction(share) for share in evaluations)]
        ascending = all(a < b for a, b in itertools.pairwise(shares))
        require(
            ascending and shares[-1] == 1,
            f"evaluations at shares of the budget must ascend to 1, given {evaluations!r}.",
        )
        return shares
    require(
        is_whole(evaluations) and evaluations >= 1,
        f"evaluations must be a whole number of at least 1, given {evaluations!r}.",
    )
    return [Fraction(k, int(evaluations)) for k in range(evaluations + 1)]


def checked_batch(size: Any, rows: int, task: str) -> int:
    """The batch size, which one epoch must be able to fill."""
    require(
        is_whole(size) and 1 <= size <= rows,
        f"batch_size must be a whole number between 1 and the {rows} training rows of task "
        f"{task!r}, given {size!r}.",
    )
    return int(size)


def over_budget(schedule: Any) -> Callable[..., Any]:
    """`(peak, steps) -> optax.Schedule`, out of a name, an entry or such a function."""
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


def label(value: Any) -> Any:
    """A value as a coordinate can hold it."""
    if isinstance(value, bool | int | float | str):
        return value
    return getattr(value, "name", None) or getattr(value, "__name__", None) or str(value)


ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def words(value: Any) -> Any:
    """A label that is the same in every process: without addresses."""
    found = label(value)
    return ADDRESS.sub("", found) if isinstance(found, str) else found
