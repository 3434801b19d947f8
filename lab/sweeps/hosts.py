"""Several processes, on one host or many, that run one program and share the work of its sweeps.

They find one another by `jax.distributed`, which knows the clusters, and leave it again before they
begin: it ends every process, in its own words, when process 0 is lost. They speak through
`lab.sweeps.hub` alone: no array is spread over processes and no collective is run, so that any
network does. Every process makes the same plan, trains its own share, and is given what the others
measured (`lab.sweeps.gather`). When one is lost, whichever it is, the others raise `Lost`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import jax

from lab.sweeps.hub import LOST_S, Hub, meet
from lab.validation.checks import checked
from lab.validation.errors import InputError, require
from lab.validation.kinds import Count, Whole

_WAIT_S = 0.5  # at a time, so that signals are seen


class Lost(RuntimeError):
    """Another process is gone."""


class Joined(NamedTuple):
    """What a process among others knows of them."""

    index: int
    count: int
    hub: Connection

    def exchange(self, content: bytes, meanwhile: Callable[[], None]) -> list[bytes]:
        """What every process hands in, by its number; `meanwhile` is called while one waits."""
        with _lost_with_the_hub(self.count):
            self.check()
            self.hub.send_bytes(content)
            while not self.hub.poll(_WAIT_S):
                meanwhile()
            self._listen()
            return [self.hub.recv_bytes() for _ in range(self.count)]

    def check(self) -> None:
        """Raise `Lost` if a process is: unasked, the hub says nothing else."""
        with _lost_with_the_hub(self.count):
            if self.hub.poll():
                self._listen()

    def _listen(self) -> None:
        words = self.hub.recv_bytes().decode()
        if words:
            raise Lost(words)


@contextmanager
def _lost_with_the_hub(count: int) -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError) as error:
        raise Lost(f"process 0 of {count} is gone") from error


_JOINED: Joined | None = None


@checked
@contextmanager
def distributed(
    coordinator: str | None = None,
    processes: Count | None = None,
    process: Whole | None = None,
    local_devices: Sequence[Whole] | None = None,
) -> Iterator[None]:
    """Share the sweeps made inside with other processes that run the same program.

    Every process gets the whole record of each sweep; on CPU it is bitwise that of one process.
    Enter it after importing JAX and before the first array or key, `use_all_cores` before it. What
    is not given is found out where JAX can: SLURM, Kubernetes, Open MPI, TPU pods.

    Args:
      coordinator: `HOST:PORT` at which process 0 can be reached by all.
      processes: How many there are.
      process: Which of them this is, from 0.
      local_devices: Numbers of the GPUs of this host that are this process's; under SLURM and
        Open MPI one each by default, elsewhere all.

    Raises:
      InputError: If a number is not possible, JAX has started already, or cannot find the rest.
      Lost: Inside, if another process is lost.
    """
    global _JOINED
    require(_JOINED is None, "this process has joined others already.")
    require(
        processes is None or process is None or 0 <= process < processes,
        f"process must be one of 0 to processes - 1, given {process} of {processes}.",
    )
    jax.config.update("jax_enable_preemption_service", False)  # signals are the sweep's own
    try:
        jax.distributed.initialize(coordinator, processes, process, local_devices)
        _JOINED, hub = _met()
        jax.distributed.shutdown()  # when all have come so far
    except (RuntimeError, ValueError, TypeError, OSError) as error:
        _JOINED = None
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise InputError(f"processes cannot be joined: {reason}.") from error
    try:
        yield
    finally:
        joined, _JOINED = _JOINED, None
        joined.hub.close()
        if hub is not None:
            hub.join(LOST_S)  # until the others have heard why, and gone


def _met() -> tuple[Joined, Hub | None]:
    """Join the hub, which is a thread of process 0, and begins here."""
    from jax._src import distributed  # as Orbax does: no name is public

    found: Any = distributed.global_state
    index, count, hub = found.process_id, found.num_processes, None
    if index == 0:
        hub = Hub(count)
        hub.start()
        found.client.key_value_set("lab/hub", f"{hub.port} {hub.key}")
    port, key = found.client.blocking_key_value_get("lab/hub", 1000 * LOST_S).split()
    host = found.coordinator_address.rpartition(":")[0].strip("[]")
    return Joined(index, count, meet(host, int(port), key, index)), hub


def index() -> int:
    """Number of this process; 0 where it is alone."""
    return 0 if _JOINED is None else _JOINED.index


def count() -> int:
    """How many processes there are."""
    return 1 if _JOINED is None else _JOINED.count


def patient() -> None:
    """What one does while others are waited for, where there is nothing to do."""


def exchange(content: bytes, meanwhile: Callable[[], None] = patient) -> list[bytes]:
    """What every process hands in, by its number; all must call it, as often and in one order.

    Raises:
      Lost: If another process is lost.
    """
    return [content] if _JOINED is None else _JOINED.exchange(content, meanwhile)


def check() -> None:
    """Raise `Lost` if another process is lost."""
    if _JOINED is not None:
        _JOINED.check()


def own(path: Path) -> Path:
    """A path for this process alone."""
    return path if count() == 1 else path.with_name(f"{path.name}-{index()}-of-{count()}")
