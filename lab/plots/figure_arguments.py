"""What figures are given: something on every level, arrays in step, a look for every name."""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

import numpy as np
from matplotlib.colors import is_color_like
from matplotlib.lines import Line2D

from lab.statistics import Interval, Survival
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


def _in_step(*arrays: Any) -> bool:
    """Whether these are arrays [n, ...] of real numbers with one n, and something in them."""
    real = all(is_real_array(a) and np.ndim(a) and 0 not in np.shape(a) for a in arrays)
    return real and len({len(array) for array in arrays}) == 1


def is_row(value: Any) -> bool:
    """Whether it is an array [n] of real numbers, n ≥ 1."""
    return _in_step(value) and np.ndim(value) == 1


def _is_band(value):
    return isinstance(value, Interval) and all(map(is_row, value)) and _in_step(*value)


def _are_names(value, count):
    named = isinstance(value, list) and all(isinstance(name, str) for name in value)
    return named and len(value) == count


def _is_dash(value):
    try:
        return value is not None and bool(Line2D([], [], ls=value))
    except (TypeError, ValueError):
        return False


def _pair(words: str, holds: Callable[[Any, Any], bool]) -> Kind:
    return Kind(words, lambda v: isinstance(v, tuple) and len(v) == 2 and holds(*v))


Colour = Annotated[str, Kind("a colour", lambda v: isinstance(v, str) and is_color_like(v))]
Dash = Annotated[Any, Kind("a style of lines", _is_dash)]
Row = Annotated[np.ndarray, Kind("an array [n] of real numbers", is_row)]
Band = Annotated[Interval, Kind("an interval of arrays [n]", _is_band)]
Square = Annotated[
    np.ndarray,
    Kind(
        "a square matrix of real numbers",
        lambda v: _in_step(v) and np.ndim(v) == 2 and np.shape(v)[0] == np.shape(v)[1],
    ),
]
Staircase = Annotated[
    Survival,
    Kind(
        "a Survival of arrays [n]",
        lambda v: isinstance(v, Survival) and all(map(is_row, v)) and _in_step(*v),
    ),
]
Curve = Annotated[
    tuple[np.ndarray, Interval],
    _pair(
        "amounts [n] and an interval of arrays [n]",
        lambda spent, band: is_row(spent) and _is_band(band) and _in_step(spent, band[0]),
    ),
]
Tuning = Annotated[
    tuple[np.ndarray, np.ndarray],
    _pair(
        "rates [n] and losses [n, runs]",
        lambda rates, losses: is_row(rates) and _in_step(rates, losses) and np.ndim(losses) == 2,
    ),
]
Ranked = Annotated[
    tuple[list[str], Interval],
    _pair(
        "labels and an interval of arrays [label]",
        lambda labels, band: _is_band(band) and _are_names(labels, len(band[0])),
    ),
]
Places = Annotated[
    tuple[list[str], np.ndarray],
    _pair(
        "labels and shares [label, place]",
        lambda labels, shares: (
            _in_step(shares)
            and np.shape(shares) == (len(shares),) * 2
            and _are_names(labels, len(shares))
        ),
    ),
]
