"""What probes cost: the training of one and the same sweep with and without them."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr

import lab
from lab.tasks.task import Task
from lab.types import Snapshot

PERIODS = (10, 40, 100)  # updates between two looks
REPEATS = 4  # of which the quickest counts: others wait for the machine


def price(
    task: Task, watched: Mapping[str, Callable[[Snapshot], Any]], *, smoke: bool
) -> xr.Dataset:
    """Seconds of training with each probe at each period, and `plain` seconds without any."""
    updates, periods, repeats = (20, PERIODS[:1], 1) if smoke else (400, PERIODS, REPEATS)
    rows = len(task.source.prepare(0).train)

    def seconds(probe, every: int) -> float:
        swept = lab.sweep(
            task, ["sgd"], axes={"learning_rate": [0.1, 0.2]}, seeds=2, batch_size=rows,
            budget=lab.Budget(updates=updates), evaluations=1, probe=probe, probe_every=every,
            progress=False,
        )  # fmt: skip
        return swept.attrs["seconds_training"]

    kinds = [(None, periods[0]), *((p, every) for p in watched.values() for every in periods)]
    # in turn, so that a slow minute of the machine is nobody's alone
    spent = [[seconds(*kind) for kind in kinds] for _ in range(repeats)]
    plain, *others = np.min(spent, 0)
    return xr.Dataset(
        {
            "plain": ((), plain),
            "seconds": (("probe", "period"), np.reshape(others, (len(watched), -1))),
        },
        {"probe": list(watched), "period": list(periods)},
        {"updates": updates},
    )
