"""`python -m studies.NAME`: its flags, and what they do."""

import dataclasses
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import jax
from cyclopts import App, Parameter
from cyclopts.exceptions import CycloptsError
from docstring_parser import parse_from_object

import lab
from lab.study import flags
from lab.study.executors import EXECUTOR, executing
from lab.study.folder import Folder, begun_with, made, opened
from lab.study.report import report
from lab.study.study import Study
from lab.study.verification import Verification
from lab.validation.errors import InputError, require, shown


@dataclasses.dataclass(frozen=True)
class Run:
    """The flags of a run, which all studies take beside their settings."""

    smoke: bool = False
    """A tiny version, in seconds: shows that everything runs, proves nothing."""
    out: Annotated[Path | None, flags.folder()] = None
    """Folder for record, tables, figures and manifest; by default runs/NAME, or NAME-smoke."""
    resume: Annotated[Path | None, flags.earlier()] = None
    """Folder of a run that was cut off: what it finished is not run again."""
    verify: Annotated[Path | None, flags.earlier()] = None
    """Make the run in this folder again, sweeps in samples of lanes; compare, and write nothing."""
    from_: Annotated[Path | None, flags.record()] = None
    """Redraw from this record (or folder) without training."""
    executor: Annotated[Any, EXECUTOR] = None
    """Train on so many processes of this machine (4), or on a Dask cluster (tcp://HOST:8786, or a
    scheduler file); by default in this process. The record has the same bits."""

    def check(self, settings: list[str]) -> None:
        """Refuse two earlier runs, two places to write to, and what a run has to tell itself."""
        earlier = {"--from": self.from_, "--resume": self.resume, "--verify": self.verify}
        told = [flag for flag, at in earlier.items() if at is not None]
        require(len(told) <= 1, f"give one of {', '.join(earlier)}, not {told}.")
        require(
            self.out is None or self.resume in (None, self.out),
            "--resume writes where the run began: give it without --out.",
        )
        for flag in ("--from", "--verify"):
            require(
                earlier[flag] is None or not settings,
                f"{flag} takes the settings of the run that it reads: give it without "
                f"{', '.join('--' + name.replace('_', '-') for name in settings)}.",
            )


def main(study: Study) -> None:
    """Run a study as the command line says."""
    command(
        sys.modules["__main__"].__doc__ or "",
        {**fields_of(Run), **fields_of(study.settings)},
        lambda given: run(study, given),
    )


def run(study: Study, given: dict[str, Any]) -> None:
    """Run a study with the flags that were given.

    Raises:
      InputError: If they do not fit together.
      SystemExit: With code 1, if what was to be verified differs.
    """
    own = {f.name for f in dataclasses.fields(Run)}
    how = Run(**{k: v for k, v in given.items() if k in own})
    typed = {k: v for k, v in given.items() if k not in own}
    how.check(sorted(typed))
    settings = dataclasses.replace(_base(study, how), **typed)
    settings.check()
    path = how.resume or how.out or Path("runs") / (study.name + "-smoke" * how.smoke)
    with executing(how.executor):
        if how.verify is not None:
            verification = Verification(how.verify)
            made(study, settings, verification.part)
            if verification.different:
                raise SystemExit(1)
            return
        folder = Folder(study, settings, path, resuming=how.resume is not None)
        if how.from_ is not None:
            with _blamed_on(how.from_):
                report(study, *opened(how.from_, study), folder)
        else:
            report(study, *folder.run(), folder)


def _base(study: Study, how: Run) -> Any:
    """The settings that flags change: of the run that is gone on with or verified, if one is."""
    for folder in (how.resume, how.verify):
        if folder is not None and (begun := begun_with(folder, study)) is not None:
            return begun
    return study.smoke if how.smoke else study.settings


def fields_of(of: Any) -> dict[str, tuple[Any, str]]:
    """The flags that a dataclass declares: name to annotated type and help."""
    of = of if isinstance(of, type) else type(of)
    helps = {}
    for kind in reversed(of.__mro__):
        if dataclasses.is_dataclass(kind):
            helps |= {p.arg_name: p.description or "" for p in parse_from_object(kind).params}
    hints = get_type_hints(of, include_extras=True)
    return {
        name: (hint, " ".join(helps.get(name, "").split()))
        for name, hint in hints.items()
        if any(isinstance(m, Parameter) for m in getattr(hint, "__metadata__", ()))
        or hint is bool
        or "Literal" in str(hint)
    }


def command(
    description: str,
    known: dict[str, tuple[Any, str]],
    act: Callable[[dict[str, Any]], None],
) -> None:
    """Parse the command line and act; bad input ends in one sentence and exit code 2.

    Args:
      description: For `--help`.
      known: From `fields_of`.
      act: Is handed the flags that were typed.
    """
    try:
        given = parse(description, known, sys.argv[1:])
        if given is not None:
            start_jax()
            act(given)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:  # what there was to say, the sweep has said
        raise SystemExit(130) from None


def parse(
    description: str, known: dict[str, tuple[Any, str]], words: list[str]
) -> dict[str, Any] | None:
    """The flags that were typed, by their fields' names; None where only help was asked for.

    Raises:
      InputError: If one is unknown, or not allowed.
    """
    given: dict[str, Any] = {}

    def typed(**values: Any) -> None:
        given.update({k: v for k, v in values.items() if v is not None})
        given["__parsed__"] = True

    typed.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [_parameter(name, *flag) for name, flag in known.items()]
    )
    app = App(
        help=description,
        version_flags=(),
        result_action="return_value",
        default_parameter=Parameter(negative=(), show_default=False),
    )
    app.default(typed)
    try:
        app(words, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        raise InputError(_sentence(error)) from None
    return {k: v for k, v in given.items() if k != "__parsed__"} if given else None


def _parameter(name: str, hint: Any, said: str) -> inspect.Parameter:
    """Of a function that cyclopts calls: None where the flag was not typed."""
    inner, *more = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    parts = (inner, *get_args(inner))
    words = [word for part in parts if get_origin(part) is Literal for word in get_args(part)]
    if words:  # cyclopts would take "None" for a word that was not typed
        more = [flags.one_of(words)]
    flag = "--" + name.strip("_").replace("_", "-")
    typed = Annotated[(inner | None, *more, Parameter(name=flag, help=said))]  # type: ignore[misc]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=typed)


def _sentence(error: CycloptsError) -> str:
    """What cyclopts says, in one line."""
    said = " ".join(str(error).split()).rstrip(".")
    return said if said.endswith("?") else f"{said}."


@contextmanager
def _blamed_on(record: Path) -> Iterator[None]:
    """Drawing needs nothing but a record: what fails there is the record's fault."""
    try:
        yield
    except InputError:
        raise
    except (
        LookupError, AttributeError, TypeError, ValueError, RecursionError, StopIteration
    ) as error:  # fmt: skip
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
