"""What every study shares: its flags, the compilation cache, its folder, and how it fails."""

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import jax
import tyro
import xarray as xr

import lab
from lab import records
from lab.errors import InputError, require
from lab.sweeps.enclosing import checkpoints_in, remove_from
from lab.sweeps.lock import locked


@dataclass(frozen=True)
class Flags:
    """The flags that all studies take."""

    smoke: bool = False
    """A tiny version, in seconds: shows that everything runs, proves nothing."""
    seeds: int | None = None
    """Number of report seeds; by default the study's own."""
    out: Path | None = None
    """Folder for record, tables, figures and manifest; by default runs/NAME."""
    resume: Path | None = None
    """Folder of a run that was cut off: what it finished is not run again."""
    verify: Path | None = None
    """Run some lanes of the run in this folder again, with its other flags; writes nothing."""
    from_: Annotated[Path | None, tyro.conf.arg(name="from")] = None
    """Redraw from this record (or folder) without training."""


@dataclass(frozen=True)
class DataFlags(Flags):
    """The flags of studies that train on data."""

    data: Path | None = None
    """Your own table, CSV or NPZ, in place of the bundled data."""
    target: str | None = None
    """The column of --data to be predicted."""
    kind: Literal["classification", "regression"] | None = None
    """What --target is; found out from its values where it is not told."""
    weight: str | None = None
    """The column of --data with the weight of each row, if there is one."""
    group: str | None = None
    """A column of --data whose equal rows (a patient, a site) no split may part."""
    time: str | None = None
    """A column of --data, numbers or dates, that splits keep the order of: the past trains."""

    def own_table(self) -> lab.data.Table | None:
        """The user's table, or None where the bundled data is meant.

        Raises:
          InputError: If the flags or the file do not fit together.
        """
        if self.data is None:
            told = {
                "--target": self.target, "--kind": self.kind, "--weight": self.weight,
                "--group": self.group, "--time": self.time,
            }  # fmt: skip
            for flag, value in told.items():
                require(value is None, f"{flag} needs --data, the file it speaks of.")
            return None
        if self.target is None:
            raise InputError("--data needs --target, the column to be predicted.")
        return lab.data.from_file(
            self.data, self.target, kind=self.kind, weight=self.weight, group=self.group,
            time=self.time,
        )  # fmt: skip


F = TypeVar("F", bound=Flags)


def main(flags: type[F], run: Callable[[F], None]) -> None:
    """Parse the command line and run; bad input ends in one sentence and exit code 2."""
    try:
        given = tyro.cli(flags, description=sys.modules[run.__module__].__doc__)
        require(
            given.seeds is None or given.seeds >= 2,
            f"--seeds must be at least 2 (an interval needs two), given {given.seeds}.",
        )
        start_jax()
        run(given)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:  # what there was to say, the sweep has said
        raise SystemExit(130) from None


def start_jax() -> None:
    """One CPU device per core, and compiled programs kept between runs."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "optimization-lab"
    jax.config.update("jax_compilation_cache_dir", str(cache / "jax"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    lab.use_all_cores()


class Folder:
    """Where a study writes; its parts are kept as they are finished."""

    def __init__(self, flags: Flags, name: str):
        self.name = name
        self._lock: ExitStack | None = None
        self.path = flags.resume or flags.out or Path("runs") / name
        self._resuming = flags.resume is not None
        self._verified = None if flags.verify is None else Verification(flags.verify)
        if flags.resume is not None:
            require(flags.resume.is_dir(), f"--resume: there is no folder {flags.resume}.")
        if flags.out is not None and flags.resume is not None:
            require(flags.out == flags.resume, "give --out or --resume, not both.")

    def part(self, name: str, make: Callable[[xr.Dataset | None], xr.Dataset]) -> xr.Dataset:
        """Make a part of the record; when resuming, `make` is handed what was finished of it."""
        if self._verified is not None:
            return self._verified.part(name, make)
        path = self.path / "parts" / f"{name}.nc"
        held = records.load(path) if self._resuming and path.is_file() else None
        self._hold()
        kept = self.path / "parts" / f"{name}.checkpoints"
        if not self._resuming:
            remove_from(kept)  # of a run that nobody goes on with
        try:
            with checkpoints_in(kept, self.how):
                made = make(held)
                records.save(made, path)
        except InputError:
            self._let_go()
            raise
        return made

    @property
    def how(self) -> str:
        """How this run is continued when it was stopped."""
        return f"python -m studies.{self.name} --resume {self.path}, with the same other flags,"

    def _hold(self) -> None:
        """Keep other processes out until the record is written, or this one ends."""
        if self._lock is None:
            self._lock = ExitStack()
            self._lock.enter_context(locked(self.path))

    def _let_go(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def finish(self, parts: dict[str, xr.Dataset], configuration: dict[str, Any]) -> xr.DataTree:
        """Write the whole record with its manifest."""
        if self._verified is not None:
            raise SystemExit(self._verified.different)
        tree = xr.DataTree.from_dict(dict(parts))
        record = records.stamp(tree, configuration | {"study": self.name})
        records.save(record, self.path / "record.nc")
        records.write_json(
            records.manifest(record)
            | {"parts": {k: records.manifest(v) for k, v in parts.items()}},
            self.path / "manifest.json",
        )
        self._let_go()
        return record

    def text(self, name: str, text: str) -> None:
        """Write a text file."""
        records.write_atomically(self.path / name, lambda path: path.write_text(text))


class Verification:
    """Compares the parts of an earlier run with lanes of theirs that are run again."""

    def __init__(self, path: Path):
        self._parts = (path if path.is_dir() else path.parent) / "parts"
        require(self._parts.is_dir(), f"--verify: there are no parts of a run in {path}.")
        self.different = 0  # exit code

    def part(self, name: str, make: Callable[[xr.Dataset | None], xr.Dataset]) -> xr.Dataset:
        """Verify a part, say what came of it, and hand on what was there."""
        record = records.load(self._parts / f"{name}.nc")
        try:
            verified = lab.verify(record, make)
        except InputError as error:
            print(f"{name}: not verified, as {error}")
        else:
            print(f"{name}: {verified}")
            self.different |= int(bool(verified.differing))
        return record


def opened(path: Path, study: str) -> xr.DataTree:
    """The record of an earlier run of `study`: a file, or the folder it lies in."""
    record = records.load_tree(path / "record.nc" if path.is_dir() else path)
    found = records.manifest(record)["configuration"].get("study")
    require(found == study, f"--from: {path} is a record of study {found!r}, not of {study!r}.")
    return record
