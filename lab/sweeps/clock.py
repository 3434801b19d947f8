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

    def __init__(self):
        self._watcher = ThreadPoolExecutor(1)
        self._calls: list[tuple[str, float, Future[float]]] = []  # kind, begin, end
        self._compiling = 0.0

    def __enter__(self) -> "Clock":
        return self

    def __exit__(self, *_) -> None:
        self._watcher.shutdown()

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
        """Spent on each of `KINDS`; compiling includes tracing and reading caches."""
        spent, free = dict.fromkeys(KINDS, 0.0) | {"compiling": self._compiling}, 0.0
        for kind, begin, done in self._calls:
            begin, free = max(begin, free), done.result()
            spent[kind] += max(0.0, free - begin)
        return spent


def _done(arrays: Any) -> float:
    jax.block_until_ready(arrays)
    return time.perf_counter()
