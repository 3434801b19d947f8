"""Where the time of a sweep goes; what is left of it is the host's."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import jax
import numpy as np

KINDS = ("compiling", "initializing", "training", "evaluating")
MANY = 2**14  # calls that are remembered one by one: as long as devices run, 30 MB


class Clock:
    """Times calls of jitted functions without waiting for them.

    At each place calls run in order and one at a time, while the host and other places go on. A
    thread for each notes when results are there, so that a call took from when it was made, or from
    when the one before it was done if that was later; a moment at which several places are busy is
    divided among them. A call that compiles is dated from its return.
    """

    def __init__(self, begin: float | None = None):
        self._begin = time.perf_counter() if begin is None else begin
        self._before: dict[str, float] = {}
        self._watchers: dict[Any, ThreadPoolExecutor] = {}  # by place, as calls are
        self._calls: dict[Any, list[tuple[str, float, Future[float]]]] = {}  # kind, begin, end
        self._spent: dict[str, float] = dict.fromkeys(KINDS, 0.0)

    def __enter__(self) -> "Clock":
        return self

    def __exit__(self, *_) -> None:
        for watcher in self._watchers.values():
            watcher.shutdown()

    def begin_at(self, seconds: dict[str, float]) -> None:
        """Count on from what an earlier process has spent."""
        self._before = seconds

    def add(self, seconds: Mapping[str, float]) -> None:
        """Count what another process has spent; of several at the same time, the sum."""
        for kind, spent in seconds.items():
            self._spent[kind] += spent

    def call(
        self, place: Any, kind: str, watched: Callable[[Any], Any], function: Any, *args: Any
    ) -> tuple[Any, Future[float]]:
        """Call `function` at a place; `watched` picks arrays that no later call is given.

        Returns:
          The result, and when it was there, to be waited for: who waits for an array instead wakes
          at the same time as the thread that is to note it, and keeps it from doing so.
        """
        known, begin = function.compilations, time.perf_counter()
        result = function(place, *args)
        if function.compilations > known:
            called, begin = begin, time.perf_counter()
            self._spent["compiling"] += begin - called
        if place not in self._watchers:
            self._watchers[place], self._calls[place] = ThreadPoolExecutor(1), []
        done = self._watchers[place].submit(_done, watched(result))
        self._calls[place].append((kind, begin, done))
        if len(self._calls[place]) == MANY:
            self.seconds()
        return result, done

    def seconds(self) -> dict[str, float]:
        """Spent on each of `KINDS`; compiling includes tracing and reading caches.

        Waits for the calls made so far.
        """
        intervals: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}
        for calls in self._calls.values():
            free = 0.0
            for kind, begin, done in calls:
                begin, free = max(begin, free), done.result()
                intervals[kind].append((begin, max(begin, free)))
            calls.clear()
        for kind, seconds in divided(intervals).items():
            self._spent[kind] += seconds
        return {kind: spent + self._before.get(kind, 0.0) for kind, spent in self._spent.items()}

    def spent(self) -> dict[str, float]:
        """The same with the time that passed since the beginning, as `all`."""
        passed = time.perf_counter() - self._begin + self._before.get("all", 0.0)
        return self.seconds() | {"all": passed}


def divided(intervals: dict[str, list[tuple[float, float]]]) -> dict[str, float]:
    """How long each kind took; where intervals overlap, time is divided among them.

    >>> divided({"a": [(0.0, 4.0)], "b": [(2.0, 3.0), (2.0, 6.0)]})
    {'a': 2.8333333333333335, 'b': 3.1666666666666665}
    """
    edges = [np.array(found).reshape(-1, 2) for found in intervals.values()]
    at = np.concatenate([found.ravel() for found in edges])
    order = np.argsort(at, kind="stable")
    busy = []  # [kind] of arrays: how many intervals of the kind there are after each edge
    for number in range(len(edges)):
        steps = [np.tile([1, -1] if i == number else [0, 0], len(e)) for i, e in enumerate(edges)]
        busy.append(np.cumsum(np.concatenate(steps)[order])[:-1])
    length = np.diff(at[order])
    everyone = np.maximum(np.sum(busy, axis=0), 1)
    return {kind: float(np.sum(length * own / everyone)) for kind, own in zip(intervals, busy)}


def _done(arrays: Any) -> float:
    jax.block_until_ready(arrays)
    return time.perf_counter()
