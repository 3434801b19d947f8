"""What the panels of the speed study have in common."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import xarray as xr
from matplotlib.figure import Figure


class Scope(NamedTuple):
    """How much to measure."""

    smoke: bool
    rounds: int | None  # interleaved repetitions; None for the panel's own number
    optimizers: tuple[str, ...]  # of the panels that ask; empty for all


class Table(NamedTuple):
    """What a panel says in numbers."""

    title: str
    header: list[str]
    rows: list[list[str]]
    text: str


class Panel(NamedTuple):
    """A question about speed. Adding one is a file `_speed_NAME.py` and a line in `studies.speed`.

    Attributes:
      measure: Times everything, interleaved.
      drawn: Figure and table from the record, and words for the machine.
    """

    measure: Callable[[Scope], xr.Dataset]
    drawn: Callable[[xr.Dataset, str], tuple[Figure, Table]]


def at_least(values: np.ndarray, limit: float) -> str:
    """Whether so much was reached, from one value for each round."""
    low, middle, high = np.min(values), np.median(values), np.max(values)
    held = "held" if low >= limit else "did not hold" if high < limit else "inconclusive"
    return f"{held}, {middle:.3g} ({low:.3g} to {high:.3g} over {len(values)} rounds)"
