"""Files: paths that may be none, arrays that are never unpickled, and writing all or nothing."""

import errno
import lzma
import os
import stat
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import numpy as np

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

from lab.validation.errors import InputError, require, shown
from lab.validation.kinds import Kind

LONGEST = 255  # bytes of a name in a folder
LONGEST_STEM = 200  # characters of it that a temporary file beside it has
WRITERS = 100  # of one file at once
LARGEST = 4 * 2**30  # bytes of all arrays of an NPZ file
_DAMAGED = (  # what reading a damaged, encrypted or foreign archive may raise
    ValueError, OSError, EOFError, LookupError, AttributeError, TypeError, MemoryError,
    RuntimeError, SyntaxError, ArithmeticError, tokenize.TokenError, struct.error,
    zipfile.BadZipFile, zlib.error, lzma.LZMAError,
)  # fmt: skip


def is_path(value: Any) -> bool:
    """Whether it can be the path of something: no empty text, no NUL, no name that is too long."""
    if not isinstance(value, str | Path) or not str(value).strip() or "\0" in str(value):
        return False
    try:
        return all(len(os.fsencode(part)) <= LONGEST for part in Path(value).parts)
    except UnicodeEncodeError:
        return False


AnyPath = Annotated[str | Path, Kind("a path", is_path)]


def repository(what: str) -> Path:
    """The root of the repository, which an installed package has none of.

    Raises:
      InputError: If there is none; `what` says what needs it.
    """
    root = Path(__file__).parent.parent
    require(
        (root / "pyproject.toml").is_file(),
        f"{what} needs the repository, and this is an installed package: clone it, and run the "
        "command there.",
    )
    return root


def existing_file(path: Any, what: str) -> Path:
    """`path`, if a file is there.

    Raises:
      InputError: If there is none; `what` says what was sought.
    """
    require(is_path(path), f"path of a {what} must be a path, given {shown(path)}.")
    path = Path(path)
    missing = f"there is no {what} at path {str(path)!r}"
    try:
        require(path.is_file(), f"{missing}: it is a folder." if path.is_dir() else f"{missing}.")
        require(path.stat().st_size > 0, f"{missing}: it is an empty file.")
        with path.open("rb"):
            return path
    except OSError as error:
        raise InputError(f"{missing}: {error.strerror}.") from error


def read_arrays(path: Path) -> dict[str, Any]:
    """The arrays of an NPZ file by name; objects, which would be unpickled, are refused.

    Raises:
      InputError: If it is no such file, or too large.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            size = sum(member.file_size for member in archive.zip.infolist())
            require(size <= LARGEST, f"{size:,} bytes are more than the {LARGEST:,} allowed")
            return {name: archive[name] for name in archive.files}
    except _DAMAGED as error:
        reason = " ".join(str(error).split()).rstrip(".")[:300] or type(error).__name__
        raise InputError(f"path {str(path)!r} cannot be read as NPZ: {reason}.") from None


def write_atomically(path: Path, write: Callable[[Path], object]) -> Path:
    """Call `write(temporary)` beside `path`, then rename: no reader sees half a file.

    A new file has the mode that the user's umask gives, another one keeps its own. What a process
    that was killed while it wrote `path` has left is taken over.

    Raises:
      InputError: If the folder cannot be written to, or is full; `path` is as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary, descriptor = _temporary(path)
    except OSError as error:
        raise InputError(f"cannot write to {path.parent}: {error.strerror}.") from error
    try:
        write(temporary)
        if path.exists():
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)  # not once it is renamed: the name may be another's then
        if isinstance(error, OSError):
            raise InputError(f"cannot write {path}: {error.strerror or error}.") from error
        raise
    finally:
        os.close(descriptor)
    return path


def _temporary(path: Path) -> tuple[Path, int]:
    """The first file beside `path` that no living process writes, locked."""
    for number in range(WRITERS):
        temporary = path.with_name(f".{path.name[:LONGEST_STEM]}.{number}")
        alone = 0 if fcntl else os.O_EXCL  # without locks one that is left stays
        with suppress(FileExistsError):
            descriptor = os.open(temporary, os.O_CREAT | os.O_RDWR | alone, 0o666)
            if _locked(descriptor, temporary):
                return temporary, descriptor
            os.close(descriptor)
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))


def _locked(descriptor: int, path: Path) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # another process may have renamed it before it let go
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
