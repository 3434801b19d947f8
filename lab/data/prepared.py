"""From a split table to arrays that a network can read, with statistics of training rows only."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lab.data.scaling import SCALINGS, check_scaling
from lab.data.splits import Split
from lab.data.table import Table
from lab.data.table_checks import as_text
from lab.validation.checks import check_fields, checked
from lab.validation.errors import require, shown

FARTHEST = 1e6  # in scaled units: what lies beyond is put there


@dataclass(frozen=True, eq=False)
class Prepared:
    """One split of one table, ready for training; arrays are read-only.

    The test rows are sealed: no public attribute says which rows they are. Selection reads
    `validation`; the reporting step of `lab.protocol`, and nothing else, calls `open_test`.

    Attributes:
      rows: `x` float32 [N, D], `y` int32 [N] (classes) or float32 [N] (standardized), and `weight`
        float32 [N] (mean 1 over training rows), of all rows of the table.
      train: int32: rows that are trained on.
      validation: int32: rows that select.
      target_scale: A prediction p means p · target_scale + target_offset in the target's units.
      target_offset: Mean of the training targets; 0 for classes, with a target_scale of 1.
    """

    rows: dict[str, np.ndarray]
    train: np.ndarray
    validation: np.ndarray
    target_scale: float
    target_offset: float
    _test: np.ndarray = field(repr=False)

    def __post_init__(self):
        check_fields(self)

    def open_test(self) -> np.ndarray:
        """int32: the test rows. For the reporting step alone, once everything is chosen."""
        return self._test


@checked
def prepare(
    table: Table, split: Split, scaling: str = "standard", targets: np.ndarray | None = None
) -> Prepared:
    """Impute, scale and encode `table` with statistics of the training rows of `split` only.

    - Numbers: missing ones become the training median; then less the training mean, over the
      training standard deviation (constant columns become 0), or another scaling. Values beyond
      ±10⁶ are put there.
    - Booleans stay 0 and 1.
    - Everything else is one-hot encoded. The vocabulary is that of the whole table, a schema
      rather than a statistic, so that all splits have one width; missing is a value too.
    - A number as target: less the training mean, over the training standard deviation.

    Columns come in this order: numbers, booleans, and values of each categorical column, sorted.

    Args:
      table: N rows.
      split: Its parts.
      scaling: Of the numbers among the features; a key of `lab.data.scaling.SCALINGS`.
      targets: [N] in place of those of the table; None for its own.
    """
    check_scaling(scaling)
    own = table.targets
    known = own if targets is None else np.asarray(targets)
    require(
        known.shape == own.shape and known.dtype.kind == own.dtype.kind,
        f"targets must be like those of the table, {shown(own)}, given {shown(known)}.",
    )
    dealt = np.concatenate([split.train, split.validation, split.test])
    require(
        len(split.train) > 0 and int(dealt.min()) >= 0 and int(dealt.max()) < len(table),
        f"split must have training rows, all of them rows 0 to {len(table) - 1} of the table.",
    )
    x = np.clip(fitted(table, split, scaling).transform(_texts(table)), -FARTHEST, FARTHEST)

    scale, offset = 1.0, 0.0
    if table.kind == "classification":
        y = known.astype(np.int32)
    else:
        training = known[split.train]
        offset = float(training.mean())
        scale = float(training.std()) or 1.0
        y = np.clip((known - offset) / scale, -FARTHEST, FARTHEST).astype(np.float32)
    weight = np.ones(len(table)) if table.weights is None else table.weights
    rows = {
        "x": np.ascontiguousarray(x, np.float32),
        "y": y,
        "weight": (weight / weight[split.train].mean()).astype(np.float32),
    }
    for array in rows.values():
        array.flags.writeable = False
    return Prepared(rows, split.train, split.validation, scale, offset, split.test)


def fitted(table: Table, split: Split, scaling: str) -> Any:
    """The estimator that makes the columns of `prepare`, fitted to the training rows of `split`."""
    transformer = _transformer(table, list(vocabularies(table)), scaling)
    return transformer.fit(_take(_texts(table), split.train))


def vocabularies(table: Table) -> Iterator[tuple[int, list[str]]]:
    """Number and sorted values of each categorical column."""
    for at, kind in enumerate(kinds(table)):
        if kind == "categorical":
            yield at, sorted(set(as_text(table.features.iloc[:, at])))


def encoded_width(table: Table) -> int:
    """How many columns `prepare` makes of the features, whatever the split."""
    texts = [len(values) for _, values in vocabularies(table)]
    return table.features.shape[1] - len(texts) + sum(texts)


def kinds(table: Table) -> list[str]:
    """Of each column: `"number"`, `"boolean"` or `"categorical"`."""
    if not isinstance(table.features, pd.DataFrame):
        return ["number"] * table.features.shape[1]
    return [_kind(table.features.iloc[:, at]) for at in range(table.features.shape[1])]


def _kind(values: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(values) and not values.isna().any():
        return "boolean"
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    return "number" if numeric else "categorical"


def _transformer(table: Table, vocabulary: list[tuple[int, list[str]]], scaling: str) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    of_column = kinds(table)
    measured = SCALINGS[scaling]()
    if _gaps(table):  # medians of many pixels take seconds
        # a column without any training value becomes 0
        fill = SimpleImputer(strategy="median", keep_empty_features=True)
        measured = make_pipeline(fill, measured)
    values: Any = [np.array(texts, dtype=object) for _, texts in vocabulary]
    encoder = OneHotEncoder(
        categories=values,
        handle_unknown="ignore",
        sparse_output=False,
    )
    return ColumnTransformer(
        [
            ("numbers", measured, _at("number", of_column)),
            ("booleans", "passthrough", _at("boolean", of_column)),
            ("categories", encoder, [at for at, _ in vocabulary]),
        ],
        sparse_threshold=0,
    )


def _at(kind: str, of_column: list[str]) -> list[int]:
    return [at for at, one in enumerate(of_column) if one == kind]


def _gaps(table: Table) -> bool:
    if isinstance(table.features, pd.DataFrame):
        return bool(table.features.isna().any(axis=None))
    return bool(np.isnan(table.features).any())


def _texts(table: Table) -> Any:
    """The features, numbers as floats and categorical columns as text without gaps."""
    if not isinstance(table.features, pd.DataFrame):
        return table.features
    columns = {}
    for at, kind in enumerate(kinds(table)):
        values = table.features.iloc[:, at]
        if kind == "categorical":
            columns[str(at)] = pd.Series(as_text(values), dtype=object)
        else:
            columns[str(at)] = values.to_numpy(np.float64, na_value=np.nan)
    return pd.DataFrame(columns)


def _take(features: Any, rows: np.ndarray) -> Any:
    return features.iloc[rows] if isinstance(features, pd.DataFrame) else features[rows]
