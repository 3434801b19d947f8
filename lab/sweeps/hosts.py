"""Several processes, on one host or many, that run one program and share the work of its sweeps.

They start by `jax.distributed` and speak through its key-value store alone: no array is spread over
processes and no collective is run, so that any network does. Every process makes the same plan,
trains its own share, and is given what the others measured (`lab.sweeps.gather`).

Each notes every few seconds that it is alive. A process that is lost stops the others: they raise
`Lost`. Process 0 holds the store; when it is lost, JAX itself ends the others at once.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax

from lab.checks import checked
from lab.errors import InputError, require
from lab.kinds import Count, Whole

LOST_S, BEATS = 60.0, 10  # without a sign of life, of which there are so many in that time
CHUNK = 2**20  # bytes: a message may not be much longer
_WAIT_MS = 500  # at a time, so that signals and losses are seen


class Lost(RuntimeError):
    """Another process is gone."""


class Joined:
    """What a process among others knows of them."""

    def __init__(self, store: Any, index: int, count: int):
        self.store, self.index, self.count = store, index, count
        self.lost: str | None = None
        self._exchanges = 0
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def exchange(self, content: bytes, meanwhile: Callable[[], None]) -> list[bytes]:
        """What every process hands in, by its number; `meanwhile` is called while one waits."""
        number, self._exchanges = self._exchanges, self._exchanges + 1
        mine = f"lab/{number}/{self.index}"
        for begin in range(0, len(content), CHUNK):
            self.store.key_value_set_bytes(f"{mine}/{begin}", content[begin : begin + CHUNK])
        self.store.key_value_set(f"{mine}/size", str(len(content)))
        contents = [
            content if process == self.index else self._read(f"lab/{number}/{process}", meanwhile)
            for process in range(self.count)
        ]
        if number:  # whoever hands in has read the exchange before
            self.store.key_value_delete(f"lab/{number - 1}/{self.index}/")
        return contents

    def _read(self, key: str, meanwhile: Callable[[], None]) -> bytes:
        while True:
            try:
                size = int(self.store.blocking_key_value_get(f"{key}/size", _WAIT_MS))
                break
            except jax.errors.JaxRuntimeError as error:
                if "DEADLINE_EXCEEDED" not in str(error):
                    raise Lost("process 0, through which all speak, is gone") from error
            self.check()
            meanwhile()
        parts = range(0, size, CHUNK)
        return b"".join(self.store.key_value_try_get_bytes(f"{key}/{begin}") for begin in parts)

    def check(self) -> None:
        """Raise `Lost` if a process is."""
        if self.lost is not None:
            raise Lost(self.lost)

    def leave(self, together: bool) -> None:
        """Go; process 0 last, as the others could not go on without it."""
        if self.index == 0:
            if together:
                self.store.get_live_nodes(list(range(self.count)))  # returns when all have gone
            else:
                time.sleep(2 * LOST_S / BEATS)  # until the others have noticed and said so
        self._over.set()
        self._watcher.join()
        jax.distributed.shutdown()

    def _watch(self) -> None:
        """Give signs of life, and note whose have stopped: in beats, not in time.

        So that a machine which was suspended as a whole misses nobody.
        """
        heard: dict[int, tuple[str, int]] = dict.fromkeys(range(self.count), ("", 0))
        beats = 0
        while not self._over.wait(LOST_S / BEATS):
            beats += 1
            try:
                self.store.key_value_set(f"alive/{self.index}", str(beats), allow_overwrite=True)
                signs = dict(self.store.key_value_dir_get("alive/"))
            except jax.errors.JaxRuntimeError:  # process 0 is gone, which ends this one
                return
            for process, (before, at) in heard.items():  # last sign, and at which beat
                sign = signs.get(f"alive/{process}", "")
                if sign != before:
                    heard[process] = sign, beats
                elif beats - at >= BEATS and self.lost is None:
                    self.lost = f"process {process} of {self.count} is gone"


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
    # a lost process shall be noticed here, not end this one; signals are the sweep's own
    jax.config.update("jax_enable_recoverability", True)
    jax.config.update("jax_enable_preemption_service", False)
    try:
        jax.distributed.initialize(coordinator, processes, process, local_devices)
    except (RuntimeError, ValueError, TypeError) as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise InputError(f"processes cannot be joined: {reason}.") from error
    from jax._src.distributed import global_state  # as Orbax does: there is no public name

    _JOINED = Joined(global_state.client, jax.process_index(), jax.process_count())
    together = False
    try:
        yield
        together = True
    except SystemExit as leaving:
        together = not leaving.code
        raise
    finally:
        joined, _JOINED = _JOINED, None
        joined.leave(together)


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
