"""What a search tells on its way."""

import time
from collections.abc import Callable

import numpy as np

from lab.search import Trial, best


class Progress:
    """Tells how far a search is, and when its time is up."""

    def __init__(self, trainings: int, limit: float, clock: Callable[[], float] = time.monotonic):
        self.trainings, self.limit, self.clock, self.begin = trainings, limit, clock, clock()
        self.updates, self.said, self.known = 0, self.begin, 0.0

    def over(self) -> bool:
        """Whether the time is up."""
        return self.clock() - self.begin >= self.limit

    def advance(self, updates: int) -> None:
        """A sign of life every ten seconds."""
        self.updates += updates
        if self.clock() - self.said >= 10:
            self.said = self.clock()
            print(f"{self.updates:,} updates in {self.said - self.begin:.0f} s", flush=True)

    def tell(self, trials: list[Trial]) -> None:
        """A line after every round."""
        spent, took = max(trial.after for trial in trials), self.clock() - self.begin
        if not self.updates:  # what an earlier process has trained took no time
            self.known = spent
        each = took / (spent - self.known) if spent > self.known else np.inf
        left = min(each * (self.trainings - spent), max(0.0, self.limit - took))
        print(
            f"{len(trials)} trials, {spent:.0f} of {self.trainings} trainings, best validation "
            f"loss {best(trials).loss:.4f}{f', about {left:.0f} s left' * bool(np.isfinite(left))}",
            flush=True,
        )
