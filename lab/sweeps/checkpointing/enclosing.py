"""A folder around many sweeps: whatever is swept inside is checkpointed there.

A study makes a part of its record by sweeps that it may not even call itself, one after the other
and always in the same order. So the folder is around the calls, not among their arguments.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from lab.sweeps.checkpointing.store import Checkpoints


class Enclosing:
    """A folder that holds checkpoints of sweeps one after the other; see `checkpoints_in`."""

    def __init__(self, folder: Path, how: str):
        self.folder, self.how, self._count = folder, how, 0

    def following(self) -> Path:
        """The folder of the sweep that begins now."""
        self._count += 1
        return self.folder / f"sweep-{self._count}"


_ENCLOSING: ContextVar[Enclosing | None] = ContextVar("enclosing", default=None)


@contextmanager
def checkpoints_in(folder: Path, how: str) -> Iterator[None]:
    """Checkpoint the sweeps that are run inside, each in a folder of its own, in their order.

    Args:
      folder: Where; gone when all is done without an error.
      how: Words that say how a stopped sweep is continued.
    """
    token = _ENCLOSING.set(Enclosing(folder, how))
    try:
        yield
    finally:
        _ENCLOSING.reset(token)
    remove_from(folder)


def remove_from(folder: Path) -> None:
    """Take away the checkpoints of all sweeps in `folder`, and nothing else."""
    for kept in folder.glob("sweep-*"):
        Checkpoints(kept).remove()
    with suppress(OSError):  # absent, or not empty: someone else's files stay
        folder.rmdir()


def place_for(checkpoint: str | Path | None) -> tuple[Path | None, str]:
    """Where a sweep is checkpointed, if it is, and how it is continued."""
    if checkpoint is not None:
        how = f"the same call with checkpoint={str(checkpoint)!r}"
        return Path(checkpoint), how
    enclosing = _ENCLOSING.get()
    return (None, "") if enclosing is None else (enclosing.following(), enclosing.how)
