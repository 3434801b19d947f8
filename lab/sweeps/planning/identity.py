"""What a sweep is, in words that can be read and compared: nothing else may be continued as it."""

import hashlib
import json
from typing import Any

import numpy as np
from jax.sharding import Mesh

from lab import records
from lab.sweeps.planning.code import code
from lab.sweeps.planning.plan import Job, Plan
from lab.types import Hypers
from lab.validation.errors import InputError

# A checkpoint is continued under the same of these only: other versions give other bits.
MACHINE = ("versions", "python", "device", "backend", "x64", "matmul_precision")


def identity(
    plan: Plan, todo: list[Job], configuration: dict[str, Any], mesh: Mesh
) -> dict[str, Any]:
    """Everything that the numbers of a sweep, and the order they come in, depend on."""
    made = records.provenance()
    described = configuration | {
        **{f"axis {name}": values for name, values in plan.dims.items()},
        "trials": plan.trials,
        "lanes to run": [len(job.lanes) for job in todo],
        "updates": [job.marks[-1] for job in todo],
        "learning rates and other numbers (SHA-256)": _digest(todo),
        **{f"code of {name} (SHA-256)": of for name, of in _code(todo).items()},
        "seconds_per_update": plan.timed,
        "devices": mesh.size,
        **{name: made[name] for name in MACHINE},
    }
    return json.loads(json.dumps(described, default=str))


def check_same(
    found: dict[str, Any],
    asked: dict[str, Any],
    where: str,
    remedy: str = "ask for the same again, or give another folder",
) -> None:
    """Refuse to go on with another sweep.

    Raises:
      InputError: Names the first thing that differs.
    """
    for name in sorted({*found, *asked}):
        old, new = found.get(name), asked.get(name)
        if old != new:
            raise InputError(
                f"{where} was made with {name}={_short(old)}, and this sweep asks for "
                f"{_short(new)}: {remedy}."
            )


def _code(todo: list[Job]) -> dict[str, str]:
    """What the functions of all jobs compute, hashed: their names do not tell."""
    found: dict[str, Any] = {}
    for job in todo:
        lane = job.lanes[0]
        rows = job.task.source.prepare(lane.split).rows
        parts = code(job.program, Hypers(lane.rule_numbers, lane.task_numbers), rows)
        for name, of in parts.items():
            found.setdefault(name, hashlib.sha256()).update(of.encode())
    return {name: digest.hexdigest()[:16] for name, digest in found.items()}


def _digest(todo: list[Job]) -> str:
    digest = hashlib.sha256()
    for job in todo:
        digest.update(repr((job.marks, job.program.batch_size, job.program.rule.options)).encode())
        for lane in job.lanes:
            numbers = [lane.rate, sorted(lane.rule_numbers.items()), lane.seed, lane.split]
            text = [lane.cell, lane.setting, numbers, sorted(lane.task_numbers.items())]
            digest.update(json.dumps(text, sort_keys=True, default=str).encode())
    return digest.hexdigest()[:16]


def _short(value: Any) -> str:
    text = str(np.round(value, 12)) if isinstance(value, float) else str(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
