"""Checkpoints of one sweep in one folder: written by Orbax, whole or not at all, two kept.

    FOLDER/sweep.json   what the sweep is (`identity`), to be read by people too
    FOLDER/states/N/    the N-th checkpoint: arrays, and as JSON where in the plan it stands
    FOLDER/.lock        held while a process works here

Every array is written with its checksum: what a broken disk gives back is noticed.
"""

import errno
import json
import os
import re
import shutil
import time
import warnings
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from lab import records
from lab.sweeps.checkpointing import lock
from lab.sweeps.checkpointing.quiet import quiet
from lab.validation.errors import InputError, require

KEPT = 2
SEAL = "checksum"  # entry of a position
SYSTEMS = {getattr(errno, name) for name in ("EMFILE", "ENFILE", "EACCES", "EPERM", "ENOMEM", "EIO",
           "ESTALE", "EBUSY", "EAGAIN", "EINTR")}  # fmt: skip
PATIENCE = 20  # hundredths of a second without a sign of writes that go on
Arrays = dict[str, np.ndarray]
_OWN = ("sweep.json", "states", lock.NAME)


class Checkpoints:
    """The checkpoints in `folder`.

    Raises:
      InputError: If the folder holds something else.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.states = folder / "states"
        self._manager: Any = None
        strange = sorted(
            path.name for path in folder.iterdir()
            if path.name not in _OWN and not path.name.startswith(".sweep.json.")
        ) if folder.is_dir() else []  # fmt: skip
        require(
            not strange,
            f"{folder} holds files that belong to no checkpoint ({', '.join(strange[:3])}): give "
            "an empty folder or one that does not exist yet.",
        )

    def identity(self) -> dict[str, Any] | None:
        """What the sweep that was checkpointed here is; None where there is nothing yet."""
        path = self.folder / "sweep.json"
        if not path.exists():
            return None
        try:
            found = json.loads(path.read_text())
            require(isinstance(found, dict), f"{path} cannot be read: it describes no sweep.")
        except (OSError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{path} cannot be read as a checkpoint's description.") from error
        return found

    def newest(self, sweep: str | None = None) -> tuple[int, Arrays, dict[str, Any]] | None:
        """Number, arrays and position of the newest checkpoint that is sound.

        One whose content is damaged is set aside, with a warning, and the one before it is taken.

        Args:
          sweep: Hash of the identity that a checkpoint must name.

        Raises:
          InputError: If one cannot be read for another reason than its content, or is of another
            sweep; everything stays as it is.
        """
        for number in sorted(self._numbers(), reverse=True):
            try:
                arrays, position = self._read(number)
            except Exception as error:  # any of Orbax, TensorStore, JSON and the checksum
                if (reason := _of_the_system(error)) is not None:
                    raise InputError(
                        f"checkpoint {number} in {self.folder} cannot be read: {reason}."
                    ) from error
                self._set_aside(number, error)
            else:
                require(
                    position.get("sweep") == sweep,
                    f"{self.folder} holds checkpoints of another sweep: give another folder.",
                )
                return number, arrays, position
        return None

    def write(self, number: int, identity: dict, arrays: Arrays, position: dict) -> None:
        """Write a checkpoint and let go of the oldest; a failure leaves the others as they were.

        Raises:
          InputError: If it cannot be written.
        """
        import orbax.checkpoint as ocp  # takes a second: not before it is needed

        position = position | {
            "arrays": {k: [str(v.dtype), v.shape, _checksum(v)] for k, v in arrays.items()}
        }
        position[SEAL] = _seal(position)
        full = {name: array for name, array in arrays.items() if array.size}  # Orbax has no empty
        with quiet():
            try:
                if not (self.folder / "sweep.json").exists():
                    records.write_json(identity, self.folder / "sweep.json")
                self._orbax().save(
                    number,
                    args=ocp.args.Composite(
                        arrays=ocp.args.StandardSave(full),  # type: ignore[call-arg]
                        position=ocp.args.JsonSave(position),  # type: ignore[call-arg]
                    ),
                )
            except Exception as error:  # an OSError, or TensorStore's way of putting one
                self._manager = None
                self._clean(number)
                raise InputError(
                    f"checkpoint {number} could not be written to {self.folder}: {_reason(error)}."
                ) from error

    def remove(self) -> None:
        """Take away everything that was written here, and nothing else."""
        shutil.rmtree(self.states, ignore_errors=True)
        for name in ("sweep.json", lock.NAME):
            (self.folder / name).unlink(missing_ok=True)
        with suppress(OSError):
            self.folder.rmdir()

    def _orbax(self) -> Any:
        if self._manager is None:
            import orbax.checkpoint as ocp

            self.states.mkdir(parents=True, exist_ok=True)
            alone = ocp.options.MultiprocessingOptions(active_processes={0})  # waits for no one
            options = ocp.CheckpointManagerOptions(
                max_to_keep=KEPT,
                enable_async_checkpointing=False,
                create=False,
                cleanup_tmp_directories=True,
                multiprocessing_options=alone,
            )
            handlers = {
                "arrays": ocp.StandardCheckpointHandler(multiprocessing_options=alone),
                "position": ocp.JsonCheckpointHandler(multiprocessing_options=alone),
            }
            self._manager = ocp.CheckpointManager(
                self.states.resolve(), options=options, item_handlers=handlers
            )
        return self._manager

    def _numbers(self) -> list[int]:
        if not self.states.is_dir():
            return []
        return [int(path.name) for path in self.states.iterdir() if path.name.isdigit()]

    def _read(self, number: int) -> tuple[Arrays, dict[str, Any]]:
        import orbax.checkpoint as ocp

        with quiet():
            found: Any = self._orbax().restore(
                number,
                args=ocp.args.Composite(
                    arrays=ocp.args.StandardRestore(),  # type: ignore[call-arg]
                    position=ocp.args.JsonRestore(),  # type: ignore[call-arg]
                ),
            )
        position, arrays = dict(found.position), {}
        require(position.pop(SEAL, None) == _seal(position), "its position is not what was written")
        for name, (dtype, shape, checksum) in position.pop("arrays").items():
            array = np.asarray(found.arrays[name]) if 0 not in shape else np.zeros(shape, dtype)
            require(
                str(array.dtype) == dtype and list(array.shape) == list(shape),
                f"array {name} has another type or shape than was written",
            )
            require(_checksum(array) == checksum, f"array {name} is not what was written")
            arrays[name] = array
        return arrays, position

    def _set_aside(self, number: int, error: Exception) -> None:
        """Out of Orbax's sight, so that it neither counts nor goes."""
        self._manager = None
        aside = self.states / f"unreadable-{number}"
        shutil.rmtree(aside, ignore_errors=True)
        (self.states / str(number)).rename(aside)
        warnings.warn(
            f"checkpoint {number} in {self.folder} cannot be read ({_reason(error)}); it is kept "
            f"as {aside.name}, and the one before it is taken.",
            stacklevel=2,
        )

    def _clean(self, number: int) -> None:
        """Give back the room of a checkpoint that was not finished.

        Files are written at once, and the first to fail ends the call: others may still be on
        their way then, and make their folder anew. What comes even later goes when Orbax opens
        the folder next.
        """
        gone = 0  # looks in a row that found nothing
        for _ in range(1000):
            paths = (self.states / str(number), *self.states.glob(f"{number}.*"))
            left = [path for path in paths if path.exists()]
            gone = 0 if left else gone + 1
            if gone == PATIENCE:
                return
            for path in left:
                shutil.rmtree(path, ignore_errors=True)
            time.sleep(0.01)


def _checksum(array: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(array).view(np.uint8).reshape(-1).data)


def _seal(position: dict) -> int:
    """A checksum over where in the plan it stands, and over the checksums of all arrays."""
    return zlib.crc32(json.dumps(position, sort_keys=True).encode())


def _of_the_system(error: BaseException | None) -> str | None:
    """What the machine was at fault in, if not the content: too many open files, no permission."""
    while error is not None:
        code = _code(error)
        if isinstance(error, MemoryError) or code in SYSTEMS:
            return os.strerror(code or errno.ENOMEM)
        error = error.__cause__ or error.__context__
    return None


def _code(error: BaseException) -> int | None:
    found = re.search(r"os_error_code='(\d+)'", str(error))  # TensorStore's
    return int(found[1]) if found else getattr(error, "errno", None)


def _reason(error: BaseException) -> str:
    """The first sentence of an error that may be pages long."""
    if (code := _code(error)) is not None:
        return os.strerror(code)
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200].rstrip(".")
