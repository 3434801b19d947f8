"""Where the time of a sweep goes: compiling, training, evaluating; the rest is the host's."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import jax

KINDS = ("compiling", "training", "evaluating")


class Clock:
    """Times calls of jitted functions without waiting for them.

    Devices run calls in order and one at a time, while the host goes on. A thread of its own notes
    when each result is there, so that the call took from when it was made, or from when the one
    before it was done if that was later. Drawing first parameters counts with the evaluation that
    follows. A call that compiles is dated from its return.
    """

    def __init__(self, begin: float | None = None):
        self._begin = time.perf_counter() if begin is None else begin
        self._before: dict[str, float] = {}
        self._watcher = ThreadPoolExecutor(1)
        self._calls: list[tuple[str, float, Future[float]]] = []  # kind, begin, end
        self._compiling = 0.0

    def __enter__(self) -> "Clock":
        return self

    def __exit__(self, *_) -> None:
        self._watcher.shutdown()

    def begin_at(self, seconds: dict[str, float]) -> None:
        """Count on from what an earlier process has spent."""
        self._before = seconds

    def call(self, kind: str, watched: Callable[[Any], Any], function: Any, *args: Any) -> Any:
        """Call `function`, a jitted one; `watched` picks results that no later call is given."""
        known, begin = function._cache_size(), time.perf_counter()
        result = function(*args)
        if function._cache_size() > known:
            called, begin = begin, time.perf_counter()
            self._compiling += begin - called
        self._calls.append((kind, begin, self._watcher.submit(_done, watched(result))))
        return result

    def seconds(self) -> dict[str, float]:
        """Spent on each of `KINDS`; compiling includes tracing and reading caches.

        Waits for the calls made so far.
        """
        spent, free = dict.fromkeys(KINDS, 0.0) | {"compiling": self._compiling}, 0.0
        for kind, begin, done in self._calls:
            begin, free = max(begin, free), done.result()
            spent[kind] += max(0.0, free - begin)
        return {kind: seconds + self._before.get(kind, 0.0) for kind, seconds in spent.items()}

    def spent(self) -> dict[str, float]:
        """The same with the time that passed since the beginning, as `all`."""
        passed = time.perf_counter() - self._begin + self._before.get("all", 0.0)
        return self.seconds() | {"all": passed}


def _done(arrays: Any) -> float:
    jax.block_until_ready(arrays)
    return time.perf_counter()
