"""When a sweep is checkpointed, and what of it: position in the plan, arrays, time spent."""

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from lab.sweeps import hosts
from lab.sweeps.checkpointing.lock import locked
from lab.sweeps.checkpointing.signals import Heard, deferred
from lab.sweeps.checkpointing.store import Arrays, Checkpoints
from lab.sweeps.execution.lane_state import Live, packed, unpacked
from lab.sweeps.planning.identity import check_same
from lab.sweeps.results.record import Table
from lab.validation.errors import InputError

FIRST_S = 10.0  # a sweep shorter than this is sooner run again than kept
SHORTEST_S, LONGEST_S = 1.0, 180.0  # between two checkpoints
SHARE = 0.02  # of the time that may go into them; they use other cores, too


Seconds = Callable[[], dict[str, float]]  # spent so far, by kind
Identity = Callable[[], dict[str, Any]]  # what the sweep is, worked out once


class Keeper:
    """Checkpoints one sweep, in a thread of its own, as often as their cost allows."""

    def __init__(self, folder: Path, store: Checkpoints, identity: Identity, table: Table):
        self.folder, self.store, self.identity, self.table = folder, store, identity, table
        self.at: tuple[int, int, Live | None] = (0, 0, None)  # job, block, the block's live part
        self.spent: dict[str, float] = {}  # seconds before this process, by kind
        self.heard = Heard()
        self.saved = 0  # checkpoints written by this process
        self.number = 0
        self.interval, self.cost = FIRST_S, 0.0
        self.live = False  # whether the last one held a block, as all do that are to come
        self._begin = self._last = time.perf_counter()
        self._writer = ThreadPoolExecutor(1)
        self._writing: Future[float] | None = None
        self.good = ""  # when the last good one was written

    def begun(self, job: int) -> tuple[int, Live | None] | None:
        """The block that a job begins with, and its live part; None for a job that is done."""
        at, block, live = self.at
        if job < at:
            return None
        return (block, live) if job == at else (0, None)

    def between(self, job: int, seconds: Seconds) -> Callable[[int, Callable[[], Live]], None]:
        """What `run_job` calls between two pieces of a block of that job."""

        def look(block: int, live: Callable[[], Live]) -> None:
            hosts.check()
            self._collect(wait=False)
            stop = self.heard.number is not None
            late = time.perf_counter() - self._last >= self.interval
            if stop:
                self._collect(wait=True)
            if stop or (late and self._writing is None):
                self._save(job, block, live(), seconds)
            if stop:
                self._collect(wait=True)
                raise Stopped

        return look

    def finish(self, jobs: int, seconds: Seconds) -> None:
        """Keep the finished table, if the sweep took long enough to be worth it."""
        self._collect(wait=True)
        worth = self.number > 0 or self.heard.number is not None
        if self.at[0] < jobs and (worth or time.perf_counter() - self._begin >= FIRST_S):
            self._save(jobs, 0, None, seconds)

    def waiting(self) -> None:
        """Obey a signal while other processes are waited for: everything is saved."""
        if self.heard.number is not None:
            raise Stopped

    def told(self) -> dict[str, float]:
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

    def _save(self, job: int, block: int, live: Live | None, seconds: Seconds) -> None:
        begin = time.perf_counter()
        self.number, self.live = self.number + 1, live is not None
        position: dict[str, Any] = {
            "job": job, "block": block, "seconds": seconds(), "interval": self.interval,
            "at": time.strftime("%Y-%m-%d %H:%M:%S"), "live": None,
            "dims": {name: list(dims) for name, dims in self.table.dims.items()},
        }  # fmt: skip
        arrays: Arrays = {f"table/{k}": v.copy() for k, v in self.table.arrays.items()}
        if live is not None:
            position["live"], of_block = packed(live)
            arrays |= of_block
        copied = time.perf_counter() - begin
        self._last = time.perf_counter()
        what = self.identity()  # not there: precision is a setting of this thread
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
        if self.live:
            self.interval = float(np.clip(cost / SHARE, SHORTEST_S, LONGEST_S))

    def resume(self) -> None:
        """Go to where the newest sound checkpoint of this sweep stands, if there is one.

        Raises:
          InputError: If the folder's checkpoints are of another sweep.
        """
        found = self.store.identity()
        if found is None:
            return
        check_same(found, self.identity(), f"the checkpoint in {self.folder}")
        newest = self.store.newest()
        if newest is None:
            return
        self.number, arrays, position = newest
        self.spent, self.good = position["seconds"], position["at"]
        for name, dims in position["dims"].items():
            self.table.arrays[name] = np.array(arrays[f"table/{name}"])
            self.table.dims[name] = tuple(dims)
        live = None if position["live"] is None else unpacked(position["live"], arrays)
        self.at = position["job"], position["block"], live
        say(
            f"continuing with the checkpoint of {position['at']} in {self.folder}; "
            f"at most about {position['interval']:.0f} s of work before the stop are run again."
        )


class Stopped(Exception):
    """A signal was heard and everything is saved."""


@contextmanager
def keeping(folder: Path, identity: Identity, table: Table, how: str) -> Iterator[Keeper]:
    """A keeper that has resumed; on SIGINT or SIGTERM it says how to go on, and they act.

    So it does where another process is lost, without saving once more.

    Args:
      folder: Where checkpoints lie.
      identity: Of the sweep.
      table: Of the sweep; what was measured before is put there.
      how: Words that say how a stopped sweep is continued.
    """
    with locked(folder):
        keeper = Keeper(folder, Checkpoints(folder), identity, table)
        keeper.resume()
        with deferred() as keeper.heard:
            why = None
            try:
                yield keeper
            except hosts.Lost as lost:
                why = f"stopped, as {lost}"
                raise
            finally:
                keeper.close()
                why = why if keeper.heard.number is None else "stopped"
                if why is not None:
                    say(f"{why}; what was saved at {keeper.good or 'no time'} is kept, and {how} "
                        "continues.")  # fmt: skip


def timed_before(folder: Path) -> dict[str, float]:
    """The seconds per update that a checkpointed sweep is charged by: measured once only."""
    found = Checkpoints(folder).identity()
    return {} if found is None else found.get("seconds_per_update", {})


def say(sentence: str) -> None:
    """Tell the person at the terminal."""
    print(f"lab.sweep: {sentence}", file=sys.stderr, flush=True)
