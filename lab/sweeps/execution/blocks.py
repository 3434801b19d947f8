"""The unit of work: lanes of one job, trained together by whoever has time.

A block is a pure function of its plan: it may be run anywhere, and again. How lanes are cut into
blocks changes no bit.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lab.sweeps.execution.lane_state import LaneState, stacked, taken
from lab.sweeps.planning.chunks import chunks
from lab.sweeps.planning.jobs import Job, Plan
from lab.sweeps.planning.sizes import call_capacity
from lab.sweeps.results.measurements import Measured
from lab.sweeps.results.record import Record

LONGEST_S, SHORTEST_S = 10.0, 2.0  # of a block on one core; scheduling takes hundredths of a second
SHARE = 16  # a block is at most one of so many parts of what is left: none ends long after others
# Seconds of an update of a lane: those it takes at least, and FLOPs per second beyond.
SPEEDS = {"cpu": (8e-6, 7e10)}
FASTER = (4e-7, 3e12)  # an accelerator, on which lanes run side by side


class Block(NamedTuple):
    """Lanes of one job that are equally far."""

    job: int  # number in the plan
    lanes: tuple[int, ...]  # numbers in the job
    paused: LaneState | None = None  # where they stand; None before the first update
    until: int | None = None  # number of the evaluation at which they pause; None: at the end


class Result(NamedTuple):
    """What became of some lanes of a job: measured at the end, or paused."""

    job: int
    lanes: tuple[int, ...]
    measured: Measured | None = None
    paused: LaneState | None = None
    lane_bytes: float = 0.0  # memory of a lane while it trains


def blocks_left(record: Record, under_way: Block | None = None) -> list[Block]:
    """One for the lanes of each job that are not done, but for a block that is under way."""
    found = [] if under_way is None else [under_way]
    for number, job in enumerate(record.plan.jobs):
        begun = under_way.lanes if under_way is not None and under_way.job == number else ()
        lanes = tuple(i for i in record.left(job) if i not in set(begun))
        if lanes:
            found.append(Block(number, lanes))
    return sorted(found, key=lambda block: block.job)


def portions(
    plan: Plan, blocks: Sequence[Block], width: Sequence[int], platform: str
) -> list[Block]:
    """Blocks cut to what is submitted at once: whole groups, shorter towards the end.

    Guided self-scheduling (Polychronopoulos & Kuck, 1987) with an estimate of what lanes take, of
    which a group of a job has `width`.
    """
    seconds = [lane_seconds(plan.jobs[block.job], block, platform) for block in blocks]
    left = sum(each * len(block.lanes) for each, block in zip(seconds, blocks))
    found = []
    for each, block in zip(seconds, blocks):
        first = 0
        while first < len(block.lanes):
            wanted = min(LONGEST_S, max(SHORTEST_S, left / SHARE))
            group = width[block.job]
            size = max(1, round(wanted / (each * group))) * group
            found.append(part(block, range(first, min(first + size, len(block.lanes)))))
            left -= each * len(found[-1].lanes)
            first += size
    return found


def lane_seconds(job: Job, block: Block, platform: str) -> float:
    """About what a lane of a block takes, on one core or accelerator."""
    least, flops = SPEEDS.get(platform, FASTER)
    count = job.price.flops
    update = least + (0 if math.isnan(count) else count / flops)
    return update * max(1, _left(job, block))


def updates_left(plan: Plan, block: Block) -> int:
    """That the lanes of a block have to take, together."""
    return len(block.lanes) * _left(plan.jobs[block.job], block)


def _left(job: Job, block: Block) -> int:
    end = job.evaluation_steps[-1 if block.until is None else block.until]
    return end - (0 if block.paused is None else block.paused.count)


def part(block: Block, at: Sequence[int]) -> Block:
    """Some lanes of a block, by their places in it."""
    paused = None if block.paused is None else taken(block.paused, list(at))
    return block._replace(lanes=tuple(block.lanes[i] for i in at), paused=paused)


def blocks_until(
    number: int, job: Job, paused: Sequence[LaneState | None], until: int
) -> Iterator[Block]:
    """Blocks that bring every lane of a job, from wherever it is, to the `until`-th evaluation.

    Lanes that are there are in no block; those that have not begun are `paused` as None.
    """
    target = chunks_to(job, until)
    for done in sorted({_done(lane_state) for lane_state in paused} - {target}):
        lanes = tuple(i for i, lane_state in enumerate(paused) if _done(lane_state) == done)
        stand = [lane_state for i in lanes if (lane_state := paused[i]) is not None]
        yield Block(number, lanes, stacked(stand) if stand else None, until)


def chunks_to(job: Job, evaluation: int) -> int:
    """Chunks of a run up to an evaluation."""
    evaluations, count = 0, 0
    for count, (_, _, last) in enumerate(chunks(job.evaluation_steps, call_capacity(job)), 1):
        evaluations += last
        if evaluations == evaluation:
            return count
    return count


def _done(lane_state: LaneState | None) -> int:
    return 0 if lane_state is None else lane_state.done
