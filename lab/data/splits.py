"""Training, validation and test rows: a pure function of the table and a seed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.util import hash_pandas_object

from lab.data.checks import as_text
from lab.data.streams import generator
from lab.data.table import Table
from lab.errors import InputError, require

FRACTIONS = (0.6, 0.2, 0.2)
_BINS = 10  # of a number as target, equally full


@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers, int32, ascending, without overlap."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def make_split(
    table: Table,
    seed: int,
    fractions: tuple[float, float, float] = FRACTIONS,
    train_size: int | None = None,
) -> Split:
    """Deal the rows of `table` out into three parts.

    Rows with the same features go to the same part, so that none is trained on and tested on.
    Every part has its share of each class, or of each tenth of the target's range of values; each
    class has a row in the training part.

    Args:
      table: N rows.
      seed: 0 ≤ seed < 2⁶³.
      fractions: Shares of training, validation and test rows: positive, adding up to 1.
      train_size: Keep this many training rows only, shares of classes as they are; None for all.
        Fewer rows are a subset of more, and validation and test rows stay the same.

    Raises:
      InputError: If `fractions` are no shares, or the rows too few for them.
    """
    shares = _shares(fractions)
    rng = generator(seed, "split")
    group_N = _identical(table)  # group number of each row
    size_G = np.bincount(group_N)
    stratum_G = _strata(table, group_N)

    shuffled_G = rng.permutation(len(size_G))
    by_stratum = shuffled_G[np.argsort(stratum_G[shuffled_G], kind="stable")]
    part_G = np.empty(len(size_G), np.int64)
    for groups in np.split(by_stratum, np.flatnonzero(np.diff(stratum_G[by_stratum])) + 1):
        ends = np.cumsum(size_G[groups])
        middles = (ends - size_G[groups] / 2) / ends[-1]
        part_G[groups] = np.searchsorted(np.cumsum(shares)[:2], middles, side="right")
    for groups in _groups_of_classes(table, group_N):
        if 0 not in part_G[groups]:  # what nothing is learnt of cannot be predicted
            part_G[groups[0]] = 0
    part_N = part_G[group_N]

    train, validation, test = (np.flatnonzero(part_N == p).astype(np.int32) for p in range(3))
    for part, name in ((train, "training"), (validation, "validation"), (test, "test")):
        require(
            len(part) > 0,
            f"data {table.name!r} with {len(table)} rows ({len(size_G)} of them different) is too "
            f"small to split: no {name} row is left.",
        )
    if train_size is not None:
        train = _subset(table, train, rng.permutation(len(train)), train_size)
    _check_classes(table, train)
    return Split(*(_sealed(part) for part in (train, validation, test)))


def _shares(given: Any) -> np.ndarray:
    try:
        shares = np.array(given, np.float64)
    except (TypeError, ValueError):
        shares = np.zeros(0)
    if not (shares.shape == (3,) and (shares > 0).all() and abs(shares.sum() - 1) < 1e-9):
        raise InputError(
            "fractions must be three positive shares (training, validation, test) that add up "
            f"to 1, given {given!r}."
        )
    return shares


def _identical(table: Table) -> np.ndarray:
    """[N] numbers of the groups of rows with the same features, in order of appearance."""
    if isinstance(table.features, pd.DataFrame):
        frame = table.features.copy()
        for column in range(frame.shape[1]):
            values = frame.iloc[:, column]
            if pd.api.types.is_numeric_dtype(values):
                numbers = values.to_numpy(np.float64, na_value=np.nan) + 0.0  # -0 is 0
                frame.isetitem(column, numbers)
            else:
                frame.isetitem(column, np.array(as_text(values), dtype=object))
        hashed = hash_pandas_object(frame, index=False)  # pyright: ignore[reportCallIssue]
        keys = hashed.to_numpy()
    else:
        keys = np.array([row.tobytes() for row in table.features + 0.0], dtype=object)
    return pd.factorize(keys)[0]


def _strata(table: Table, group_N: np.ndarray) -> np.ndarray:
    """[G] what each group is dealt out with: the rarest class in it, or the lowest tenth."""
    if table.kind == "classification":
        rarity_K = np.argsort(np.argsort(np.bincount(table.targets), kind="stable"))
        stratum_N = rarity_K[table.targets]
    else:
        rank_N = np.argsort(np.argsort(table.targets, kind="stable"))
        bins = max(1, min(_BINS, len(table) // 5))
        stratum_N = rank_N * bins // len(table)
    stratum_G = np.full(group_N.max() + 1, stratum_N.max())
    np.minimum.at(stratum_G, group_N, stratum_N)
    return stratum_G


def _groups_of_classes(table: Table, group_N: np.ndarray) -> list[np.ndarray]:
    """For each class the groups with a row of it; for a number as target nothing."""
    return [np.unique(group_N[table.targets == k]) for k in range(len(table.class_names))]


def _subset(table: Table, train: np.ndarray, shuffled: np.ndarray, size: int) -> np.ndarray:
    """The first `size` training rows of an order in which classes come evenly."""
    require(
        isinstance(size, int | np.integer) and 1 <= size <= len(train),
        f"train_size must be a whole number of 1 to {len(train)} training rows, given {size!r}.",
    )
    rows = train[shuffled]
    place = np.arange(len(rows), dtype=np.float64)
    if table.kind == "classification":
        for k in range(len(table.class_names)):
            mine = table.targets[rows] == k
            place[mine] = (np.arange(mine.sum()) + 0.5) / mine.sum()
    return np.sort(rows[np.argsort(place, kind="stable")[:size]])


def _check_classes(table: Table, train: np.ndarray) -> None:
    if table.kind == "classification":
        absent = np.setdiff1d(np.arange(len(table.class_names)), table.targets[train])
        names = ", ".join(repr(table.class_names[k]) for k in absent)
        require(
            len(absent) == 0,
            f"no training row of data {table.name!r} is of class {names}: give more rows of it.",
        )


def _sealed(rows: np.ndarray) -> np.ndarray:
    rows.flags.writeable = False
    return rows
