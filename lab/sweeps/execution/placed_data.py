"""The data of lanes: rows on every device that is used, splits as row numbers."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from lab.sweeps.devices.places import places
from lab.tasks.task import Source


@dataclass(frozen=True)
class Rows:
    """One table with every split's rows, and where each split lies in it."""

    table: dict[Any, Any]  # by device
    train: dict[int, np.ndarray]  # by split seed: row numbers in the table
    evaluated: dict[int, tuple[np.ndarray, np.ndarray]]  # row numbers and mask, equally long
    start: dict[int, int]  # by split seed: where its rows begin, as scaled for it
    nbytes: int


@lru_cache(maxsize=1)  # of one table: the jobs of a sweep, and rounds of a search, share it
def place_rows(source: Source, splits: tuple[int, ...], mesh: Mesh, dtype: Any) -> Rows:
    """Collect the rows of some splits, by their seeds, and copy them to the devices."""
    del dtype  # of floats, for the cache
    prepared: dict[int, Any] = {split: source.prepare(split) for split in splits}
    # rows that do not depend on the split are held once
    tables = list({id(split.rows): split.rows for split in prepared.values()}.values())
    height = len(next(iter(tables[0].values())))
    table = {k: np.concatenate([t[k] for t in tables]) for k in tables[0]}
    longest = max(len(split.validation) for split in prepared.values())

    def masked(split, offset):
        index = np.zeros(longest, np.int32)
        index[: len(split.validation)] = split.validation + offset
        return index, (np.arange(longest) < len(split.validation)).astype(np.float32)

    numbers = {id(table): i for i, table in enumerate(tables)}
    at = {seed: numbers[id(split.rows)] * height for seed, split in prepared.items()}
    return Rows(
        table={where: jax.device_put(table, where) for where in {p.device for p in places(mesh)}},
        train={s: (split.train + at[s]).astype(np.int32) for s, split in prepared.items()},
        evaluated={s: masked(split, at[s]) for s, split in prepared.items()},
        start=at,
        nbytes=sum(array.nbytes for array in table.values()),
    )
