"""Runs the lanes of one job, block by block.

A block is one group of W lanes on each of D devices. It runs to the end of its budget before the
next one starts, so that live state is one block.
"""

from collections.abc import Container, Iterator
from functools import partial

from lab.sweeps.block import Block
from lab.sweeps.live import Live
from lab.sweeps.measured import Measured
from lab.sweeps.work import Between, Work, dealt


def run_job(
    work: Work,
    between: Between,
    begun: tuple[int, Live | None] = (0, None),
    share: Container[int] | None = None,
) -> Iterator[Measured]:
    """Train all lanes of a job; yields one block after the other.

    Args:
      work: The job.
      between: Called between the pieces of a block.
      begun: The block to begin with, and what of it was run before.
      share: Numbers of the blocks that this process runs; None for all.
    """
    work.check_memory(states=2)  # state and gradient, old and new
    first, live = begun
    for number, lanes in enumerate(dealt(work.job.lanes, work.size)):
        if number < first or (share is not None and number not in share):
            work.advance(len(lanes) * work.job.marks[-1])
            continue
        block = Block(work, lanes)
        yield block.run(partial(between, number), live if number == first else None)
