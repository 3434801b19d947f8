"""A data set before it is split."""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from lab.data.table_checks import (
    as_text,
    check_names,
    classes_of,
    features_of,
    groups_of,
    numbers_of,
    sealed,
    times_of,
    weights_of,
)
from lab.validation.checks import check_fields
from lab.validation.errors import require

KINDS = ("classification", "regression")


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
      groups: [N] of anything (patients, sites): rows of one are never in two parts of a split;
        kept as int64 numbers. None where rows are independent.
      times: [N] of numbers or dates: splits train on what comes before that which they test on;
        kept as int64 ranks. None where there is no order. Not together with groups.

    Raises:
      InputError: If something cannot be used, with what and where.
    """

    name: str
    features: Any
    targets: Any
    kind: Literal["classification", "regression"]
    feature_names: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    weights: Any = None
    image_shape: tuple[int, int] | None = None
    groups: Any = None
    times: Any = None

    def __post_init__(self):
        check_fields(self)
        names = tuple(str(name) for name in self.feature_names)
        if not names and isinstance(self.features, pd.DataFrame):
            names = tuple(str(name) for name in self.features.columns)
        features = features_of(self.name, self.features)
        check_names(
            self.name,
            names := names or tuple(f"x{i}" for i in range(features.shape[1])),
            "feature_names",
        )
        require(
            len(names) == features.shape[1],
            f"data {self.name!r} has {features.shape[1]} features but {len(names)} feature_names.",
        )
        if self.kind == "classification":
            targets, class_names = classes_of(self.name, self.targets, self.class_names)
        else:
            targets, class_names = numbers_of(self.name, self.targets), ()
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
        self._set("targets", sealed(targets))
        self._set("class_names", class_names)
        self._set("weights", weights_of(self.name, self.weights, len(features)))
        require(
            self.groups is None or self.times is None,
            f"data {self.name!r} may have groups or times, not both.",
        )
        self._set("groups", groups_of(self.name, self.groups, len(features)))
        self._set("times", times_of(self.name, self.times, len(features)))

    def __len__(self) -> int:
        return len(self.targets)

    def sha256(self) -> str:
        """A hash of the contents: features, targets, weights, groups, times."""
        digest = hashlib.sha256(repr((self.kind, self.feature_names, self.class_names)).encode())
        if isinstance(self.features, pd.DataFrame):
            for at in range(self.features.shape[1]):
                _digest_column(digest, self.features.iloc[:, at])
        else:
            digest.update(f"{self.features.dtype}{self.features.shape}".encode())
            digest.update(self.features.tobytes())
        digest.update(self.targets.tobytes())
        digest.update(b"" if self.weights is None else self.weights.tobytes())
        for name, numbers in (("groups", self.groups), ("times", self.times)):
            if numbers is not None:
                digest.update(name.encode() + numbers.tobytes())
        return digest.hexdigest()

    def _set(self, field: str, value: Any) -> None:
        object.__setattr__(self, field, value)


def _digest_column(digest: Any, values: pd.Series) -> None:
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy(np.float64, na_value=np.nan)
        digest.update(b"b" if pd.api.types.is_bool_dtype(values) else b"n")
        digest.update(np.where(np.isnan(numbers), np.nan, numbers).tobytes())
    else:
        digest.update(repr(as_text(values)).encode())
