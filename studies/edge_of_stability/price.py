"""What probes cost: processor time of one and the same sweep with and without them."""

import time
from typing import Any

import numpy as np
import xarray as xr

import lab
from lab import probes
from lab.tasks.task import Task
from studies.edge_of_stability.settings import EdgeOfStability


def price(s: EdgeOfStability, full_batch: Task, curvature: Any) -> xr.Dataset:
    """Times as much processor time as without the probe, `ratio` (case, repeat).

    Norms and activations in a sweep of mini-batches, curvature in one of full batches. What
    compiling and planning take is not counted. In each repeat every sweep is trained once, so that
    ratios are of neighbours.
    """
    digits = lab.tasks.CATALOG["digits"].make()
    loss: Any = digits.problem.loss
    norms, signal = probes.Flow(), probes.Signal(loss.model)
    looks = {
        "norms": norms,
        "activations": signal,
        "both": probes.together(norms=norms, signal=signal),
        "λ₁": curvature,
    }
    trainings = {
        "digits, batch 32": (digits, 32),
        f"{s.rows} rows, full batch": (full_batch, s.rows),
    }

    def seconds(setting: str, stage: int, look: Any = None, period: int = 1) -> float:
        """Of a training of the stages after the first."""
        task, batch = trainings[setting]
        spent = []
        for stages in (1, s.stages):
            begin = time.process_time()
            lab.sweep(
                task, ["sgd"], axes={"learning_rate": [0.05, 0.1]}, seeds=s.numbers(4),
                split=s.split, batch_size=batch, budget=lab.Budget(updates=stages * stage),
                evaluations=stages, probe=look, probe_every=period, progress=False,
            )  # fmt: skip
            spent.append(time.process_time() - begin)
        return spent[1] - spent[0]

    settings = [list(trainings)[name == "λ₁"] for name, *_ in s.looks]
    stages = {setting: stage for setting, (*_, stage) in zip(settings, s.looks)}
    found = []
    for _ in range(s.repeats + 1):
        plain = {setting: seconds(setting, stage) for setting, stage in stages.items()}
        found.append(
            [
                seconds(setting, stage, looks[name], period) / plain[setting]
                for setting, (name, period, stage) in zip(settings, s.looks)
            ]
        )
    names, periods, lengths = (list(column) for column in zip(*s.looks))
    # the first round compiles
    return xr.Dataset(
        {"ratio": (("case", "repeat"), np.array(found[1:]).T, {"units": "s/s"})},
        {
            "setting": ("case", settings),
            "probe": ("case", names),
            "period": ("case", periods),
            "updates": ("case", [(s.stages - 1) * n for n in lengths]),
        },
    )
