"""The data sets that the lab brings along, by name."""

import importlib
from typing import Any

from lab.catalog import Catalog, collect
from lab.data.dataset import Dataset
from lab.data.table import Table
from lab.validation.checks import checked

_HERE = importlib.import_module("lab.data")

DATASETS: Catalog[Dataset] = collect("data set name", _HERE.__name__, _HERE.__path__)


@checked
def load(name: str, **options: Any) -> Table:
    """A data set by name: a key of `DATASETS`.

    Args:
      name: For instance `"digits"`; `list(DATASETS)` has them all.
      **options: Of synthetic data: `n`, `noise`, `seed`.

    Raises:
      InputError: If the name is unknown, with the nearest one, or the data set has no such option.

    >>> len(load("moons", n=100))
    100
    """
    return DATASETS[name](**options)
