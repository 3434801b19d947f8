"""What every study shares: its flags, the compilation cache, its folder, and how it fails."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import jax
import tyro
import xarray as xr

import lab
from lab import records
from lab.files import write_atomically
from lab.study import flags as _flags
from lab.study.executors import Executors
from lab.study.flags import Column, OneOf, Whole
from lab.sweeps.checkpointing.enclosing import checkpoints_in, remove_from
from lab.sweeps.checkpointing.lock import locked
from lab.validation.errors import InputError, require, shown


class Command:
    """Flags of anything that is run from the command line: a dataclass of `lab.study.flags`."""

    def check(self) -> None:
        """Refuse flags that do not fit together; each alone is right by now."""

    def executing(self) -> AbstractContextManager[None]:
        """Where sweeps are trained: nowhere else, where nothing is trained."""
        return nullcontext()


@dataclass(frozen=True)
class Flags(Executors, Command):
    """The flags that all studies take."""

    smoke: bool = False
    """A tiny version, in seconds: shows that everything runs, proves nothing."""
    seeds: Annotated[int | None, Whole(2, 100_000)] = None
    """Number of report seeds, an interval needs two; by default the study's own."""
    out: Annotated[Path | None, _flags.folder()] = None
    """Folder for record, tables, figures and manifest; by default runs/NAME."""
    resume: Annotated[Path | None, _flags.earlier()] = None
    """Folder of a run that was cut off: what it finished is not run again."""
    verify: Annotated[Path | None, _flags.earlier()] = None
    """Run some lanes of the run in this folder again, with its other flags; writes nothing."""
    from_: Annotated[Path | None, _flags.record(), tyro.conf.arg(name="from")] = None
    """Redraw from this record (or folder) without training."""

    def check(self) -> None:
        """Refuse two earlier runs, and two places to write to."""
        told = [flag for flag, at in self._earlier().items() if at is not None]
        require(len(told) <= 1, f"give one of {', '.join(self._earlier())}, not {told}.")
        require(
            self.out is None or self.resume in (None, self.out),
            "--resume writes where the run began: give it without --out.",
        )

    def _earlier(self) -> dict[str, Path | None]:
        return {"--from": self.from_, "--resume": self.resume, "--verify": self.verify}


@dataclass(frozen=True)
class DataFlags(Flags):
    """The flags of studies that train on data."""

    data: Annotated[Path | None, _flags.file()] = None
    """Your own table, CSV or NPZ, in place of the bundled data."""
    target: Annotated[str | None, Column()] = None
    """The column of --data to be predicted."""
    kind: Annotated[
        Literal["classification", "regression"] | None, OneOf("classification", "regression")
    ] = None
    """What --target is; found out from its values where it is not told."""
    weight: Annotated[str | None, Column()] = None
    """The column of --data with the weight of each row, if there is one."""
    group: Annotated[str | None, Column()] = None
    """A column of --data whose equal rows (a patient, a site) no split may part."""
    time: Annotated[str | None, Column()] = None
    """A column of --data, numbers or dates, that splits keep the order of: the past trains."""

    def check(self) -> None:
        """Refuse words about a file that is not given, too."""
        super().check()
        for flag in ("target", "kind", "weight", "group", "time"):
            said = getattr(self, flag) is not None
            require(
                not said or self.data is not None,
                f"--{flag} needs --data, the file it speaks of.",
            )
        require(
            self.data is None or self.target is not None,
            "--data needs --target, the column to be predicted.",
        )

    def own_table(self) -> lab.data.Table | None:
        """The user's table, or None where the bundled data is meant.

        Raises:
          InputError: If the file is no table, or has no such columns.
        """
        if self.data is None or self.target is None:
            return None
        return lab.data.from_file(
            self.data, self.target, kind=self.kind, weight=self.weight, group=self.group,
            time=self.time,
        )  # fmt: skip


F = TypeVar("F", bound=Command)


def main(flags: type[F], run: Callable[[F], None]) -> None:
    """Parse the command line and run; bad input ends in one sentence and exit code 2."""
    try:
        given = _flags.read(tyro.cli(flags, description=sys.modules[run.__module__].__doc__))
        given.check()
        start_jax()
        with given.executing(), _blamed_on(getattr(given, "from_", None)):
            run(given)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:  # what there was to say, the sweep has said
        raise SystemExit(130) from None


@contextmanager
def _blamed_on(record: Path | None) -> Iterator[None]:
    """Drawing needs nothing but a record: what fails there is the record's fault."""
    try:
        yield
    except InputError:
        raise
    except (LookupError, AttributeError, TypeError, ValueError, RecursionError) as error:
        if record is None:
            raise
        raise InputError(
            f"--from: {record} lacks what this version of the study draws: {shown(error)}."
        ) from error


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
        _refuse_anothers(self.path, name)

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
        except BaseException:  # an interruption, too: who catches it may go on in the folder
            self._let_go()
            raise
        return made

    @property
    def how(self) -> str:
        """How this run is continued when it was stopped."""
        return f"python -m studies.{self.name} --resume {self.path}, with the same other flags,"

    def _hold(self) -> None:
        """Keep other runs out until the record is written, or this one ends."""
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
        write_atomically(self.path / name, lambda path: path.write_text(text))


def _refuse_anothers(folder: Path, study: str) -> None:
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
