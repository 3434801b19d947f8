"""Training, validation and test rows: a pure function of the table and a seed."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lab.data import dealing
from lab.data.streams import check_seed, generator
from lab.data.table import Table
from lab.validation.checks import check_fields, checked
from lab.validation.errors import InputError, require, shown

FRACTIONS = (0.6, 0.2, 0.2)
_WINDOW = 0.5  # of the rows, in time-ordered splits without folds


@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers, int32, ascending, without overlap."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray

    def __post_init__(self):
        check_fields(self)
        for name, given in tuple(vars(self).items()):
            rows = np.asarray(given)
            require(
                rows.ndim == 1 and rows.dtype.kind in "iu",
                f"{name} must be row numbers [rows], given {shown(given)}.",
            )
            object.__setattr__(self, name, rows)


@checked
def make_split(
    table: Table,
    seed: int,
    fractions: Any = FRACTIONS,
    train_size: int | None = None,
    folds: int | None = None,
) -> Split:
    """Deal the rows of `table` out into three parts.

    Rows with the same features go to the same part, so that none is trained on and tested on, and
    so do the rows of one of the table's groups. Every part has its share of each class, or of
    each tenth of the target's range of values; each class has a row in the training part.

    With `folds`=k the rows are dealt into k such folds; seed s stands for fold s mod k of the
    deal s // k: that fold is tested on, the next one validates, and k − 2 train. So over seeds
    0..k−1 every row is tested once and validates once, and k more seeds are a repetition.

    A table with times is cut into what comes first (training), then (validation) and last (test)
    within a window of its rows, and rows outside are not used; the window is as long for every
    seed. Seed s puts it at a random place, half as long as the table. With `folds`=k seed s < k
    is the s-th of k evenly spaced windows, so long that their test parts follow one another
    (rolling origin). Times go before features: rows alike may then be in two parts.

    Args:
      table: N rows.
      seed: 0 ≤ seed < 2⁶³.
      fractions: Shares of training, validation and test rows: positive, adding up to 1. With
        `folds` of a table without times they are (k − 2)/k, 1/k and 1/k whatever is given.
      train_size: Keep this many training rows only, shares of classes as they are (of a table
        with times the latest); None for all. Fewer rows are a subset of more, and validation
        and test rows stay the same.
      folds: k ≥ 3, or None.

    Raises:
      InputError: If `fractions` are no shares, or the rows too few for them.
    """
    shares = _shares(fractions)
    require(
        folds is None or (isinstance(folds, int) and not isinstance(folds, bool) and folds >= 3),
        f"folds must be a whole number of at least 3 (one tests, one validates), given {folds!r}.",
    )
    seed = check_seed(seed)
    if table.times is not None:
        part_N = dealing.by_time(table.times, _window(seed, shares, folds))
        order_N = np.argsort(-table.times, kind="stable")
        units = len(np.unique(table.times))
    else:
        part_N, order_N, units = _dealt(table, seed, shares, folds)
    train, validation, test = (np.flatnonzero(part_N == p).astype(np.int32) for p in range(3))
    for part, name in ((train, "training"), (validation, "validation"), (test, "test")):
        require(
            len(part) > 0,
            f"data {table.name!r} with {len(table)} rows ({units} of them different) is too "
            f"small to split: no {name} row is left.",
        )
    if train_size is not None:
        train = _subset(table, order_N[part_N[order_N] == 0], train_size)
    _check_classes(table, train)
    return Split(*(_sealed(part) for part in (train, validation, test)))


def _dealt(
    table: Table, seed: int, shares: np.ndarray, folds: int | None
) -> tuple[np.ndarray, np.ndarray, int]:
    """[N] the part of each row, [N] an order to cut training rows in, and how many can be dealt."""
    repetition, fold = (seed, 0) if folds is None else divmod(seed, folds)
    rng = generator(repetition, "split")
    group_N = dealing.inseparable(table)
    size_G = np.bincount(group_N)
    stratum_G = dealing.strata(table, group_N)
    shuffled_G = rng.permutation(len(size_G))
    if folds is None:
        part_G = dealing.by_shares(size_G, stratum_G, shuffled_G, shares)
    else:
        turned_G = (dealing.by_folds(size_G, stratum_G, shuffled_G, folds) - fold) % folds
        part_G = np.select([turned_G == 0, turned_G == 1], [2, 1], 0)
    for groups in _groups_of_classes(table, group_N):
        if 0 not in part_G[groups]:  # what nothing is learnt of cannot be predicted
            part_G[groups[0]] = 0
    part_N = part_G[group_N]
    train = np.flatnonzero(part_N == 0)
    order_N = np.concatenate([train[rng.permutation(len(train))], np.flatnonzero(part_N != 0)])
    return part_N, order_N, len(size_G)


def _window(seed: int, shares: np.ndarray, folds: int | None) -> np.ndarray:
    """[4] where the three parts of a time-ordered split begin and end, in shares of the rows."""
    if folds is None:
        length = _WINDOW
        start = generator(seed, "split", 1).uniform(0, 1 - length)
    else:
        require(
            seed < folds,
            f"split must be below folds={folds} where rows are ordered in time, given {seed}: "
            "there is one order, and no repetition.",
        )
        length = 1 / (1 + shares[2] * (folds - 1))
        start = seed * (1 - length) / (folds - 1)
    edges = start + length * np.concatenate([[0.0], np.cumsum(shares)])
    return np.where(edges > 1 - 1e-9, np.inf, edges)  # the last row belongs to the last window


def _shares(given: Any) -> np.ndarray:
    try:
        shares = np.array(given, np.float64)
    except (TypeError, ValueError, OverflowError):
        shares = np.zeros(0)
    if not (shares.shape == (3,) and (shares > 0).all() and abs(shares.sum() - 1) < 1e-9):
        raise InputError(
            "fractions must be three positive shares (training, validation, test) that add up "
            f"to 1, given {shown(given)}."
        )
    return shares


def _groups_of_classes(table: Table, group_N: np.ndarray) -> list[np.ndarray]:
    """For each class the groups with a row of it; for a number as target nothing."""
    return [np.unique(group_N[table.targets == k]) for k in range(len(table.class_names))]


def _subset(table: Table, rows: np.ndarray, size: int) -> np.ndarray:
    """The first `size` training rows of an order in which classes come evenly."""
    require(
        isinstance(size, int | np.integer) and 1 <= size <= len(rows),
        f"train_size must be a whole number of 1 to {len(rows)} training rows, given {size!r}.",
    )
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
    rows = rows.astype(np.int32)
    rows.flags.writeable = False
    return rows
