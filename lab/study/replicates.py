"""Seeds that are each split's own, so that splits are independent replicates."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import xarray as xr


def nested(
    splits: Sequence[int], runs: int, first: int = 0, **numbers: Any
) -> list[dict[str, Any]]:
    """Trials of `lab.sweep`: `runs` seeds on every split, no seed on two splits.

    Args:
      splits: The replicates.
      runs: Seeds of each.
      first: From which on seeds count: a phase of `lab.protocol`.
      numbers: Of all trials, such as a learning rate.

    >>> [(row["split"], row["seed"]) for row in nested([4, 5], 2)]
    [(4, 8), (4, 9), (5, 10), (5, 11)]
    """
    return [
        {**numbers, "split": split, "seed": first + split * runs + run}
        for split in splits
        for run in range(runs)
    ]


def by_split(record: xr.Dataset, splits: Sequence[int], runs: int) -> xr.Dataset:
    """A record of `nested` trials with dimensions split and run in place of trial."""
    cells = pd.MultiIndex.from_product([list(splits), range(runs)], names=["split", "run"])
    kept = record.drop_vars([n for n in ("split", "seed") if n in record.coords])
    named = kept.assign_coords(xr.Coordinates.from_pandas_multiindex(cells, "trial"))
    return named.unstack("trial")
