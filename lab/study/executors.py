"""The flag that says who trains: this process, several of this machine, or a Dask cluster."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lab
from lab.files import is_path
from lab.study import flags
from lab.sweeps.engine import executing_on
from lab.validation.errors import InputError, shown

RETRIES = 2  # of a block whose worker is lost, by Dask itself
TIMEOUT_S = 10  # until a scheduler answers


def where(text: str) -> int | str | Path:
    """A number of processes, the address of a Dask scheduler, or a file that names one.

    Raises:
      InputError: If it is neither.
    """
    if text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= 10_000:
        return int(text)
    protocol, _, address = text.partition("://")
    host, _, port = address.rpartition(":")
    if protocol and host and port.isascii() and port.isdecimal() and 1 <= int(port[:6]) <= 65_535:
        return text
    if is_path(text) and Path(text).is_file():
        return Path(text)
    raise InputError(
        "must be a number of processes, the address of a Dask scheduler such as tcp://HOST:8786, "
        f"or a scheduler file, given {shown(text)}."
    )


EXECUTOR = flags.read_by(where, "WHERE")


@contextlib.contextmanager
def executing(executor: int | str | Path | None) -> Iterator[None]:
    """Sweeps and searches inside are trained there; in this process where it is None.

    Raises:
      InputError: If Dask is needed and not installed, or no scheduler answers.
    """
    with contextlib.ExitStack() as stack:
        if isinstance(executor, int):
            stack.enter_context(executing_on(stack.enter_context(lab.ProcessPool(executor))))
        elif executor is not None:
            client = stack.enter_context(_client(executor))
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
