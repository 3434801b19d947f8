"""What a table accepts, part by part; everything else is refused in one sentence."""

from typing import Any

import numpy as np
import pandas as pd

from lab.validation.errors import InputError, require, shown

MISSING = "(missing)"
LARGEST = 1e30  # of a feature: its square must have a float64


def as_text(values: pd.Series) -> list[str]:
    """A categorical column without gaps, as everything downstream reads it."""
    return [str(v) if known else MISSING for v, known in zip(values, values.notna())]


def array_of(name: str, what: str, given: Any) -> np.ndarray:
    """A copy as an array, of whatever dtype; ragged lists are none."""
    try:
        return np.array(given)
    except (TypeError, ValueError, OverflowError):
        raise InputError(
            f"{what} of data {name!r} must be an array, given {shown(given)}."
        ) from None


def features_of(name: str, given: Any) -> Any:
    """A copy of the features, as a frame or a float array [N, D]."""
    if isinstance(given, pd.DataFrame):
        frame = given.reset_index(drop=True).copy()
        for at, column in enumerate(frame.columns):
            _check_column(name, str(column), frame.iloc[:, at])
    else:
        frame = array_of(name, "features", given)
        require(
            frame.ndim == 2 and frame.dtype.kind in "biuf",
            f"features of data {name!r} must be numbers [rows, columns], given {frame.dtype} "
            f"{list(frame.shape)}.",
        )
        frame = sealed(frame.astype(np.float32 if frame.dtype == np.float32 else np.float64))
        _check_finite(name, "features", frame)
    require(
        frame.shape[0] > 0 and frame.shape[1] > 0,
        f"data {name!r} must have rows and features, given {frame.shape[0]} rows of "
        f"{frame.shape[1]} features.",
    )
    return frame


def _check_column(name: str, column: str, values: pd.Series) -> None:
    types = pd.api.types
    require(
        not (types.is_datetime64_any_dtype(values) or types.is_timedelta64_dtype(values))
        and not types.is_complex_dtype(values),
        f"column {column!r} of data {name!r} must hold numbers, booleans or text, "
        f"given {values.dtype}.",
    )
    if types.is_numeric_dtype(values) and not types.is_bool_dtype(values):
        _check_finite(name, f"column {column!r}", values.to_numpy(np.float64, na_value=np.nan))


def _check_finite(name: str, what: str, values: np.ndarray) -> None:
    require(not np.isinf(values).any(), f"{what} of data {name!r} holds infinite values.")
    largest = np.nanmax(np.abs(values), initial=0.0)
    require(
        bool(largest <= LARGEST),
        f"{what} of data {name!r} must stay within ±{LARGEST:g} to be scaled, given {largest:g}.",
    )


def check_names(name: str, names: tuple[str, ...], what: str) -> None:
    """Refuse names that occur twice."""
    if len(set(names)) < len(names):
        twice = sorted({one for one in names if names.count(one) > 1})
        raise InputError(f"{what} of data {name!r} must differ, given {shown(twice)} repeatedly.")


def classes_of(name: str, given: Any, names: tuple[str, ...]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Class numbers int64 [N], and the names of the classes."""
    targets = array_of(name, "targets", given)
    require(
        targets.ndim == 1 and targets.dtype.kind in "biu",
        f"classification targets of data {name!r} must be class numbers [rows], given "
        f"{targets.dtype} {list(targets.shape)}.",
    )
    targets = targets.astype(np.int64)
    present = np.unique(targets)
    require(
        len(present) > 1,
        f"data {name!r} must have at least two classes, given only class "
        f"{', '.join(map(str, present)) or 'none'}.",
    )
    names = tuple(str(one) for one in names) or tuple(str(k) for k in range(len(present)))
    check_names(name, names, "class_names")
    require(
        np.array_equal(present, np.arange(len(names))),
        f"targets of data {name!r} must be 0 to {len(names) - 1} for its class_names, "
        f"each of them present, given {present[0]} to {present[-1]} with {len(present)} present.",
    )
    return targets, names


def numbers_of(name: str, given: Any) -> np.ndarray:
    """Targets of a regression: float64 [N]."""
    targets = array_of(name, "targets", given)
    require(
        targets.ndim == 1 and targets.dtype.kind in "biuf",
        f"regression targets of data {name!r} must be numbers [rows], given {targets.dtype} "
        f"{list(targets.shape)}.",
    )
    targets = targets.astype(np.float64)
    lost = int((~np.isfinite(targets)).sum())
    require(lost == 0, f"targets of data {name!r} are not finite in {lost} rows.")
    _check_finite(name, "the target", targets)
    require(
        len(np.unique(targets)) > 1,
        f"data {name!r} must have targets that differ, given one value only.",
    )
    return targets


def weights_of(name: str, given: Any, rows: int) -> np.ndarray | None:
    """Weights float64 [N], or None."""
    if given is None:
        return None
    try:
        weights = np.array(given, np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InputError(
            f"weights of data {name!r} must be numbers, given {shown(given)}."
        ) from None
    require(
        weights.shape == (rows,),
        f"data {name!r} has {rows} rows but weights {list(weights.shape)}.",
    )
    require(
        bool((np.isfinite(weights) & (weights > 0)).all()),
        f"weights of data {name!r} must be positive and finite (leave out rows that should not "
        f"count), given {weights.min():g} to {weights.max():g}.",
    )
    return sealed(weights)


def groups_of(name: str, given: Any, rows: int) -> np.ndarray | None:
    """Numbers of the groups, int64 [N] in order of appearance, or None."""
    if given is None:
        return None
    values = _each_known(name, given, rows, "groups")
    numbers = pd.factorize(values)[0].astype(np.int64)
    count = int(numbers.max()) + 1
    require(
        count >= 3,
        f"groups of data {name!r} must be at least 3 (to train, validate and test), given {count}.",
    )
    return sealed(numbers)


def times_of(name: str, given: Any, rows: int) -> np.ndarray | None:
    """Ranks of the times, int64 [N] from 0, equal where times are; or None."""
    if given is None:
        return None
    values = _each_known(name, given, rows, "times")
    if not (pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values)):
        try:
            values = pd.Series(pd.to_datetime(values, format="ISO8601", utc=True))
        except (ValueError, TypeError, OverflowError):
            raise InputError(
                f"times of data {name!r} must be numbers or dates such as 2024-05-31, given "
                f"{values.iloc[0]!r}."
            ) from None
    ranks = values.rank(method="dense").to_numpy(np.int64) - 1
    require(
        ranks.max() >= 2,
        f"times of data {name!r} must have at least 3 values, given {ranks.max() + 1}.",
    )
    return sealed(ranks)


def _each_known(name: str, given: Any, rows: int, what: str) -> pd.Series:
    array = array_of(name, what, given)
    require(
        array.shape == (rows,),
        f"data {name!r} has {rows} rows but {what} {list(array.shape)}.",
    )
    values = pd.Series(given).reset_index(drop=True)
    lost = int(values.isna().sum())
    require(lost == 0, f"{what} of data {name!r} are missing in {lost} of {rows} rows.")
    return values


def sealed(array: np.ndarray) -> np.ndarray:
    """The array, read-only from now on."""
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array
