"""What probes cost: processor time of one and the same sweep with and without them."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

import lab
from lab import probes
from lab.tasks.task import Task
from lab.types import Snapshot

STAGES = 4  # of equal length: a sweep of one and one of four differ by three, and by nothing else


class Case(NamedTuple):
    """A sweep and what looks into it."""

    setting: str
    probe: str
    period: int  # updates between two looks
    task: Task
    batch: int
    stage: int  # updates; long beside what planning a sweep takes
    look: Callable[[Snapshot], Any]


def cases(full_batch: Task, rows: int, curvature: Callable[[Snapshot], Any]) -> list[Case]:
    """Norms and activations in a sweep of mini-batches, and curvature of full batches."""
    digits = lab.tasks.CATALOG["digits"].make()
    loss: Any = digits.problem.loss
    norms, signal = probes.Flow(), probes.Signal(loss.model)
    ordinary = {
        "norms": norms,
        "activations": signal,
        "both": probes.together(norms=norms, signal=signal),
    }
    return [
        *(Case("digits, batch 32", name, 10, digits, 32, 1000, p) for name, p in ordinary.items()),
        *(
            Case(f"{rows} rows, full batch", "λ₁", every, full_batch, rows, 40, curvature)
            for every in (10, 40)
        ),
    ]


def price(of: list[Case], repeats: int) -> xr.Dataset:
    """Times as much processor time as without the probe, `ratio` (case, repeat).

    Args:
      of: What is priced; what compiling and planning take is not counted.
      repeats: In each of which every sweep is trained once, so that ratios are of neighbours.
    """

    def seconds(case: Case, look: Any) -> float:
        short, long = (_spent(case, look, n) for n in (1, STAGES))
        return long - short

    plain = {case.setting: case for case in of}
    found = []
    for _ in range(repeats + 1):
        without = {setting: seconds(case, None) for setting, case in plain.items()}
        found.append([seconds(case, case.look) / without[case.setting] for case in of])
    return xr.Dataset(
        {"ratio": (("case", "repeat"), np.array(found[1:]).T)},  # the first round compiles
        {
            "setting": ("case", [case.setting for case in of]),
            "probe": ("case", [case.probe for case in of]),
            "period": ("case", [case.period for case in of]),
            "updates": ("case", [(STAGES - 1) * case.stage for case in of]),
        },
    )


def _spent(case: Case, look: Any, stages: int) -> float:
    begin = time.process_time()
    lab.sweep(
        case.task, ["sgd"], axes={"learning_rate": [0.05, 0.1]}, seeds=4, batch_size=case.batch,
        budget=lab.Budget(updates=stages * case.stage), evaluations=stages, probe=look,
        probe_every=case.period, progress=False,
    )  # fmt: skip
    return time.process_time() - begin
