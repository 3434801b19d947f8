"""Runs the lanes of one job, block by block.

A block is one group of W lanes on each of D devices. It runs to the end of its budget before the
next one starts, so that live state is one block.
"""

from collections.abc import Callable, Container, Iterator
from functools import partial

import numpy as np
from jax.sharding import Mesh

from lab.sweeps.block import Advance, Block
from lab.sweeps.clock import Clock
from lab.sweeps.compiled import compiled
from lab.sweeps.export import Export
from lab.sweeps.live import Live
from lab.sweeps.measured import Measured
from lab.sweeps.place import check_memory
from lab.sweeps.plan import Job
from lab.sweeps.rows import Rows
from lab.sweeps.sizes import block_width

Between = Callable[[int, Callable[[], Live]], None]  # number of the block, and how to get it home


def run_job(
    job: Job,
    mesh: Mesh,
    rows: Rows,
    advance: Advance,
    clock: Clock,
    predict_on: Callable[[int], np.ndarray] | None = None,
    between: Between | None = None,
    begun: tuple[int, Live | None] = (0, None),
    export: Export | None = None,
    share: Container[int] | None = None,
) -> Iterator[Measured]:
    """Train all lanes of `job`; yields one block after the other.

    Args:
      job: The lanes.
      mesh: Where they run.
      rows: Their data, from `place_rows`.
      advance: Called with the number of lane-updates as they are done.
      clock: Told of the calls that train and evaluate.
      predict_on: Row numbers, by split seed, whose outputs are wanted at the end.
      between: Called between the pieces of a block.
      begun: The block to begin with, and what of it was run before.
      export: Looks at lanes whenever they are evaluated.
      share: Numbers of the blocks that this process runs; None for all.
    """
    program = compiled(job.program, mesh)
    lanes_per_device, state_bytes = block_width(job, mesh)
    size = lanes_per_device * mesh.size
    check_memory(mesh, rows.nbytes, 2 * state_bytes * size)  # state and gradient, old and new
    first, live = begun
    for number, begin in enumerate(range(0, len(job.lanes), size)):
        lanes = job.lanes[begin : begin + size]
        if number < first or (share is not None and number not in share):
            advance(len(lanes) * job.marks[-1])
            continue
        padded = lanes + [lanes[-1]] * (size - len(lanes))
        block = Block(job, program, mesh, rows, clock, padded, export)
        look = None if between is None else partial(between, number)
        yield block.run(len(lanes), advance, predict_on, look, live if number == first else None)
