"""Runs the lanes of one job, block by block.

A block is one group of W lanes at each of D places. It runs to the end of its budget before the
next one starts, so that live state is one block. Within it no call waits for another group's.
"""

from collections.abc import Callable, Container, Iterator, Sequence
from functools import partial

from lab.sweeps.execution.group import Course, Group
from lab.sweeps.execution.lane_state import Live, stacked, taken
from lab.sweeps.execution.work import Between, Work, dealt
from lab.sweeps.planning.plan import Lane
from lab.sweeps.results.measurements import Measured


def run_job(
    work: Work,
    between: Between,
    begun: tuple[int, Live | None] = (0, None),
    share: Container[int] | None = None,
) -> Iterator[Measured]:
    """Train all lanes of a job; yields one group after the other.

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
        part = live if number == first else None
        yield from _run_block(work, lanes, partial(between, number), part)


def _run_block(
    work: Work,
    lanes: Sequence[Lane],
    between: Callable[[Callable[[], Live]], None],
    begun: Live | None,
) -> Iterator[Measured]:
    """Train D·W lanes or fewer to the end of the budget; `between` is called after every piece."""
    width, dealt_lanes = work.width, dealt(lanes, work.width)
    groups = [Group(work, *where) for where in zip(work.places, dealt_lanes)]
    courses = [
        group.begin(None if begun is None else taken(begun, slice(i * width, (i + 1) * width)))
        for i, group in enumerate(groups)
    ]
    block = list(zip(groups, courses))
    for group, course in block if begun is None else []:
        group.show(course, 0)
    for first, count, last in groups[0].pieces[courses[0].done :]:
        for group, course in block:
            group.go_on(course, first, count, last)
        for group, course in block if last else []:
            group.show(course, first + count)
        between(partial(_live, block))
    outputs = [group.predict(course.state) for group, course in block]
    for (group, course), of_group in zip(block, outputs):
        yield group.finish(course, of_group)


def _live(block: list[tuple[Group, Course]]) -> Live:
    """The block as it is now, on the host."""
    return stacked([group.live(course) for group, course in block])
