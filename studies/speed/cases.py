"""What is trained to measure speed: sizes of networks and batches, and what an update must do."""

from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

import lab
from lab.foundations.counting import parameter_count
from lab.tasks import Task

RATE = 1e-3
LANES = 32
ROWS = 1024  # of training, so that a full batch is one of them


class Case(NamedTuple):
    """One size of network and batch."""

    inputs: int
    width: int
    batch: int

    @property
    def name(self) -> str:
        """What the case is called in tables."""
        return f"{self.net}, batch {self.batch}"

    @property
    def net(self) -> str:
        """Widths of the layers."""
        return "-".join(map(str, self.widths))

    @property
    def flops(self) -> int:
        """Of the matrix products of an update that are executed.

        2·B·m·n each for the value, the weight gradient and the input gradient of a layer, the
        last of which the first layer never needs.
        """
        layers = [m * n for m, n in pairwise(self.widths)]
        return 2 * self.batch * (3 * sum(layers) - layers[0])

    @property
    def nbytes(self) -> int:
        """Least traffic of an update: parameters and two moments, read and written in float32."""
        return 4 * 6 * parameter_count(self.widths)

    @property
    def state(self) -> int:
        """Bytes of parameters, gradient and two moments in float32."""
        return 4 * 4 * parameter_count(self.widths)

    @property
    def updates(self) -> int:
        """Of every run in a round: about two seconds of all lanes on two cores."""
        seconds = self.flops / 1.2e11 + self.nbytes / 2e10 + 3e-6
        return int(np.clip(2 / (LANES * seconds), 8, 8192))

    @property
    def widths(self) -> tuple[int, ...]:
        """Of all layers, inputs and outputs included."""
        return self.inputs, self.width, self.width, 10


@cache
def task(case: Case) -> Task:
    """A network of this size on rows from a normal distribution, with ten classes by chance."""
    draw = np.random.default_rng(0)
    rows = 2 * ROWS
    table = lab.data.Table(
        "normal", draw.normal(size=(rows, case.inputs)), np.arange(rows) % 10, "classification"
    )
    source = lab.data.source(table, train_size=ROWS)
    return lab.tasks.supervised(source, widths=(case.width, case.width))


def batches(case: Case, updates: int) -> dict[str, np.ndarray]:
    """Rows of consecutive batches [T, B, ...]."""
    split = task(case).source.prepare(0)
    index = np.random.default_rng(0).choice(split.train, (updates, case.batch))
    return {name: rows[index] for name, rows in split.rows.items()}
