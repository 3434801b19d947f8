"""Settings that are tried, a rate with strengths; which is best, and whether it is an outer one."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from lab.sweeps.early_stopping.rule import EarlyStopping, replay


class Cell(NamedTuple):
    """One trial."""

    rate: float
    strengths: dict[str, float]  # by remedy

    @property
    def strength(self) -> float:
        """The largest; 0 where nothing acts."""
        return max(self.strengths.values(), default=0.0)

    @property
    def stopping(self) -> EarlyStopping | None:
        """When the host stops it, if a remedy says so: after a patience of 1 over the strength."""
        if "early stopping" not in self.strengths:
            return None
        patience = round(1 / self.strengths["early stopping"])
        return EarlyStopping(patience=patience, restore_best_weights=True)


def best(cells: Sequence[Cell], curves: np.ndarray) -> int:
    """Number of the cell that ends with the least validation loss.

    The rule of a cell is replayed on its curve. The longest patience never ends with a larger loss:
    of equals the last cell, the strongest, is taken, which stops first.

    Args:
      cells: Tried ones, strengths ascending.
      curves: [cells, 1 + evaluations] validation loss, the first one before any update.
    """
    ends = [
        -1 if cell.stopping is None else int(replay(cell.stopping, curve[None, 1:]).best_at[0])
        for cell, curve in zip(cells, curves)
    ]
    losses = np.take_along_axis(curves, np.array(ends)[:, None], 1)[:, 0]
    return len(losses) - 1 - int(np.argmin(losses[::-1]))


def side(of: Callable[[Cell], Any], chosen: Cell, tried: Sequence[Cell]) -> int:
    """Where a choice lies: 1 at the largest of several values, −1 at the least, 0 elsewhere."""
    values = [of(cell) for cell in tried]
    return int(of(chosen) == max(values)) - int(of(chosen) == min(values))
