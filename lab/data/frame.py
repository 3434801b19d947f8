"""From a data frame to a table: which column is what, and what is to be predicted."""

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from lab.data.table import KINDS, Table
from lab.validation.errors import UnknownNameError, require

FEW = 20  # whole numbers with so many different values are classes
MANY = 1000  # different texts in a column: more is no category


def from_frame(
    frame: pd.DataFrame,
    name: str,
    target: str,
    kind: str | None = None,
    weight: str | None = None,
    drop: Iterable[str] = (),
    *,
    group: str | None = None,
    time: str | None = None,
    features: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> Table:
    """Make a table of a data frame with unique column names; see `lab.data.from_file`.

    Args:
      frame: One row an example.
      name: Of the table.
      target: Column to predict.
      kind: `"classification"`, `"regression"`, or None: by the target's values.
      weight: Column of weights, or None.
      drop: Columns that are no features.
      group: Column of what must not be parted, or None.
      time: Column of the order in time, or None.
      features: Numbers [N, D], or images [N, height, width], where they are no columns of `frame`.
      weights: Numbers [N] where the weights are no column of `frame`.
    """
    drop = [drop] if isinstance(drop, str) else list(drop)
    columns = list(frame.columns)
    single = {"target": target, "weight": weight, "group": group, "time": time}
    told = [*((c, what) for what, c in single.items()), *((c, "drop") for c in drop)]
    for column, what in told:
        if column is not None:
            one_of("column", column, columns, f"{what} in {name!r}")
    require(
        target not in (weight, group, time, *drop),
        f"target {target!r} must not be the weight, nor among the columns to drop, nor group or "
        "time.",
    )
    require(
        kind is None or kind in KINDS,
        f"kind must be {', '.join(map(repr, KINDS))} or None, given {kind!r}.",
    )
    targets, class_names = _targets(pd.Series(frame[target]), name, kind)
    if weight is not None:
        weights = _numbers(pd.Series(frame[weight]), f"weight column {weight!r} of {name!r}")
    given: Any
    if features is None:
        given = _features(frame.drop(columns=list({c for c, _ in told if c})), name)
        names, shape = tuple(given.columns), ()
    else:
        given, names, shape = features.reshape(len(features), -1), (), features.shape[1:]
    image_shape = shape[:2] if len(shape) > 1 and np.prod(shape[2:]) == 1 else None
    return Table(
        name, given, targets, "classification" if class_names else "regression",
        feature_names=names, class_names=class_names, weights=weights, image_shape=image_shape,
        groups=None if group is None else frame[group].to_numpy(),
        times=None if time is None else frame[time].to_numpy(),
    )  # fmt: skip


def one_of(kind: str, given: str, known: Iterable[str], where: str) -> str:
    """`given` if it is one of the known names; otherwise an error that suggests the nearest."""
    known = list(known)
    if given not in known:
        raise UnknownNameError(f"{kind} for {where}:", given, map(str, known))
    return given


def _targets(values: pd.Series, name: str, kind: str | None) -> tuple[np.ndarray, tuple[str, ...]]:
    """Class numbers with class names, or numbers with none."""
    what = f"target {values.name!r} of {name!r}"
    lost = int(values.isna().sum())
    require(
        lost == 0, f"{what} is missing in {lost} of {len(values)} rows: fill it in, or drop them."
    )
    number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if number:
        numbers = _numbers(values, what)
        require(bool(np.isfinite(numbers).all()), f"{what} holds infinite values.")
        whole = bool((numbers == np.round(numbers)).all())
        if kind == "regression" or (kind is None and not (whole and values.nunique() <= FEW)):
            return numbers, ()
        classes, ids = np.unique(numbers, return_inverse=True)
        labels = tuple(str(int(c)) if c == round(c) else str(c) for c in classes)
    else:
        require(
            kind != "regression",
            f"{what} holds {values.dtype} values, such as {values.iloc[0]!r}, but regression "
            "needs numbers.",
        )
        classes, ids = np.unique(np.array([str(v) for v in values]), return_inverse=True)
        labels = tuple(str(c) for c in classes)
    require(len(labels) > 1, f"{what} must have at least two classes, given only {labels[0]!r}.")
    hint = " (kind='regression' predicts it as a number)" if number else ""
    require(
        len(labels) <= max(2, len(values) // 2),
        f"{what} has {len(labels)} different values in {len(values)} rows, too many to be "
        f"classes{hint}.",
    )
    return ids.astype(np.int64), labels


def _numbers(values: pd.Series, what: str) -> np.ndarray:
    require(
        pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_complex_dtype(values),
        f"{what} must hold numbers, given {values.dtype} values such as {values.iloc[0]!r}.",
    )
    return values.to_numpy(np.float64, na_value=np.nan)


def _features(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The columns that say something."""
    kept = []
    for column, values in frame.items():
        reason = _useless(values)
        if reason:
            warnings.warn(f"column {column!r} of {name!r} is left out: {reason}.", stacklevel=4)
        else:
            kept.append(column)
            different = 0 if _is_number(values) else values.nunique()
            require(
                different <= MANY,
                f"column {column!r} of {name!r} has {different} different texts, too many for "
                f"categories (at most {MANY}): drop it, or make numbers of it.",
            )
    require(len(kept) > 0, f"no column of {name!r} is left as a feature.")
    return frame.loc[:, kept]


def _useless(values: pd.Series) -> str:
    """Why a column says nothing about other rows; empty if it may."""
    if values.nunique(dropna=False) == 1:
        return "it has one value only"
    different = len(values) > 2 and values.nunique() == len(values)
    if different and not _is_number(values):
        return "its text differs in every row"
    if different and pd.api.types.is_integer_dtype(values):
        numbers = values.to_numpy(np.int64)
        if len(np.unique(np.diff(numbers))) == 1 and abs(int(numbers[1]) - int(numbers[0])) == 1:
            return "it counts the rows"
    return ""


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values)
