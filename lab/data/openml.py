"""Data sets of openml.org by name, kept in a folder and checked against a hash when read again."""

import math
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from lab.data.frame import from_frame
from lab.data.table import Table
from lab.files import AnyPath
from lab.validation.checks import checked
from lab.validation.errors import InputError, require
from lab.validation.kinds import Count

_WIDE = 100  # numeric columns: from here on they are kept as one float32 array


@checked
def from_openml(
    name: str,
    version: Count = 1,
    kind: Literal["classification", "regression"] | None = None,
    cache: AnyPath = ".cache/openml",
) -> Table:
    """Fetch a data set, such as `"mnist_784"`, `"Fashion-MNIST"` or `"diabetes"` (Pima).

    The first call writes the hash of the contents beside the downloaded file; later calls compare,
    so that a record's data cannot change unseen.

    Args:
      name: On openml.org.
      version: One of its versions there; a version never changes.
      kind: `"classification"`, `"regression"`, or None: by the rule of `lab.data.from_file`.
      cache: Folder for downloads and hashes.

    Raises:
      InputError: If the data set cannot be had, is not usable, or differs from its hash.
    """
    cache = Path(cache)
    try:
        bunch = _fetch(name, version, cache)
    except (OSError, ValueError) as error:  # URLError is an OSError
        reason = " ".join(str(error).split())
        raise InputError(f"{name!r}, version {version}, of openml.org: {reason}") from error
    table = _table(bunch, name, kind)
    _check(table, cache / f"{_file_name(name)}-{version}.sha256")
    return table


def _fetch(name: str, version: int, cache: Path) -> Any:
    from sklearn.datasets import fetch_openml

    return fetch_openml(name, version=version, data_home=str(cache), as_frame=True, parser="auto")


def _table(bunch: Any, name: str, kind: str | None) -> Table:
    features, target = bunch.data, bunch.target
    require(
        target is not None and getattr(target, "ndim", 0) == 1,
        f"{name!r} of openml.org has no single column to predict.",
    )
    numeric = all(dtype.kind in "iuf" for dtype in features.dtypes)
    if features.shape[1] >= _WIDE and numeric:
        side, values = math.isqrt(features.shape[1]), features.to_numpy(np.float32)
        if side**2 == features.shape[1]:
            values = values.reshape(-1, side, side)
        return from_frame(pd.DataFrame({"target": target}), name, "target", kind, features=values)
    frame = features.assign(**{"target of " + name: target})
    return from_frame(frame, name, "target of " + name, kind)


def _check(table: Table, file: Path) -> None:
    found = table.sha256()
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(found + "\n")
    known = file.read_text().strip()
    require(
        known == found,
        f"the contents of {table.name!r} have hash {found[:12]}… but had {known[:12]}… when first "
        f"fetched: delete {str(file.parent)!r} to fetch it again.",
    )


def _file_name(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in name)
