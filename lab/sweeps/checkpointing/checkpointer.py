"""When a sweep is checkpointed, and what of it: lanes done, lanes under way, time spent."""

import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from lab.sweeps.checkpointing.lock import locked
from lab.sweeps.checkpointing.signals import PendingSignal, deferred
from lab.sweeps.checkpointing.store import Arrays, Checkpoints
from lab.sweeps.execution.blocks import Block, blocks_left, part
from lab.sweeps.execution.lane_state import LaneState, packed, unpacked
from lab.sweeps.planning.identity import check_same, hashed
from lab.sweeps.results.record import Record
from lab.validation.errors import InputError

FIRST_S = 10.0  # a sweep shorter than this is sooner run again than kept
SHORTEST_S, LONGEST_S = 1.0, 180.0  # between two checkpoints
SHARE = 0.02  # of the time that may go into them; they use other cores, too


Seconds = Callable[[], dict[str, float]]  # spent so far, by kind
Identity = Callable[[], dict[str, Any]]  # what the sweep is, worked out once


class Checkpointer:
    """Checkpoints one sweep, in a thread of its own, as often as their cost allows."""

    def __init__(self, folder: Path, store: Checkpoints, identity: Identity, record: Record):
        self.folder, self.store, self.identity, self.record = folder, store, identity, record
        self.under_way: Block | None = None  # lanes that were being trained
        self.spent: dict[str, float] = {}  # seconds before this process, by kind
        self.pending = PendingSignal()
        self.saved = 0  # checkpoints written by this process
        self.number = 0
        self.interval, self.cost = FIRST_S, 0.0
        self.unfinished = False  # whether the last one held lanes under way
        self._begin = self._last = time.perf_counter()
        self._writer = ThreadPoolExecutor(1)
        self._writing: Future[float] | None = None
        self.good = ""  # when the last good one was written
        self.seconds: Seconds = dict
        self._kept_lanes = 0  # done in the last one

    def blocks(self) -> list[Block]:
        """What is left to be trained."""
        return blocks_left(self.record, self.under_way)

    def save_if_due(
        self, job: int, lanes: Sequence[int], lane_state: Callable[[], LaneState] | None
    ) -> None:
        """Save if it is time to, or if a signal has come; called where training may stop.

        Args:
          job: Number of the one that is trained.
          lanes: Numbers of its lanes that are under way in this process.
          lane_state: How to fetch them; None where none is.

        Raises:
          Stopped: If a signal has come, once everything is saved.
        """
        self._collect(wait=False)
        stop = self.pending.number is not None
        late = time.perf_counter() - self._last >= self.interval
        if stop:
            self._collect(wait=True)
        news = lane_state is not None or self.record.done.sum() > self._kept_lanes
        if stop or (late and news and self._writing is None):
            # another process tells of no lane under way: those that were before still are
            under_way = (
                self._begun() if lane_state is None else Block(job, tuple(lanes), lane_state())
            )
            self._save(under_way)
        if stop:
            self._collect(wait=True)
            raise Stopped

    def _begun(self) -> Block | None:
        """What is left of the lanes that were under way when this process began."""
        if self.under_way is None:
            return None
        block, job = self.under_way, self.record.plan.jobs[self.under_way.job]
        left = [i for i, n in enumerate(block.lanes) if not self.record.done[job.lanes[n].cell]]
        return part(block, left) if left else None

    def finish(self) -> None:
        """Keep the finished record, if the sweep took long enough to be worth it."""
        self._collect(wait=True)
        worth = self.number > 0 or self.pending.number is not None
        if worth or time.perf_counter() - self._begin >= FIRST_S:
            self._save(None)

    def summary(self) -> dict[str, float]:
        """How many checkpoints this process wrote, what they took, and how far apart they are."""
        return {
            "checkpoints": self.saved,
            "seconds_checkpointing": self.cost,
            "checkpoint_interval": self.interval,
        }

    def close(self) -> None:
        """Wait for what is being written."""
        self._collect(wait=True)
        self._writer.shutdown()

    def _save(self, under_way: Block | None) -> None:
        begin = time.perf_counter()
        self.number, self.unfinished = self.number + 1, under_way is not None
        what = self.identity()  # not in the thread: precision is a setting of this one
        position: dict[str, Any] = {
            "sweep": hashed(what),
            "seconds": self.seconds(),
            "interval": self.interval,
            "at": time.strftime("%Y-%m-%d %H:%M:%S"),
            "under_way": None,
            "dims": {name: list(dims) for name, dims in self.record.dims.items()},
        }
        arrays: Arrays = {f"record/{k}": v.copy() for k, v in self.record.arrays.items()}
        arrays["done"] = self.record.done.astype(np.uint8)
        self._kept_lanes = int(self.record.done.sum())
        if under_way is not None and under_way.paused is not None:
            described, of_block = packed(under_way.paused)
            position["under_way"] = [under_way.job, under_way.lanes, described]
            arrays |= of_block
        copied = time.perf_counter() - begin
        self._last = time.perf_counter()
        self._writing = self._writer.submit(
            self._write, self.number, what, arrays, position, copied
        )

    def _write(
        self, number: int, what: dict, arrays: Arrays, position: dict, copied: float
    ) -> float:
        begin = time.perf_counter()
        self.store.write(number, what, arrays, position)
        return copied + time.perf_counter() - begin

    def _collect(self, wait: bool) -> None:
        """Learn what the last checkpoint cost, or why there is none."""
        if self._writing is None or not (wait or self._writing.done()):
            return
        written, self._writing = self._writing, None
        try:
            cost = written.result()
        except InputError as error:
            last = f"the one of {self.good} stays" if (self.good) else "there is none yet"
            warnings.warn(f"{error} The sweep goes on; {last}.", stacklevel=2)
            return
        self.saved, self.cost = self.saved + 1, self.cost + cost
        self.good = time.strftime("%H:%M:%S")
        if self.unfinished:
            self.interval = float(np.clip(cost / SHARE, SHORTEST_S, LONGEST_S))

    def resume(self) -> None:
        """Go to where the newest sound checkpoint of this sweep stands, if there is one.

        Raises:
          InputError: If the folder's checkpoints are of another sweep.
        """
        found = self.store.identity()
        if found is None and not self.store.states.is_dir():
            return
        what = self.identity()
        if found is not None:  # if it is lost, the states tell by themselves
            check_same(found, what, f"the checkpoint in {self.folder}")
        newest = self.store.newest(hashed(what))
        if newest is None:
            return
        self.number, arrays, position = newest
        self.spent, self.good = position["seconds"], position["at"]
        for name, dims in position["dims"].items():
            self.record.arrays[name] = np.array(arrays[f"record/{name}"])
            self.record.dims[name] = tuple(dims)
        self.record.done = arrays["done"].astype(bool)
        if position["under_way"] is not None:
            job, lanes, described = position["under_way"]
            self.under_way = Block(job, tuple(lanes), unpacked(described, arrays))
        say(
            f"continuing with the checkpoint of {position['at']} in {self.folder}; "
            f"at most about {position['interval']:.0f} s of work before the stop are run again."
        )


class Stopped(Exception):
    """A signal has come, and everything is saved."""


@contextmanager
def checkpointing(
    folder: Path, identity: Identity, record: Record, how: str
) -> Iterator[Checkpointer]:
    """A checkpointer that has resumed; on SIGINT or SIGTERM it says how to go on, and they act.

    Args:
      folder: Where checkpoints lie.
      identity: Of the sweep.
      record: Of the sweep; what was measured before is put there.
      how: Words that say how a stopped sweep is continued.
    """
    with locked(folder):
        found = Checkpointer(folder, Checkpoints(folder), identity, record)
        found.resume()
        with deferred() as found.pending:
            try:
                yield found
            finally:
                found.close()
                if found.pending.number is not None:
                    say(
                        f"stopped; what was saved at {found.good or 'no time'} is kept, and {how} "
                        "continues."
                    )


def timed_before(folder: Path) -> dict[str, float]:
    """The seconds per update that a checkpointed sweep is charged by: measured once only."""
    found = Checkpoints(folder).identity()
    return {} if found is None else found.get("seconds_per_update", {})


def say(sentence: str) -> None:
    """Tell the person at the terminal."""
    print(f"lab.sweep: {sentence}", file=sys.stderr, flush=True)
