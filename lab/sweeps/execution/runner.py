"""Runs the lanes of a block, some at a time, to the end of their budget or to where they pause.

One group of W lanes at each of D places, which end before the next ones start, so that what is on
the devices is bounded. Within them no call waits for another group's.
"""

from collections.abc import Iterator, Sequence

from lab.sweeps.execution.blocks import Block, Result, chunks_to, part
from lab.sweeps.execution.group import Group, GroupProgress
from lab.sweeps.execution.lane_state import LaneState, stacked
from lab.sweeps.execution.work import Work, batched


def train(work: Work, block: Block) -> Iterator[Result]:
    """Train the lanes of a block of the job."""
    work.check_memory(states=2)  # state and gradient, old and new
    for at in batched(range(len(block.lanes)), work.size):
        yield from _train(work, part(block, at))


def _train(work: Work, block: Block) -> Iterator[Result]:
    """Train D·W lanes or fewer."""
    shares = [part(block, at) for at in batched(range(len(block.lanes)), work.width)]
    groups = [
        Group(work, place, [work.job.lanes[i] for i in share.lanes])
        for place, share in zip(work.places, shares)
    ]
    together = [(group, group.begin(share.paused)) for group, share in zip(groups, shares)]
    for group, progress in together if block.paused is None else []:
        group.show(progress, 0)
    end = None if block.until is None else chunks_to(work.job, block.until)
    for first, count, last in groups[0].chunks[together[0][1].done : end]:
        for group, progress in together:
            group.go_on(progress, first, count, last)
        for group, progress in together if last else []:
            group.show(progress, first + count)
        work.observers.between(block.job, block.lanes, lambda: _lane_state(together))
    if end is not None:
        yield Result(block.job, block.lanes, paused=_lane_state(together))
        return
    outputs = [group.predict(progress.state) for group, progress in together]
    for (group, progress), share, of_group in zip(together, shares, outputs):
        yield Result(block.job, share.lanes, group.finish(progress, of_group))


def _lane_state(together: Sequence[tuple[Group, GroupProgress]]) -> LaneState:
    """All groups as they are now, on the host."""
    return stacked([group.lane_state(progress) for group, progress in together])
