"""Rows in their original units as a network reads them, by what `prepare` found in training rows.

An encoding is plain numbers and words: it outlives the table, as JSON beside a model's parameters.
"""

import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lab.data.prepared import FARTHEST, fitted, kinds
from lab.data.scaling import AFFINE
from lab.data.sources import Source
from lab.data.table_checks import as_text
from lab.data.table_files import read_frame
from lab.validation.errors import InputError, require


@dataclass(frozen=True)
class Column:
    """How one column of the original rows is read.

    Attributes:
      name: Of the column.
      kind: `"number"`, `"boolean"` or `"categorical"`.
      fill: Takes the place of a missing number; None where training rows had none missing.
      shift: A number x becomes (x − shift) / scale.
      scale: See `shift`.
      values: Of a categorical column, each of which becomes a column of zeros and ones.
    """

    name: str
    kind: str
    fill: float | None = None
    shift: float = 0.0
    scale: float = 1.0
    values: tuple[str, ...] = ()

    def encoded(self, given: pd.Series) -> np.ndarray:
        """[N] -> [N, 1], or [N, values]."""
        if self.kind == "categorical":
            texts = as_text(given)
            strange = sorted(set(texts) - set(self.values))
            if strange:
                warnings.warn(
                    f"column {self.name!r}: {strange[0]!r} was never seen in training.",
                    stacklevel=4,
                )
            return np.array([[text == value for value in self.values] for text in texts], float)
        try:
            numbers = pd.Series(pd.to_numeric(given)).to_numpy(np.float64, na_value=np.nan)
        except (TypeError, ValueError):
            raise InputError(f"column {self.name!r} must hold numbers.") from None
        require(not np.isinf(numbers).any(), f"column {self.name!r} holds infinite values.")
        gaps = np.isnan(numbers)
        if gaps.any():
            require(
                self.fill is not None,
                f"column {self.name!r} is missing in {gaps.sum()} of {len(gaps)} rows, but was in "
                "none of those that were trained on: fill it in.",
            )
            numbers = np.where(gaps, self.fill or 0.0, numbers)
        return ((numbers - self.shift) / self.scale)[:, None]


@dataclass(frozen=True)
class Encoding:
    """What becomes of rows and of outputs, in the order in which a network has them.

    Attributes:
      columns: As the network reads them: numbers, booleans, categorical ones.
      order: Names of all columns as the table has them, for rows without names.
      class_names: Of the K classes; empty where a number is predicted.
      target_scale: A prediction p means p · target_scale + target_offset in original units.
      target_offset: See `target_scale`.
    """

    columns: tuple[Column, ...]
    order: tuple[str, ...]
    class_names: tuple[str, ...]
    target_scale: float
    target_offset: float

    def rows(self, given: Any) -> np.ndarray:
        """Encode rows: float32 [N, D], as `prepare` would have made of them.

        Args:
          given: A data frame with the columns of the table, by name (others are not looked at),
            an array [N, columns] in their order, or the path of a CSV file.

        Raises:
          InputError: If a column is not there, or holds what it must not.
        """
        frame = self._frame(given)
        lost = [name for name in self.order if name not in frame.columns]
        require(not lost, f"the rows lack the columns {', '.join(map(repr, lost))}.")
        parts = [column.encoded(pd.Series(frame[column.name])) for column in self.columns]
        x = np.clip(np.concatenate(parts, axis=1), -FARTHEST, FARTHEST)
        return np.ascontiguousarray(x, np.float32)

    def _frame(self, given: Any) -> pd.DataFrame:
        if isinstance(given, str | Path):
            return read_frame(Path(given))
        if isinstance(given, pd.DataFrame):
            return given.rename(columns=str)
        rows = np.asarray(given)
        require(
            rows.ndim == 2 and rows.shape[1] == len(self.order) and len(rows) > 0,
            f"rows must be [N, {len(self.order)}], or a data frame, given {list(rows.shape)}.",
        )
        return pd.DataFrame(rows, columns=pd.Index(self.order))

    def described(self) -> dict[str, Any]:
        """Everything as JSON has it; `described_encoding` is the inverse."""
        return asdict(self)


def described_encoding(found: dict[str, Any]) -> Encoding:
    """The encoding that was `described` so."""
    columns = tuple(Column(**one | {"values": tuple(one["values"])}) for one in found["columns"])
    return Encoding(
        columns,
        tuple(found["order"]),
        tuple(found["class_names"]),
        found["target_scale"],
        found["target_offset"],
    )


def encoding(source: Source, split_seed: int) -> Encoding:
    """What `source.prepare(split_seed)` does to rows, from its training rows alone.

    Equal to the last bit for tables of float64 (such as CSV files).
    """
    table, prepared = source.table, source.prepare(split_seed)
    transformer = fitted(table, source.split(split_seed), source.scaling)
    of_column = kinds(table)
    names = table.feature_names
    numbers = [at for at, kind in enumerate(of_column) if kind == "number"]
    columns = _numbers([names[at] for at in numbers], transformer, source.scaling)
    columns += [Column(names[at], k) for at, k in enumerate(of_column) if k == "boolean"]
    texts = [names[at] for at, kind in enumerate(of_column) if kind == "categorical"]
    if texts:
        known = transformer.named_transformers_["categories"].categories_
        columns += [
            Column(name, "categorical", values=tuple(map(str, values)))
            for name, values in zip(texts, known, strict=True)
        ]
    return Encoding(
        tuple(columns), names, table.class_names, prepared.target_scale, prepared.target_offset
    )


def _numbers(names: Sequence[str], transformer: Any, scaling: str) -> list[Column]:
    if not names:
        return []
    measured: Any = transformer.named_transformers_["numbers"]
    fill: Any = [None] * len(names)
    if hasattr(measured, "steps"):  # an imputer before it
        (_, imputer), (_, measured) = measured.steps
        # what it found for a column without any training value is NaN: it puts 0 there
        fill = np.nan_to_num(imputer.statistics_).tolist()
    shift, scale = (np.broadcast_to(a, len(names)).tolist() for a in AFFINE[scaling](measured))
    return [Column(n, "number", f, a, b) for n, f, a, b in zip(names, fill, shift, scale)]
