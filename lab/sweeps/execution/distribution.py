"""Calls handed to an executor: what is lost on the way is submitted again.

An executor is anything with `submit` of `concurrent.futures`: a process pool, Dask's
`client.get_executor()`, MPI's.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from typing import Annotated, Any, NamedTuple, Protocol, TypeVar

from lab.validation.kinds import Kind

WAIT_S = 0.5  # at a time, so that signals are handled
LOSSES = 5  # of one call: then it is not the machine's fault
T = TypeVar("T")


class Executor(Protocol):
    """Runs calls elsewhere."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        """Begin a call; its future has the result."""
        ...


AnyExecutor = Annotated[
    Executor,
    Kind(
        "an executor, with `submit` as in concurrent.futures",
        lambda value: not isinstance(value, type) and callable(getattr(value, "submit", None)),
    ),
]


class Missing(NamedTuple):
    """What a call gives back in a process that lacks something: the names of it."""

    names: tuple[str, ...]


def distributed(
    executor: Executor,
    function: Callable[..., Any],
    calls: Sequence[T],
    parts: dict[str, bytes],
    poll: Callable[[], None],
) -> Iterator[tuple[T, Any]]:
    """Run `function(call, names, sent, attempt)` for all calls; yields results as they come.

    Args:
      executor: Where.
      function: Importable where the calls run. It gives back `Missing` where it lacks parts.
      calls: Arguments that can be pickled.
      parts: What a process needs for any of them, by name; sent to those that lack it.
      poll: Called every now and then while nothing comes.

    Raises:
      RuntimeError: If a call loses its process over and over, or the executor is broken.
      Exception: What a call raises; the others are cancelled.
    """
    names = tuple(parts)
    waiting: dict[Future, int] = {}
    lost: Counter[int] = Counter()
    attempts: Counter[int] = Counter()
    lacked: dict[int, set[str]] = {}  # by call: what some process that was given it had not

    def submit(number: int) -> None:
        sent = {name: parts[name] for name in lacked.get(number, ())}
        try:
            attempts[number] += 1  # Dask gives back what became of a task with equal arguments
            call = calls[number], names, sent, attempts[number]
            waiting[executor.submit(function, *call)] = number
        except (BrokenExecutor, RuntimeError) as error:
            raise RuntimeError(
                f"the executor takes no more calls ({error}). lab.ProcessPool and Dask replace "
                "processes that are lost."
            ) from error

    try:
        for number in range(len(calls)):
            submit(number)
        while waiting:
            done, _ = wait(waiting, WAIT_S, FIRST_COMPLETED)
            poll()
            for future in done:
                number = waiting.pop(future)
                try:
                    result = future.result()
                except Exception as error:
                    lost[number] += 1
                    if not _is_loss(error):
                        raise
                    if lost[number] == LOSSES:
                        raise RuntimeError(
                            f"a block of lanes lost its process {LOSSES} times: it may need more "
                            "memory than there is."
                        ) from error
                else:
                    if not isinstance(result, Missing):
                        yield calls[number], result
                        continue
                    lacked.setdefault(number, set()).update(result.names)
                submit(number)
    finally:
        for future in waiting:
            future.cancel()


def _is_loss(error: Exception) -> bool:
    """Whether a process was lost, rather than a call failed."""
    # Dask's is no class of the standard library's
    by_name = type(error).__name__ == "KilledWorker"
    return by_name or isinstance(error, BrokenExecutor | CancelledError)
