"""Processes of this machine that run blocks, each one at a time; one that dies is replaced."""

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import suppress
from multiprocessing import connection, get_context, parent_process
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from lab.sweeps.devices.places import use_all_cores
from lab.validation.checks import checked
from lab.validation.kinds import Count

FAILURES = 2  # of a process to begin: then it is not chance


class ProcessPool(Executor):
    """Spawned processes that share the cores and the GPUs of this machine.

    The cores are shared out; of several GPUs each process sees one. A killed process costs the call
    that it was running, which raises `BrokenProcessPool`, and is replaced:
    `lab.sweep(..., executor=pool)` submits its block again.

    Args:
      workers: How many processes.

    >>> import lab
    >>> with lab.ProcessPool(1) as pool:
    ...     pool.submit(abs, -3).result()
    3
    """

    @checked
    def __init__(self, workers: Count):
        self._threads = ThreadPoolExecutor(workers)
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        self._workers = [_Worker(number, workers) for number in range(workers)]
        for worker in self._workers:
            self._idle.put(worker)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        """Run a call in the next process that is free."""
        return self._threads.submit(self._run, fn, args, kwargs)

    def _run(self, fn: Callable[..., Any], args: tuple, kwargs: dict) -> Any:
        worker = self._idle.get()
        try:
            return worker.run(fn, *args, **kwargs)
        finally:
            self._idle.put(worker)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes; without `wait` at once, whatever they do."""
        if not wait:
            for worker in self._workers:
                worker.kill()
        self._threads.shutdown(cancel_futures=cancel_futures or not wait)
        for worker in self._workers:
            worker.end()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.shutdown(wait=kind is None)


class _Worker:
    """A process, and the one after it when it dies."""

    def __init__(self, number: int, workers: int):
        self._begun, self._ended = (number, workers), False
        self._failures = 0  # to begin, in a row
        self._pool: ProcessPoolExecutor | None = None
        self._process = 0

    def run(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            if self._pool is None and not self._ended:
                self._begin()
            if self._pool is None or self._ended:
                raise RuntimeError("the pool was shut down")
            return self._pool.submit(fn, *args, **kwargs).result()
        except BrokenExecutor:
            self.end()
            raise

    def _begin(self) -> None:
        self._pool = ProcessPoolExecutor(1, get_context("spawn"), begin, self._begun)
        self._failures += 1
        try:
            self._process = self._pool.submit(os.getpid).result()
        except BrokenExecutor as error:
            if self._failures < FAILURES or self._ended:
                raise
            raise RuntimeError(
                "processes of the pool end as they begin. Each imports the script that makes the "
                'pool: what a script does must stand under `if __name__ == "__main__":`.'
            ) from error
        self._failures = 0

    def kill(self) -> None:
        self._ended = True
        if self._pool is not None and self._process:
            with suppress(ProcessLookupError):
                os.kill(self._process, signal.SIGTERM)  # of which a worker knows nothing

    def end(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()
            self._pool, self._process = None, 0


def begin(number: int, workers: int) -> None:
    """In a new process: take its share of the machine, and end with the one that began it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other decides what it means
    threading.Thread(target=_end_with, args=(parent_process(),), daemon=True).start()
    take_share(number, workers)


def take_share(number: int, workers: int) -> None:
    """Take the cores, and the GPU, of one of some workers; before JAX starts."""
    found = sorted(path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia[0-9]*"))
    if gpus := os.environ.get("CUDA_VISIBLE_DEVICES", ",".join(found)):
        os.environ["CUDA_VISIBLE_DEVICES"] = gpus.split(",")[number % len(gpus.split(","))]
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        first, last = (len(cores) * at // workers for at in (number, number + 1))
        os.sched_setaffinity(0, cores[first:last] or [cores[first]])
    use_all_cores()


def _end_with(parent: Any) -> None:
    connection.wait([parent.sentinel])
    os._exit(1)
