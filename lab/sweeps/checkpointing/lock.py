"""One process to a folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.validation.errors import InputError

NAME = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder`, which is made where it is missing; the system lets go of it at any death.

    Raises:
      InputError: If another process holds it, or it cannot be written to.
    """
    new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}.") from error
    try:
        if not _taken(held, folder / NAME):
            owner = os.read(held, 32).decode(errors="replace").strip() or "unknown"
            raise InputError(
                f"{folder} is in use by another run (process {owner}): wait for it or stop it, or "
                "give another folder."
            )
        os.ftruncate(held, 0)
        os.write(held, str(os.getpid()).encode())
        try:
            yield
        finally:
            (folder / NAME).unlink(missing_ok=True)
            if new and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()  # nothing came of it
    finally:
        os.close(held)


def _taken(held: int, path: Path) -> bool:
    """Whether the lock is ours: of the file that lies there, not of one that was removed."""
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return path.exists() and os.fstat(held).st_ino == path.stat().st_ino
