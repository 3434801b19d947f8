"""What figures are given: something on every level, arrays in step, a look for every name."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import numpy as np
from matplotlib.colors import is_color_like
from matplotlib.lines import Line2D

from lab.statistics import Interval
from lab.validation.errors import require
from lab.validation.kinds import Kind, is_real_array


def require_some(name: str, given: Mapping[str, Any]) -> None:
    """Raise `InputError` unless there is something to draw, on every level of the mapping."""
    require(len(given) > 0, f"{name} must hold something to draw wherever it names something.")
    for part in given.values():
        if isinstance(part, Mapping):
            require_some(name, part)


def require_each(name: str, given: Iterable[str], of: str, wanted: Iterable[str]) -> None:
    """Raise `InputError` unless what is given has each of the names in another argument."""
    known = set(given)
    missing = [one for one in wanted if one not in known]
    require(not missing, f"{name} must have every name in {of}, given none for {missing[:3]}.")


def is_row(value: Any) -> bool:
    """Whether it is an array [n] of real numbers, n ≥ 1."""
    return bool(is_real_array(value) and np.ndim(value) == 1 and np.size(value))


def _is_band(value):
    rows = isinstance(value, Interval) and all(map(is_row, value))
    return rows and len({len(row) for row in value}) == 1


def _is_square(value):
    return is_real_array(value) and np.ndim(value) == 2 and 0 < np.shape(value)[0] == len(value[0])


def _is_dash(value):
    try:
        return value is not None and bool(Line2D([], [], ls=value))
    except (TypeError, ValueError):
        return False


Colour = Annotated[str, Kind("a colour", lambda v: isinstance(v, str) and is_color_like(v))]
Dash = Annotated[Any, Kind("a style of lines", _is_dash)]
Band = Annotated[Interval, Kind("an interval of arrays [n]", _is_band)]
Square = Annotated[np.ndarray, Kind("a square matrix of real numbers", _is_square)]
