"""The flag that says who trains: this process, several of this machine, or a Dask cluster."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import lab
from lab.study.flags import Kind
from lab.sweeps.engine import executing_on
from lab.validation.errors import InputError

RETRIES = 2  # of a block whose worker is lost, by Dask itself
TIMEOUT_S = 10  # until a scheduler answers


class Where(Kind):
    """Processes of this machine, or the scheduler of a cluster."""

    allowed = (
        "a number of processes, the address of a Dask scheduler such as tcp://HOST:8786, or a "
        "scheduler file"
    )

    def __init__(self):
        super().__init__("WHERE")

    def value(self, flag: str, text: str) -> int | str | Path:
        """A count, an address, or a file that is there."""
        if text.isdecimal() and 1 <= int(text[:5]) <= 10_000:
            return int(text)
        protocol, _, address = text.partition("://")
        host, _, port = address.rpartition(":")
        if protocol and host and port.isdecimal() and 1 <= int(port[:6]) <= 65_535:
            return text
        if Path(text).is_file():
            return Path(text)
        raise ValueError


@dataclass(frozen=True)
class Executors:
    """Who trains."""

    executor: Annotated[Any, Where()] = None
    """Train on so many processes of this machine (4), or on a Dask cluster (tcp://HOST:8786, or a
    scheduler file); by default in this process. The record has the same bits."""

    @contextlib.contextmanager
    def executing(self) -> Iterator[None]:
        """Sweeps and searches inside are trained there.

        Raises:
          InputError: If Dask is needed and not installed, or no scheduler answers.
        """
        with contextlib.ExitStack() as stack:
            if isinstance(self.executor, int):
                stack.enter_context(
                    executing_on(stack.enter_context(lab.ProcessPool(self.executor)))
                )
            elif self.executor is not None:
                client = stack.enter_context(_client(self.executor))
                stack.enter_context(executing_on(client.get_executor(retries=RETRIES)))
            yield


def _client(where: str | Path) -> Any:
    try:
        from distributed import Client  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise InputError(
            "--executor with a scheduler needs Dask: pip install 'optimization-lab[cluster]'."
        ) from None
    try:
        if isinstance(where, Path):
            return Client(scheduler_file=str(where), timeout=TIMEOUT_S)
        return Client(where, timeout=TIMEOUT_S)
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise InputError(f"--executor: no Dask scheduler answers at {where}: {reason}.") from error
