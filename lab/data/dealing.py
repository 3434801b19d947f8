"""Which rows must not be parted, and how the rest is dealt out evenly."""

from typing import Any

import numpy as np
import pandas as pd
from pandas.util import hash_pandas_object
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lab.data.table import Table
from lab.data.table_checks import as_text

_BINS = 10  # of a number as target, equally full


def inseparable(table: Table) -> np.ndarray:
    """[N] numbers of the groups of rows that stay together, in order of appearance.

    Rows with the same features do, and rows of one of the table's groups; so do rows that are
    tied by a chain of both.
    """
    alike_N = _alike(table)
    if table.groups is None:
        return alike_N
    kinds = alike_N.max() + 1
    ties = coo_array(
        (np.ones(len(table), bool), (alike_N, kinds + table.groups)),
        shape=(kinds + table.groups.max() + 1,) * 2,
    )
    component = connected_components(ties, directed=False)[1]
    return pd.factorize(component[alike_N])[0]


def _alike(table: Table) -> np.ndarray:
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
        keys: Any = hashed.to_numpy()
    else:
        keys = np.array([row.tobytes() for row in table.features + 0.0], dtype=object)
    return pd.factorize(keys)[0]


def strata(table: Table, group_N: np.ndarray) -> np.ndarray:
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


def by_shares(
    size_G: np.ndarray, stratum_G: np.ndarray, shuffled_G: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    """[G] number of the part of each group: every stratum is cut by the shares."""
    by_stratum = shuffled_G[np.argsort(stratum_G[shuffled_G], kind="stable")]
    part_G = np.empty(len(size_G), np.int64)
    for groups in np.split(by_stratum, np.flatnonzero(np.diff(stratum_G[by_stratum])) + 1):
        ends = np.cumsum(size_G[groups])
        middles = (ends - size_G[groups] / 2) / ends[-1]
        part_G[groups] = np.searchsorted(np.cumsum(shares)[:-1], middles, side="right")
    return part_G


def by_folds(
    size_G: np.ndarray, stratum_G: np.ndarray, shuffled_G: np.ndarray, folds: int
) -> np.ndarray:
    """[G] number of the fold of each group, the largest groups first.

    A group goes where its stratum has fewest rows, of these where there are fewest in all. Of
    single rows every fold has the same number of each class, and in all, up to one.
    """
    shuffled = shuffled_G[np.lexsort((stratum_G[shuffled_G], -size_G[shuffled_G]))]
    filled = np.zeros((stratum_G.max() + 1, folds), np.int64)
    total = np.zeros(folds, np.int64)
    fold_G = np.empty(len(size_G), np.int64)
    for group in shuffled:
        mine = filled[stratum_G[group]]
        fold = np.lexsort((total, mine))[0]
        mine[fold] += size_G[group]
        total[fold] += size_G[group]
        fold_G[group] = fold
    return fold_G


def by_time(times: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """[N] number of the part of each row, −1 before the first of the edges and after the last.

    Args:
      times: [N] of anything that can be ordered.
      edges: Shares of the rows, ascending. Rows of one time are in one part, that of the middle
        of them.
    """
    _, at, count = np.unique(times, return_inverse=True, return_counts=True)
    place = ((np.cumsum(count) - count / 2) / len(times))[at]
    part = np.searchsorted(edges, place, side="right") - 1
    return np.where(part < len(edges) - 1, part, -1)
