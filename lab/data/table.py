"""A data set before it is split."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lab.errors import InputError, require

KINDS = ("classification", "regression")
MISSING = "(missing)"
LARGEST = 1e30  # of a feature: its square must have a float64


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of features with a target each: N rows, D columns, K classes.

    It copies what it is given and checks it once, here, so that nothing downstream has to.

    Attributes:
      name: What the data is called in tables and figures.
      features: DataFrame [N, D], or float array [N, D]. Missing values are NaN (or None in text).
        By dtype: numbers are measured, booleans are indicators, everything else is categorical.
      targets: int64 [N], class numbers 0..K-1, or float64 [N].
      kind: `"classification"` or `"regression"`.
      feature_names: D names; by default the columns of the frame, or `x0`, `x1`, ...
      class_names: K names; by default the class numbers. Empty for regression.
      weights: float64 [N], positive: how much each row counts; None for all alike.
      image_shape: (height, width), where the D features are pixels of an image; otherwise None.

    Raises:
      InputError: If something cannot be used, with what and where.
    """

    name: str
    features: Any
    targets: np.ndarray
    kind: str
    feature_names: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    weights: np.ndarray | None = None
    image_shape: tuple[int, int] | None = None

    def __post_init__(self):
        require(
            self.kind in KINDS,
            f"kind of data {self.name!r} must be {' or '.join(map(repr, KINDS))}, "
            f"given {self.kind!r}.",
        )
        names = tuple(str(name) for name in self.feature_names)
        if not names and isinstance(self.features, pd.DataFrame):
            names = tuple(str(name) for name in self.features.columns)
        features = _features(self.name, self.features)
        _names(self.name, names := names or tuple(f"x{i}" for i in range(features.shape[1])))
        require(
            len(names) == features.shape[1],
            f"data {self.name!r} has {features.shape[1]} features but {len(names)} feature_names.",
        )
        if self.kind == "classification":
            targets, class_names = _classes(self.name, self.targets, self.class_names)
        else:
            targets, class_names = _numbers(self.name, self.targets), ()
        require(
            len(targets) == len(features),
            f"data {self.name!r} has {len(features)} rows of features but {len(targets)} targets.",
        )
        if self.image_shape is not None:
            require(
                int(np.prod(self.image_shape)) == len(names),
                f"image_shape {self.image_shape} of data {self.name!r} does not hold "
                f"{len(names)} features.",
            )
        self._set("features", features)
        self._set("feature_names", names)
        self._set("targets", _sealed(targets))
        self._set("class_names", class_names)
        self._set("weights", _weights(self.name, self.weights, len(features)))

    def __len__(self) -> int:
        return len(self.targets)

    def sha256(self) -> str:
        """A hash of the contents: features, targets, weights and their names; not of the name."""
        digest = hashlib.sha256(repr((self.kind, self.feature_names, self.class_names)).encode())
        if isinstance(self.features, pd.DataFrame):
            for at in range(self.features.shape[1]):
                _digest_column(digest, self.features.iloc[:, at])
        else:
            digest.update(f"{self.features.dtype}{self.features.shape}".encode())
            digest.update(self.features.tobytes())
        digest.update(self.targets.tobytes())
        digest.update(b"" if self.weights is None else self.weights.tobytes())
        return digest.hexdigest()

    def _set(self, field: str, value: Any) -> None:
        object.__setattr__(self, field, value)


def as_text(values: pd.Series) -> list[str]:
    """A categorical column without gaps, as everything downstream reads it."""
    return [str(v) if known else MISSING for v, known in zip(values, values.notna())]


def _features(name: str, given: Any) -> Any:
    if isinstance(given, pd.DataFrame):
        frame = given.reset_index(drop=True).copy()
        for at, column in enumerate(frame.columns):
            _check_column(name, str(column), frame.iloc[:, at])
    else:
        frame = np.array(given)
        require(
            frame.ndim == 2 and frame.dtype.kind in "biuf",
            f"features of data {name!r} must be numbers [rows, columns], given {frame.dtype} "
            f"{list(frame.shape)}.",
        )
        frame = _sealed(frame.astype(np.float32 if frame.dtype == np.float32 else np.float64))
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


def _names(name: str, names: tuple[str, ...]) -> None:
    twice = sorted({one for one in names if names.count(one) > 1}) if _repeat(names) else []
    require(not twice, f"data {name!r} has several features named {', '.join(map(repr, twice))}.")


def _repeat(names: tuple[str, ...]) -> bool:
    return len(set(names)) < len(names)


def _classes(name: str, given: Any, names: tuple[str, ...]) -> tuple[np.ndarray, tuple[str, ...]]:
    targets = np.array(given)
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
    _names(name, names)
    require(
        np.array_equal(present, np.arange(len(names))),
        f"class numbers of data {name!r} must be 0 to {len(names) - 1}, each of them present, "
        f"given {present[0]} to {present[-1]} with {len(present)} present.",
    )
    return targets, names


def _numbers(name: str, given: Any) -> np.ndarray:
    targets = np.array(given)
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


def _weights(name: str, given: Any, rows: int) -> np.ndarray | None:
    if given is None:
        return None
    try:
        weights = np.array(given, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"weights of data {name!r} must be numbers, given text.") from None
    require(
        weights.shape == (rows,),
        f"data {name!r} has {rows} rows but weights {list(weights.shape)}.",
    )
    require(
        bool((np.isfinite(weights) & (weights > 0)).all()),
        f"weights of data {name!r} must be positive and finite (leave out rows that should not "
        f"count), given {weights.min():g} to {weights.max():g}.",
    )
    return _sealed(weights)


def _sealed(array: np.ndarray) -> np.ndarray:
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array


def _digest_column(digest: Any, values: pd.Series) -> None:
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy(np.float64, na_value=np.nan)
        digest.update(b"b" if pd.api.types.is_bool_dtype(values) else b"n")
        digest.update(np.where(np.isnan(numbers), np.nan, numbers).tobytes())
    else:
        digest.update(repr(as_text(values)).encode())
