"""Where a study writes; its parts are kept as they are finished."""

import json
import re
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import xarray as xr

from lab import records
from lab.files import write_atomically
from lab.study.code import hashed
from lab.study.settings import described, restored
from lab.study.study import Make, Record, Study
from lab.sweeps.checkpointing.enclosing import checkpoints_in, remove_from
from lab.sweeps.checkpointing.lock import locked
from lab.sweeps.sweep import Sweep
from lab.validation.errors import InputError, require, shown

BEGUN = "settings.json"  # of the run that was begun in a folder
LABEL = re.compile(r"[^/.][^/]*(/[^/.][^/]*)*")
MADE_BY = "study_part"  # attribute of a part: what decides whether it is made again
SECONDS = "part_seconds"
_PLACE: ContextVar[Path | None] = ContextVar("place", default=None)


def place() -> Path | None:
    """The folder of the run that makes a part; None where it is only verified.

    For what is no record: the data base of a search, a network.
    """
    return _PLACE.get()


class Folder:
    """Of one run of a study.

    Args:
      study: What is run.
      settings: With what.
      path: The folder.
      resuming: Whether parts that are there may be taken.
    """

    def __init__(self, study: Study, settings: Any, path: Path, *, resuming: bool = False):
        self.study, self.settings, self.path, self.resuming = study, settings, path, resuming
        self._lock: ExitStack | None = None
        refuse_anothers(path, study.name)

    def run(self) -> tuple[Record, dict[str, Any]]:
        """Make every part, and write the whole record; it, and its manifest."""
        token = _PLACE.set(self.path)
        try:
            parts = made(self.study, self.settings, self.part)
            return self._finish(parts)
        except InputError:
            if not any((self.path / "parts").glob("*.nc")):  # refused before anything was made
                (self.path / BEGUN).unlink(missing_ok=True)
            raise
        finally:  # after an interruption, too: who catches it may go on in the folder
            _PLACE.reset(token)
            self._let_go()

    def part(self, label: str, make: Make) -> xr.Dataset:
        """Make a part, unless it is there already; `make` is handed what was finished of it."""
        path = part_file(self.path, label)
        told = json.dumps(
            {
                "settings": described(self.settings),
                "identity": self.settings.identity(),
                "code": hashed(self.study.parts.__module__),
            },
            sort_keys=True,
        )
        held = records.load(path) if self.resuming and path.is_file() else None
        if held is not None and held.attrs.get(MADE_BY) == told:
            return held
        self._hold()
        kept = path.with_suffix(".checkpoints")
        if not self.resuming:
            remove_from(kept)  # of a run that nobody goes on with
        print(f"{self.study.name}: {label}", flush=True)
        begin = time.perf_counter()
        kept.parent.mkdir(parents=True, exist_ok=True)
        with checkpoints_in(kept, self._how):
            part = function_of(make)(held)
        require(
            isinstance(part, xr.Dataset),
            f"the part {label!r} must be an xarray.Dataset, given {shown(part)}.",
        )
        if "manifest" not in part.attrs:
            part = records.stamp(part, {})
        before = 0.0 if held is None else held.attrs.get(SECONDS, 0.0)
        part = part.assign_attrs({MADE_BY: told, SECONDS: before + time.perf_counter() - begin})
        records.save(part, path)
        return part

    @property
    def _how(self) -> str:
        """How this run is continued when it was stopped."""
        return f"python -m studies.{self.study.name} --resume {self.path}"

    def _hold(self) -> None:
        """Keep other runs out until the record is written, or this one ends."""
        if self._lock is None:
            self._lock = ExitStack()
            self._lock.enter_context(locked(self.path))
            records.write_json(described(self.settings), self.path / BEGUN)

    def _let_go(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _finish(self, parts: dict[str, xr.Dataset]) -> tuple[Record, dict[str, Any]]:
        told = {"study": self.study.name, "settings": described(self.settings)}
        told["code"] = hashed(self.study.parts.__module__)
        tree = records.stamp(xr.DataTree.from_dict(parts), told)
        self._hold()  # a run that is whole makes no part
        records.save(tree, self.path / "record.nc")
        records.write_json(
            records.manifest(tree) | {"parts": {k: records.manifest(v) for k, v in parts.items()}},
            self.path / "manifest.json",
        )
        return Record(self.settings, parts), records.manifest(tree)

    def text(self, name: str, text: str) -> None:
        """Write a text file."""
        write_atomically(self.path / name, lambda path: path.write_text(text))


def made(
    study: Study, settings: Any, part: Callable[[str, Make], xr.Dataset]
) -> dict[str, xr.Dataset]:
    """Every part of a study, in turn, as `part(label, make)` gives it."""
    found: dict[str, xr.Dataset] = {}
    making = study.parts(settings)
    require(
        isinstance(making, Generator),
        f"parts of the study {study.name!r} must be a generator, given {shown(making)}.",
    )
    try:
        one = next(making)
        while True:
            label, make = _checked(study, one, found)
            found[label] = part(label, make)
            one = making.send(found[label])
    except StopIteration:
        require(len(found) > 0, f"the study {study.name!r} has no part.")
        return found


def _checked(study: Study, one: Any, found: dict[str, xr.Dataset]) -> tuple[str, Make]:
    """What a study has yielded, if it is a label that is new and plain, and what makes a part."""
    pair = isinstance(one, tuple) and len(one) == 2 and isinstance(one[0], str)
    require(
        pair and (isinstance(one[1], Sweep) or callable(one[1])),
        f"parts of the study {study.name!r} must yield (label, lab.Sweep or function), given "
        f"{shown(one)}.",
    )
    label, make = one
    require(
        LABEL.fullmatch(label) is not None and label not in found,
        f"labels of parts must be distinct words, or several joined by '/', given {shown(label)}.",
    )
    return label, make


def function_of(make: Make) -> Callable[[xr.Dataset | None], xr.Dataset]:
    """Of what was held of a part: a sweep extends it."""
    return (lambda held: make.run(extend=held)) if isinstance(make, Sweep) else make


def part_file(folder: Path, label: str) -> Path:
    """Where a part lies."""
    return folder / "parts" / (label.replace("/", ".").replace(" ", "_") + ".nc")


def refuse_anothers(folder: Path, study: str) -> None:
    """Keep what another study, or nobody that is known, has written."""
    manifest = folder / "manifest.json"
    if manifest.exists():
        try:
            found = json.loads(manifest.read_bytes())["configuration"]["study"]
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            found = None
        require(
            found == study,
            f"{folder} holds the run of {f'study {found!r}' if found else 'something else'}, not "
            f"of {study!r}: give another folder.",
        )


def begun_with(folder: Path, study: Study) -> Any:
    """The settings of the run that was begun in a folder; None where none are told.

    Raises:
      InputError: If they are another study's, or another version's.
    """
    try:
        return restored(study.settings, json.loads((folder / BEGUN).read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise InputError(
            f"{folder / BEGUN} holds no settings of {study.name!r}: {shown(error)}."
        ) from error


def opened(path: Path, study: Study) -> tuple[Record, dict[str, Any]]:
    """The record of an earlier run: a file, or the folder it lies in; and its manifest."""
    tree = records.load_tree(path / "record.nc" if path.is_dir() else path)
    manifest = records.manifest(tree)
    found = manifest["configuration"].get("study")
    require(
        found == study.name,
        f"--from: {path} is a record of study {found!r}, not of {study.name!r}.",
    )
    settings = restored(study.settings, manifest["configuration"]["settings"])
    parts = {node.path.lstrip("/"): node.to_dataset() for node in tree.subtree if node.data_vars}
    return Record(settings, parts), manifest
