"""Lanes that pause: trained to a mark of their budget, kept on the host, and some of them further.

A lane's schedule is that of its full budget, and how a run is cut changes no bit: a lane that was
paused, repacked with others and continued is bitwise the lane that never was.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import jax
import numpy as np

from lab.sweeps.execution.lane_state import Live, device, stacked, unstacked
from lab.sweeps.execution.runner import run_job
from lab.sweeps.execution.work import Work, dealt, padded
from lab.sweeps.planning.chunks import pieces
from lab.sweeps.planning.plan import Job
from lab.sweeps.planning.sizes import call_capacity, state_shapes
from lab.sweeps.results.measurements import worst_where
from lab.types import RUNNING, State


def advance(work: Work, paused: Sequence[Live | None], mark: int) -> list[Live]:
    """Train every lane of a job from where it was paused to the `mark`-th of the job's marks.

    Args:
      work: The job.
      paused: For each lane what this function returned for it, at an earlier mark; None for a
        lane that has not begun.
      mark: Number of the mark; 0 is before the first update.

    Returns:
      Each lane as it is then, for one lane each.
    """
    job, size = work.job, work.size
    target = _pieces_to(job, mark)
    found: dict[int, Live] = {}
    for done in sorted({_done(live) for live in paused}):
        mine = [i for i, live in enumerate(paused) if _done(live) == done]
        if done == target:
            found |= {i: live for i in mine if (live := paused[i]) is not None}
            continue
        for chosen in dealt(mine, size):
            part = work.of([job.lanes[i] for i in chosen])
            begun = [live for i in chosen if (live := paused[i]) is not None]
            try:
                groups = -(-len(begun) // work.width)
                live = stacked(padded(begun, groups * work.width)) if begun else None
                for _ in run_job(part, _Stop(target - done), (0, live)):
                    pass
            except _Reached as reached:
                found |= dict(zip(chosen, unstacked(reached.live, len(chosen))))
    return [found[i] for i in range(len(paused))]


def metrics(job: Job, live: Live) -> dict[str, np.ndarray]:
    """The last evaluation [L], the worst there is where a lane has diverged."""
    dead = live.state[-1] != RUNNING  # `stopped_at`, the last field of a state
    return {k: worst_where(job, k, dead, values) for k, values in live.evaluations[-1].items()}


def state(job: Job, lane: int, live: Live) -> State:
    """A paused lane's state, as arrays of the host."""
    one = replace(job, lanes=[job.lanes[lane]])
    shapes = state_shapes(one)
    leaves = [leaf[0] for leaf in live.state]
    return device(leaves, shapes, jax.numpy.asarray)


class _Reached(Exception):
    """A block is where it was to be paused."""

    def __init__(self, live: Live):
        super().__init__()
        self.live = live


class _Stop:
    """Stops a block after so many pieces."""

    def __init__(self, left: int):
        self.left = left

    def __call__(self, block: int, live: Callable[[], Live]) -> None:
        del block
        self.left -= 1
        if self.left == 0:
            raise _Reached(live())


def _done(live: Live | None) -> int:
    return 0 if live is None else live.done


def _pieces_to(job: Job, mark: int) -> int:
    """Pieces of a run up to the evaluation at a mark."""
    marks, count = 0, 0
    for count, (_, _, last) in enumerate(pieces(job.marks, call_capacity(job)), 1):
        marks += last
        if marks == mark:
            return count
    return count
