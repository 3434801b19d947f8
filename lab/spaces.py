"""Ranges that a hyper-parameter may be searched over."""

from dataclasses import dataclass

import numpy as np

from lab.validation.checks import check_fields
from lab.validation.errors import require


@dataclass(frozen=True)
class LogRange:
    """The interval [`low`, `high`], uniform in log₁₀; both ends positive."""

    low: float
    high: float

    def __post_init__(self):
        check_fields(self)
        require(
            0 < self.low < self.high < float("inf"),
            f"a LogRange needs 0 < low < high < inf, given low={self.low}, high={self.high}.",
        )

    def grid(self, n: int) -> np.ndarray:
        """`n` points, evenly spaced in log₁₀, both ends included (the middle when n = 1)."""
        require(n >= 1, f"a grid needs at least 1 point, given n={n}.")
        if n == 1:
            return np.array([np.sqrt(self.low * self.high)])
        return np.geomspace(self.low, self.high, n)

    def widen(self, factor: float) -> "LogRange":
        """The range with both ends moved outwards by `factor`."""
        return LogRange(self.low / factor, self.high * factor)


SearchSpace = dict[str, LogRange]
