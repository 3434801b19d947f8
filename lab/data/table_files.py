"""Your own data: a CSV or NPZ file as a table, or one sentence about what is wrong with it."""

import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pandas as pd

from lab.data.frame import from_frame, one_of
from lab.data.table import Table
from lab.files import AnyPath, existing_file, read_arrays
from lab.validation.checks import checked
from lab.validation.errors import InputError, require, shown

_TEXT = (".csv", ".tsv", ".txt")
_COLUMNS = 100_000  # at most: more take minutes to read
_REASON = 300  # characters of what pandas says


@checked
def from_file(
    path: AnyPath,
    target: str = "y",
    kind: Literal["classification", "regression"] | None = None,
    weight: str | None = None,
    drop: Sequence[str] = (),
    group: str | None = None,
    time: str | None = None,
) -> Table:
    """Read a table from a file.

    CSV (also .tsv, .txt; UTF-8; comma, semicolon or tab, whichever the first line has most of):
    the first line names the columns, and every column but `target`, `weight`, `group`, `time` and
    `drop` is a feature. Empty cells are missing. Numbers and True/False are read as such, all else
    is text and becomes categorical. Left out, with a warning: columns with one value only, text
    that differs in every row, and whole numbers that count the rows.

    NPZ: an array `x` (or `X`) [N, D], or images [N, height, width] (channels after them), an
    array named `target` [N], and perhaps one named `weight` [N]. Nothing is unpickled.

    What is predicted, unless `kind` says so: text, True/False and whole numbers with at most 20
    different values are classes; other numbers are numbers.

    Args:
      path: The file.
      target: Name of the column or array to predict.
      kind: `"classification"`, `"regression"`, or None: by the rule above.
      weight: Name of the column or array that says how much each row counts; None for all alike.
      drop: Names of columns that are no features (identifiers, what is known too late, ...).
      group: Name of a column of a CSV file: rows of one value (a patient, a site) are never in
        two parts of a split.
      time: Name of a column of a CSV file, numbers or dates: splits test on what comes after the
        training rows. Not together with `group`.

    Raises:
      InputError: If the file is missing, empty or no table, a name is not in it or there twice,
        or the target is missing in some row, has one value only or does not suit `kind`.
    """
    path = existing_file(path, "data file")
    if path.suffix.lower() == ".npz":
        for what, given in (("drop", drop), ("group", group), ("time", time)):
            require(
                not given, f"{what} is for columns of CSV files, given {given!r} for {path.name!r}."
            )
        return _from_npz(path, target, kind, weight)
    frame = read_frame(path)
    return from_frame(frame, path.stem, target, kind, weight, drop, group=group, time=time)


def read_frame(path: str | Path) -> pd.DataFrame:
    """All columns of a CSV file, as `from_file` reads it.

    Raises:
      InputError: If it is missing, empty or no table.
    """
    path = existing_file(path, "data file")
    require(
        path.suffix.lower() in _TEXT,
        f"path {str(path)!r} must end in one of {', '.join(_TEXT)} or .npz.",
    )
    try:
        names = _header(path)
        separator = _separator(path)
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # it would drop cells
            frame = pd.read_csv(
                path, sep=separator, header=0, names=range(len(names)),
                encoding="utf-8-sig", index_col=False, low_memory=False, skipinitialspace=True,
            )  # fmt: skip
    except UnicodeError:
        raise InputError(f"{str(path)!r} is not UTF-8 text.") from None
    except pd.errors.EmptyDataError:
        raise InputError(f"{str(path)!r} holds no table.") from None
    except (pd.errors.ParserError, pd.errors.ParserWarning, ValueError, OverflowError) as error:
        reason = " ".join(str(error).split()).rstrip(".")[:_REASON]
        raise InputError(f"{str(path)!r} cannot be read as a table: {reason}.") from None
    require(len(frame) > 0, f"{str(path)!r} has a first line with names but no rows.")
    frame.columns = pd.Index(names, dtype=object)
    return frame


def _separator(path: Path) -> str:
    with path.open(encoding="utf-8-sig") as lines:
        first = next((line for line in lines if line.strip()), "")
    separator = max(",;\t", key=first.count)
    columns = first.count(separator) + 1
    require(columns <= _COLUMNS, f"it has {columns:,} columns, at most {_COLUMNS:,} are allowed")
    return separator


def _header(path: Path) -> list[str]:
    header = pd.read_csv(
        path, sep=_separator(path), header=None, nrows=1, dtype=object, encoding="utf-8-sig",
        keep_default_na=False, skipinitialspace=True,
    )  # fmt: skip
    names = [str(name) for name in header.iloc[0]]
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    require(not twice, f"several columns are named {shown(twice)[1:-1]}")
    return names


def _from_npz(path: Path, target: str, kind: str | None, weight: str | None) -> Table:
    arrays = read_arrays(path)
    features = "x" if "x" in arrays else one_of("array", "X", arrays, f"x in {path.name!r}")
    one_of("array", target, arrays, f"target in {path.name!r}")
    require(target != features, f"target must be another array than {features!r}.")
    if weight is not None:
        one_of("array", weight, arrays, f"weight in {path.name!r}")
    x, y = arrays[features], arrays[target]
    require(
        x.ndim >= 2 and x.dtype.kind in "biuf" and x.size > 0,
        f"array {features!r} of {path.name!r} must be numbers [rows, ...], given {x.dtype} "
        f"{list(x.shape)}.",
    )
    require(
        y.shape == x.shape[:1],
        f"array {target!r} of {path.name!r} must have a number for each of {len(x)} rows, given "
        f"{list(y.shape)}.",
    )
    weights = None if weight is None else arrays[weight]
    frame = pd.DataFrame({target: y})
    return from_frame(frame, path.stem, target, kind, features=x, weights=weights)
