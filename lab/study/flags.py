"""What a flag may be: a field of settings is a flag where it is annotated with one of these.

`trials: Annotated[int, flags.whole(1, 1_000)] = 12` with a docstring below it. cyclopts reads what
is typed, and says in a sentence what is wrong with it.
"""

import math
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from cyclopts import Parameter, Token, validators

from lab.budget import Budget
from lab.files import is_path
from lab.validation.errors import InputError, UnknownNameError, require, shown

LONGEST_NAME = 10_000  # characters of a column's
UNITS = {"s": 1, "m": 60, "h": 3600}
CURRENCIES = ("updates", "examples", "gradient_evaluations", "flops", "seconds")


def whole(least: int, most: int) -> Parameter:
    """A whole number from `least` to `most`."""
    return read_by(lambda text: _whole(text, least, most), "INT")


def wholes(least: int, most: int) -> Parameter:
    """Distinct whole numbers, separated by commas."""
    return read_by(lambda text: _distinct(_whole(t, least, most) for t in text.split(",")), "INTS")


def number(least: float, most: float, *, ends: bool = True) -> Parameter:
    """A number from `least` to `most`, or strictly between them."""
    within = (
        validators.Number(gte=least, lte=most) if ends else validators.Number(gt=least, lt=most)
    )

    def read(text: str) -> float:
        value = float(text)
        require(not math.isnan(value), f"must be a number, given {shown(text)}.")
        within(float, value)
        return value

    return read_by(read, "FLOAT")


def name(known: Callable[[], Iterable[str]]) -> Parameter:
    """A name out of a catalogue, which is looked up only when it is needed."""
    return read_by(lambda text: _known(text, known), "NAME")


def one_of(words: Sequence[str]) -> Parameter:
    """One of a few words."""
    return read_by(lambda text: _known(text, lambda: words), "|".join(words))


def names(known: Callable[[], Iterable[str]], *, all_of_them: bool = False) -> Parameter:
    """Distinct names, separated by commas; `all` where that is one more word."""

    def read(text: str) -> tuple[str, ...]:
        if all_of_them and text.strip() == "all":
            return tuple(known())
        return _distinct(_known(part.strip(), known) for part in text.split(","))

    return read_by(read, "NAMES")


def column() -> Parameter:
    """The name of a column; whether it is there, the file knows."""

    def read(text: str) -> str:
        require(
            bool(text.strip()) and len(text) <= LONGEST_NAME,
            f"must be the name of a column, not empty, given {shown(text)}.",
        )
        return text

    return read_by(read, "COLUMN")


def duration() -> Parameter:
    """Seconds, typed as 90s, 10m or 2h."""

    def read(text: str) -> float:
        found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([smh])", text, re.ASCII)
        if found is None or not float(found[1]) > 0:
            raise InputError(f"must be a time such as 90s, 10m or 2h, given {shown(text)}.")
        return float(found[1]) * UNITS[found[2]]

    return read_by(read, "TIME")


def on() -> Parameter:
    """A switch that is on unless --no-NAME is typed."""
    return Parameter(negative=None, negative_bool="no-")


def budget() -> Parameter:
    """The currency and the amount of a budget, typed as CURRENCY=AMOUNT."""

    def read(text: str) -> tuple[str, float]:
        currency, _, amount = text.partition("=")
        require(
            currency in CURRENCIES,
            f"must be CURRENCY=AMOUNT with a currency out of {', '.join(CURRENCIES)}, given "
            f"{shown(text)}.",
        )
        value: Any = float(amount)
        told = Budget(**{currency: int(value) if value.is_integer() else value})
        return told.currency, told.amount

    return read_by(read, "CURRENCY=AMOUNT")


def folder() -> Parameter:
    """A folder to write to, that is there or can be made."""
    return _path("a folder that is there or can be made", _can_be_made)


def earlier() -> Parameter:
    """The folder of an earlier run."""
    return _path("the folder of an earlier run", Path.is_dir)


def record() -> Parameter:
    """A record, or the folder of a run with one."""

    def there(path: Path) -> bool:
        return (path / "record.nc" if path.is_dir() else path).is_file()

    return _path("a record, or the folder of a run with one", there)


def file() -> Parameter:
    """A file to be read."""
    return _path("a file that is there", Path.is_file)


def read_by(read: Callable[[str], Any], metavar: str) -> Parameter:
    """What is typed once is read by `read`; its ValueError says what must be."""

    def convert(_: Any, tokens: Sequence[Token]) -> Any:
        return read(tokens[0].value)

    return Parameter(
        converter=convert, n_tokens=1, negative=(), show_default=False, accepts_keys=False,
        metavar=metavar,
    )  # fmt: skip


def _whole(text: str, least: int, most: int) -> int:
    require(
        text.isascii() and text.removeprefix("-").isdecimal() and least <= int(text[:50]) <= most,
        f"must be a whole number from {least:,} to {most:,}, given {shown(text)}.",
    )
    return int(text)


def _known(text: str, known: Callable[[], Iterable[str]]) -> str:
    found = tuple(known())
    if text not in found:
        raise UnknownNameError("name", text, found)
    return text


def _distinct(values: Iterable[Any]) -> tuple[Any, ...]:
    found = tuple(values)
    require(len(set(found)) == len(found), f"must name each once, given {shown(found)}.")
    return found


def _path(allowed: str, there: Callable[[Path], bool]) -> Parameter:
    def read(text: str) -> Path:
        require(is_path(text) and there(Path(text)), f"must be {allowed}, given {shown(text)}.")
        return Path(text)

    return read_by(read, "PATH")


def _can_be_made(path: Path) -> bool:
    """Whether a folder is there, or nothing is and one may be made."""
    nearest = next(p for p in (path, *path.absolute().parents) if os.path.lexists(p))
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
