"""Data sets, their splits, their scaling, and what a seed stands for.

`load("digits")` or `from_file("mine.csv", target="price")` gives a `Table`; `source(table)` can be
split and scaled from any split seed, statistics of the training rows only, test rows sealed.
A new data set is a function in a new file here with a tuple `ENTRIES`; nothing else needs an edit.

Names resolve lazily: `import lab.data.streams` loads NumPy only.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.data.catalogue import DATASETS, load
    from lab.data.openml import from_openml
    from lab.data.prepared import Prepared, prepare
    from lab.data.scaling import SCALINGS
    from lab.data.sources import Source, source
    from lab.data.splits import Split, make_split
    from lab.data.table import Table
    from lab.data.table_files import from_file

_HOME = {
    "DATASETS": "catalogue", "load": "catalogue", "from_file": "table_files",
    "from_openml": "openml", "Prepared": "prepared", "prepare": "prepared",
    "SCALINGS": "scaling", "Source": "sources", "source": "sources",
    "Split": "splits", "make_split": "splits", "Table": "table",
}  # fmt: skip

__all__ = [
    "DATASETS", "SCALINGS", "Prepared", "Source", "Split", "Table", "from_file", "from_openml",
    "load", "make_split", "prepare", "source",
]  # fmt: skip


def __getattr__(name: str):
    if name in _HOME:
        value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
