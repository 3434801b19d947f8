"""The data of a job: rows on every device that is used, splits as row numbers."""

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from lab.sweeps.devices.places import places
from lab.sweeps.planning.plan import Job


@dataclass(frozen=True)
class Rows:
    """The data of a job: one table with every split's rows, and where each split lies in it."""

    table: dict[Any, Any]  # by device
    train: dict[int, np.ndarray]  # by split seed: row numbers in the table
    evaluated: dict[int, tuple[np.ndarray, np.ndarray]]  # row numbers and mask, equally long
    start: dict[int, int]  # by split seed: where its rows begin, as scaled for it
    nbytes: int


def place_rows(job: Job, mesh: Mesh) -> Rows:
    """Collect the rows of every split that the lanes of `job` use, and copy them to the devices."""
    prepared = {s: job.task.source.prepare(s) for s in sorted({x.split for x in job.lanes})}
    tables, offsets = [], {}
    for seed, split in prepared.items():
        # rows that do not depend on the split are held once
        known = next((i for i, table in enumerate(tables) if table is split.rows), None)
        if known is None:
            tables.append(split.rows)
        offsets[seed] = known if known is not None else len(tables) - 1
    height = len(next(iter(tables[0].values())))
    table = {k: np.concatenate([t[k] for t in tables]) for k in tables[0]}
    longest = max(len(split.validation) for split in prepared.values())

    def masked(split, offset):
        index = np.zeros(longest, np.int32)
        index[: len(split.validation)] = split.validation + offset
        return index, (np.arange(longest) < len(split.validation)).astype(np.float32)

    at = {seed: offsets[seed] * height for seed in prepared}
    return Rows(
        table={where: jax.device_put(table, where) for where in {p.device for p in places(mesh)}},
        train={s: (split.train + at[s]).astype(np.int32) for s, split in prepared.items()},
        evaluated={s: masked(split, at[s]) for s, split in prepared.items()},
        start=at,
        nbytes=sum(array.nbytes for array in table.values()),
    )
