"""What it takes to train the lanes of a job, and how they are split into groups."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
from jax.sharding import Mesh

from lab.sweeps.compilation.programs import compiled
from lab.sweeps.devices.places import Place, check_memory, places
from lab.sweeps.execution.lane_state import LaneState
from lab.sweeps.execution.placed_data import Rows
from lab.sweeps.execution.timing import Clock
from lab.sweeps.planning.jobs import Job
from lab.sweeps.planning.sizes import group_width
from lab.sweeps.results.exports import Export

T = TypeVar("T")
Advance = Callable[[int], None]  # of the number of lane-updates that were taken
# Of a job's number and numbers of its lanes: how to fetch them as they are; None where none is.
Between = Callable[[int, Sequence[int], Callable[[], LaneState] | None], None]


def no_op(*_: Any) -> None:
    """Do nothing."""


class Observers(NamedTuple):
    """Callbacks while lanes are trained; none of them changes a number.

    Attributes:
      clock: Times the calls of programs.
      advance: Called with the number of lane-updates as they are done, or need not be.
      export: Called with lanes whenever they are evaluated.
      between: Called whenever training may be interrupted: between two chunks.
    """

    clock: Clock
    advance: Advance = no_op
    export: Export | None = None
    between: Between = no_op


@dataclass(frozen=True)
class Work:
    """A job, and where and on what its lanes are trained.

    Attributes:
      job: The lanes.
      mesh: Where they run.
      rows: Their data, from `place_rows`.
      observers: Callbacks.
      predict_on: Row numbers, by split seed, whose outputs are wanted at the end.
    """

    job: Job
    mesh: Mesh
    rows: Rows
    observers: Observers
    predict_on: Callable[[int], np.ndarray] | None = None

    @property
    def places(self) -> list[Place]:
        """Of the groups of a block."""
        return places(self.mesh)

    @property
    def width(self) -> int:
        """Lanes of a group."""
        return group_width(self.job, self.mesh.devices.flat[0].platform)[0]

    @property
    def size(self) -> int:
        """Lanes that are trained at the same time: a group at each place."""
        return self.width * self.mesh.size

    @property
    def lane_bytes(self) -> float:
        """Memory that a lane takes while it trains, as compiled; the rows are not its own."""
        return compiled(self.job.program, self.mesh).advance.nbytes / self.width

    def of(self, lanes: Sequence[int]) -> "Work":
        """The same for these lanes of the job only."""
        return replace(self, job=self.job.of(lanes))

    def check_memory(self, states: int, blocks: int = 1) -> None:
        """Refuse what cannot fit: so many states per lane, of blocks that run at the same time."""
        lanes, nbytes = group_width(self.job, self.mesh.devices.flat[0].platform)
        check_memory(self.mesh, states * nbytes * lanes * blocks, self.rows.nbytes)


def batched(lanes: Sequence[T], size: int) -> list[Sequence[T]]:
    """Lanes in parts of a size; the last may have fewer.

    >>> batched(range(5), 2)
    [range(0, 2), range(2, 4), range(4, 5)]
    """
    return [lanes[i : i + size] for i in range(0, len(lanes), size)]


def padded(lanes: Sequence[T], size: int) -> list[T]:
    """The lanes of a group, the last one repeated up to its size.

    >>> padded([7, 8], 4)
    [7, 8, 8, 8]
    """
    return [*lanes, *[lanes[-1]] * (size - len(lanes))]
