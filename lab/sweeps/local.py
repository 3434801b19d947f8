"""Blocks trained by this process."""

from collections.abc import Iterable, Iterator
from functools import partial

from jax.sharding import Mesh

from lab.sweeps.devices.memory import explain_exhaustion
from lab.sweeps.early_stopping.stopping import train_until_stopped
from lab.sweeps.execution.blocks import Block, Result
from lab.sweeps.execution.placed_data import place_rows
from lab.sweeps.execution.runner import train
from lab.sweeps.execution.work import Observers, Work
from lab.sweeps.planning.jobs import Plan
from lab.types import float_type


def train_here(
    plan: Plan, blocks: Iterable[Block], mesh: Mesh, observers: Observers
) -> Iterator[Result]:
    """Train blocks one after the other, on the devices of a mesh."""
    rule = plan.early_stopping
    trained = train if rule is None else partial(train_until_stopped, rule)
    for block in blocks:
        job = plan.jobs[block.job]
        splits = tuple(sorted({lane.split for lane in job.lanes}))
        rows = place_rows(job.task.source, splits, mesh, float_type())
        work = Work(job, mesh, rows, observers, plan.predict_on)
        with explain_exhaustion(work.width, job.program.batch_size):
            for result in trained(work, block):
                yield result._replace(lane_bytes=work.lane_bytes)
