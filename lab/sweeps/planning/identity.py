"""What a sweep is, in words that can be read and compared: nothing else may be continued as it.

Checkpoints, `extend=`, `lab.verify` and the folders of searches ask it. A number depends on what
all lanes share, on the data of its split, on the code and default numbers of its job, on its
schedule, and on the machine; each of these has a word here.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import jax
import numpy as np

from lab import records
from lab.sweeps.planning.arguments import words
from lab.sweeps.planning.jobs import Job, Plan
from lab.sweeps.planning.traced import Form, code, digest, form, predict_code
from lab.types import Hypers, float_type
from lab.validation.errors import InputError

# Other ones give other bits. Of the provenance of a record.
MACHINE = (
    "versions", "python", "device", "backend", "instructions", "x64", "matmul_precision",
    "threefry_partitionable", "most_optimizations_disabled", "xla_flags",
)  # fmt: skip
Words = dict[str, Any]


def machine() -> Words:
    """Versions, device and settings of this process that numbers depend on."""
    made = records.environment()
    return {name: made[name] for name in MACHINE}


def identity(plan: Plan, where: Mapping[str, Any]) -> Words:
    """Everything that the numbers of a sweep, and their places in the record, depend on.

    Args:
      plan: Of the sweep.
      where: `machine()` of the process that trains.
    """
    lanes = (
        {f"axis {name}": values for name, values in plan.dims.items()}
        | {
            "trials": plan.trials,
            "seconds_per_update": plan.timed,
        }
        | predictions(plan)
    )
    own = {name: word for job in plan.jobs for name, word in of_job(job).items()}
    return json_words(plan.shared | dict(where) | lanes | own)


def of_job(job: Job) -> Words:
    """What the numbers of a job depend on, beside what all lanes share and what labels say."""
    found: Words = {}
    for part, digest_of in code(_form(job)).items():
        found[f"code of {part} in {job.label}"] = digest_of
    for lane in job.lanes:  # some may name a number, and others leave it at its default
        for name, value in (lane.rule_numbers | lane.task_numbers).items():
            if name not in lane.setting:
                found[f"{name} of {job.label}"] = value
        if "learning_rate" not in lane.setting:
            found[f"learning_rate of {job.label}"] = lane.rate
    found[f"updates of {job.label}"] = list(job.evaluation_steps)
    found[f"maximized in {job.label}"] = sorted(job.task.higher_is_better)
    for split in sorted({lane.split for lane in job.lanes}):
        found[f"data of split {split} for {job.label}"] = _data(job.task.source, split)
    for lane in {lane.schedule: lane for lane in job.lanes}.values():
        name = f"schedule {lane.setting['schedule']} of {job.label}"
        found[name] = found.get(name, "") + _schedule(lane.schedule)
    return found


def predictions(plan: Plan) -> Words:
    """What outputs depend on: the rows that are predicted on, by split, and the code that does."""
    if plan.predict_on is None:
        return {}
    splits = sorted({lane.split for job in plan.jobs for lane in job.lanes})
    rows = {split: np.ascontiguousarray(plan.predict_on(split), np.int64) for split in splits}
    return {
        f"predict_on of split {split}": hashlib.sha256(chosen.tobytes()).hexdigest()[:16]
        for split, chosen in rows.items()
    } | {f"code of predict in {job.label}": predict_code(_form(job)) for job in plan.jobs}


def _form(job: Job) -> Form:
    first = job.lanes[0]
    hypers = Hypers(first.rule_numbers, first.task_numbers)
    return form(job.program, hypers, job.task.source.prepare(first.split).rows)


def json_words(found: Mapping[str, Any]) -> Words:
    """As JSON gives them back, whole numbers as integers: 1 and 1.0 are the same number.

    >>> json_words({"momentum": [0.0, 0.5], "widths": (8,)})
    {'momentum': [0, 0.5], 'widths': [8]}
    """
    return _whole(json.loads(json.dumps(found, default=words)))


def _whole(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: _whole(value) for name, value in found.items()}
    if isinstance(found, list):
        return [_whole(value) for value in found]
    is_whole = isinstance(found, float) and found.is_integer() and abs(found) < 2**53
    return int(found) if is_whole and str(found) != "-0.0" else found


def check_same(
    found: Mapping[str, Any],
    expected: Mapping[str, Any],
    where: str,
    remedy: str = "ask for the same again, or give another folder",
    names: Iterable[str] | None = None,
) -> None:
    """Refuse to go on with another sweep.

    Args:
      found: Words of the one that was made.
      expected: Words of the one that is expected.
      where: What was made, to begin the sentence with.
      remedy: What to do, to end it with.
      names: Which words are compared; by default all.

    Raises:
      InputError: Names the first thing that differs.
    """
    for name in dict.fromkeys([*expected, *found]) if names is None else names:
        old, new = found.get(name), expected.get(name)
        if hashed({name: old}) != hashed({name: new}):
            raise InputError(
                f"{where} was made with {name}={_short(old)}, and this sweep asks for "
                f"{_short(new)}: {remedy}."
            )


def hashed(found: Mapping[str, Any]) -> str:
    """SHA-256 of words."""
    return hashlib.sha256(json.dumps(json_words(found), sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=64)
def _data(source: Any, split: int) -> str:
    """Of the rows as they are prepared for a split, and of who is trained on and validated."""
    prepared = source.prepare(split)
    found = hashlib.sha256()
    split_rows = {"train": prepared.train, "validation": prepared.validation}
    for name, array in [*sorted(prepared.rows.items()), *split_rows.items()]:
        array = np.ascontiguousarray(array)
        found.update(f"{name} {array.dtype} {array.shape}".encode())
        found.update(array.view(np.uint8).data if array.size else b"")
    return found.hexdigest()[:16]


@lru_cache(maxsize=256)
def _schedule(schedule: Callable[..., Any]) -> str:
    """Of the learning rate as a function of its peak, the number of updates, and the update."""
    number: Any = jax.ShapeDtypeStruct((), float_type())
    count: Any = jax.ShapeDtypeStruct((), np.int32)
    return digest(
        jax.make_jaxpr(lambda peak, steps, at: schedule(peak, steps)(at))(number, count, count)
    )


def _short(value: Any) -> str:
    text = str(np.round(value, 12)) if isinstance(value, float) else str(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
