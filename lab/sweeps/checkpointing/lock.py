"""One process to a folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from lab.validation.errors import InputError

NAME = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder`, which is made where it is missing; the system lets go of it at any death.

    Raises:
      InputError: If another process holds it, or it cannot be written to.
    """
    new, path = not folder.exists(), folder / NAME
    lock = FileLock(path, blocking=False, thread_local=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise InputError(
            f"{folder} is in use by another run (process {_owner(path)}): wait for it or stop it, "
            "or give another folder."
        ) from None
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}.") from error
    try:
        with suppress(OSError):  # Windows lets nobody write to a locked file, nor read it
            path.write_text(str(os.getpid()))
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        lock.release()
        if new and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()  # nothing came of it


def _owner(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(errors="replace")[:32].strip() or "unknown"
    return "unknown"
