"""The runs of the study of transfer: bodies, then every start and way, tuned split by split."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import xarray as xr

import lab
from lab import protocol
from lab.study import Parts, Settings, flags
from lab.study.replicates import nested
from lab.tasks.task import Task
from studies.transfer import starts
from studies.transfer.starts import STARTS


@dataclass(frozen=True)
class Transfer(Settings):
    """Of the study of transfer."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 20
    """Redrawn splits, each with a learning set and pre-trained bodies of its own."""
    runs: int = 3  # of what was chosen on a split, whose mean counts
    updates: int = 300
    batch: int = 16
    per_class: tuple[int, ...] = (5, 10, 20, 50)
    rates: tuple[float, ...] = tuple(np.geomspace(3e-4, 1e-1, 6).tolist())
    # times the rate of the layer above
    ways: tuple[tuple[str, float], ...] = (("frozen", 0.0), ("layer-wise", 1 / 2.6), ("full", 1.0))
    pretraining: int = 2000  # updates
    body_rate: float = 1e-3  # at larger ones, many units die, and have nothing to hand on
    body_batch: int = 32

    @property
    def splits(self) -> list[int]:
        """That are redrawn."""
        return self.numbers(self.seeds)


def parts(s: Transfer) -> Parts:
    """Bodies, then test errors by number of examples."""
    found = yield "bodies", lambda _: bodies(s)
    tasks = starts.new_digits(found, s.per_class)
    for count in s.per_class:
        yield f"examples_{count}", lambda _, task=tasks[count]: learnt(s, task)


def bodies(s: Transfer) -> xr.Dataset:
    """Pre-trained layers as arrays (start, body, ...), one body for each split."""
    settings: dict[str, Any] = {
        "trials": {"adam": nested(s.splits, 1, learning_rate=s.body_rate)},
        "budget": lab.Budget(updates=s.pretraining),
        "batch_size": s.body_batch,
        "evaluations": 10,
        "schedule": "cosine_decay_schedule",
        "progress": False,
    }
    tasks = (starts.old_with_labels(), starts.old_without_labels())
    return starts.arrays([starts.pretrained(task, settings) for task in tasks])


def learnt(s: Transfer, task: Task) -> xr.Dataset:
    """Test errors (start, way, split).

    Each split has a learning set and a pre-trained body of its own, and chooses its own rate.
    """
    rule: Any = {"adam": starts.layered_adam}
    settings: dict[str, Any] = {
        "budget": lab.Budget(updates=s.updates),
        "batch_size": s.batch,
        "evaluations": 1,
        "schedule": "cosine_decay_schedule",
        "progress": False,
    }
    cells = [
        (split, {"start": float(start), "slower": slower, "body": float(body)})
        for start in range(len(STARTS))
        for _, slower in s.ways
        for body, split in enumerate(s.splits)
    ]
    tried = [
        one
        for split, cell in cells
        for rate in s.rates
        for one in nested([split], 1, protocol.TUNE, learning_rate=rate, **cell)
    ]
    loss = lab.sweep(task, rule, trials={"adam": tried}, **settings).validation_loss[0, :, -1]
    best = np.array(s.rates)[loss.values.reshape(len(cells), -1).argmin(1)]
    chosen = [
        one
        for (split, cell), rate in zip(cells, best.tolist())
        for one in nested([split], s.runs, protocol.REPORT, learning_rate=rate, **cell)
    ]
    tested = protocol.report(task, rule, {"adam": chosen}, **settings).isel(optimizer=0)
    columns = {"error": 1 - tested.test_accuracy.values, "loss": tested.test_loss.values}
    shape = (len(STARTS), len(s.ways), s.seeds)
    means = {name: values.reshape(*shape, -1).mean(-1) for name, values in columns.items()}
    return xr.Dataset(
        {
            k: (("start", "way", "split"), v)
            for k, v in (means | {"rate": best.reshape(shape)}).items()
        },
        {"start": list(STARTS), "way": [way for way, _ in s.ways], "split": s.splits},
    )
