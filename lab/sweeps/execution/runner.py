"""Runs the lanes of a block, some at a time, to the end of their budget or to where they pause.

One group of W lanes at each of D places, which end before the next ones start, so that what is on
the devices is bounded. Within them no call waits for another group's.
"""

from collections.abc import Iterator, Sequence

from lab.sweeps.execution.blocks import Block, Result, chunks_to, part
from lab.sweeps.execution.group import Course, Group
from lab.sweeps.execution.lane_state import Live, stacked
from lab.sweeps.execution.work import Work, dealt


def train(work: Work, block: Block) -> Iterator[Result]:
    """Train the lanes of a block of the job."""
    work.check_memory(states=2)  # state and gradient, old and new
    for at in dealt(range(len(block.lanes)), work.size):
        yield from _train(work, part(block, at))


def _train(work: Work, block: Block) -> Iterator[Result]:
    """Train D·W lanes or fewer."""
    shares = [part(block, at) for at in dealt(range(len(block.lanes)), work.width)]
    groups = [
        Group(work, place, [work.job.lanes[i] for i in share.lanes])
        for place, share in zip(work.places, shares)
    ]
    together = [(group, group.begin(share.paused)) for group, share in zip(groups, shares)]
    for group, course in together if block.paused is None else []:
        group.show(course, 0)
    end = None if block.until is None else chunks_to(work.job, block.until)
    for first, count, last in groups[0].chunks[together[0][1].done : end]:
        for group, course in together:
            group.go_on(course, first, count, last)
        for group, course in together if last else []:
            group.show(course, first + count)
        work.observers.between(block.job, block.lanes, lambda: _live(together))
    if end is not None:
        yield Result(block.job, block.lanes, paused=_live(together))
        return
    outputs = [group.predict(course.state) for group, course in together]
    for (group, course), share, of_group in zip(together, shares, outputs):
        yield Result(block.job, share.lanes, group.finish(course, of_group))


def _live(together: Sequence[tuple[Group, Course]]) -> Live:
    """All groups as they are now, on the host."""
    return stacked([group.live(course) for group, course in together])
