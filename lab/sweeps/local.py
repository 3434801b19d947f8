"""Blocks trained by this process."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from jax.sharding import Mesh

from lab.sweeps.devices.memory import told_when_exhausted
from lab.sweeps.early_stopping.stopping import train_until_stopped
from lab.sweeps.execution.blocks import Block, Result
from lab.sweeps.execution.lane_state import Live
from lab.sweeps.execution.placed_data import place_rows
from lab.sweeps.execution.runner import train
from lab.sweeps.execution.timing import Clock
from lab.sweeps.execution.work import Advance, Work, no_op
from lab.sweeps.planning.jobs import Plan
from lab.sweeps.results.exports import Export
from lab.types import float_type

# A job's number, numbers of lanes, and how to bring them home as they are.
Between = Callable[[int, Sequence[int], Callable[[], Live] | None], None]


class Observers(NamedTuple):
    """Who looks on while lanes are trained; none of them changes a number.

    Attributes:
      clock: Times the calls of programs.
      advance: Called with the number of lane-updates as they are done.
      export: Looks at lanes whenever they are evaluated.
      between: Called whenever training may be interrupted.
    """

    clock: Clock
    advance: Advance = no_op
    export: Export | None = None
    between: Between = no_op


def train_here(
    plan: Plan, blocks: Iterable[Block], mesh: Mesh, observers: Observers
) -> Iterator[Result]:
    """Train blocks one after the other, on the devices of a mesh."""
    for block in blocks:
        job, rule = plan.jobs[block.job], plan.early_stopping
        splits = tuple(sorted({lane.split for lane in job.lanes}))
        rows = place_rows(job.task.source, splits, mesh, float_type())
        work = Work(
            job, mesh, rows, observers.clock, observers.advance, observers.export, plan.predict_on
        )
        between = partial(observers.between, block.job)
        trained = partial(train_until_stopped, rule) if rule is not None else train
        with told_when_exhausted(work.width, job.program.batch_size):
            for result in trained(work, block, between):
                yield result._replace(lane_bytes=work.lane_bytes)
