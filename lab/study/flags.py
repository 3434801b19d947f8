"""What a flag may be: text read into a value, or refused in a sentence that names the flag.

`seeds: Annotated[int | None, Whole(2, 100_000)] = None` is a flag of a study. A new kind of flag is
a class here that says in words what is allowed, and reads it.
"""

import math
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from tyro.constructors import PrimitiveConstructorSpec

from lab.budget import Budget
from lab.files import is_path
from lab.validation.errors import SHOWN, InputError, UnknownNameError, shown

F = TypeVar("F")


class Kind(PrimitiveConstructorSpec[Any]):
    """A kind of flag; tyro hands on what was typed, `read` makes values of it.

    Attributes:
      allowed: In words, after "must be".
    """

    allowed: str

    def __init__(self, metavar: str):
        super().__init__(
            nargs=1,
            metavar=metavar,
            instance_from_str=lambda texts: _Typed(self, texts[0]),
            is_instance=lambda _: True,
            str_from_instance=lambda value: ["None" if value is None else self.typed(value)],
        )

    def typed(self, value: Any) -> str:
        """How a default is typed, if there is one."""
        return str(value)

    def value(self, flag: str, text: str) -> Any:
        """The value of what was typed; a ValueError or OSError where it is not allowed."""
        raise NotImplementedError


class _Typed(NamedTuple):
    kind: Kind
    text: str


def read(given: F) -> F:
    """The flags with a value for everything that was typed.

    Raises:
      InputError: If something is not allowed, with the flag's name.
    """
    values = {f.name: getattr(given, f.name) for f in fields(given)}  # type: ignore[arg-type]
    typed = {name: value for name, value in values.items() if isinstance(value, _Typed)}
    return replace(given, **{name: _value(name, *one) for name, one in typed.items()})  # type: ignore[type-var]


def _value(name: str, kind: Kind, text: str) -> Any:
    flag = "--" + name.strip("_").replace("_", "-")
    try:
        return kind.value(flag, text)
    except InputError:  # has said it better
        raise
    except (ValueError, OverflowError, OSError):
        raise InputError(f"{flag} must be {kind.allowed}, given {shown(text)}.") from None


def _allow(condition: bool) -> None:
    if not condition:
        raise ValueError


class Whole(Kind):
    """A whole number in [least, most], a multiple of `step`."""

    def __init__(self, least: int, most: int, step: int = 1):
        super().__init__("INT")
        self.least, self.most, self.step = least, most, step
        of = "a whole number" if step == 1 else f"a multiple of {step}"
        self.allowed = f"{of} from {least:,} to {most:,}"

    def value(self, flag: str, text: str) -> int:
        """In decimal digits."""
        _allow(len(text) <= SHOWN)
        number = int(text)
        _allow(self.least <= number <= self.most and number % self.step == 0)
        return number


class Wholes(Whole):
    """Several of them, distinct, separated by commas."""

    def __init__(self, least: int, most: int):
        super().__init__(least, most)
        self.allowed = f"distinct whole numbers from {least:,} to {most:,}, separated by commas"

    def typed(self, value: Any) -> str:
        """With commas."""
        return ",".join(map(str, value))

    def value(self, flag: str, text: str) -> tuple[int, ...]:
        """In the order given."""
        numbers = tuple(super(Wholes, self).value(flag, part) for part in text.split(","))
        _allow(len(set(numbers)) == len(numbers))
        return numbers


class Number(Kind):
    """A number in [least, most], or between them without its ends."""

    def __init__(self, least: float, most: float, *, ends: bool = True):
        super().__init__("FLOAT")
        self.least, self.most, self.ends = least, most, ends
        self.allowed = f"a number {'from' if ends else 'above'} {least:g} " + (
            f"to {most:g}" if ends else f"and below {most:g}"
        )

    def value(self, flag: str, text: str) -> float:
        """A float; NaN is none."""
        number = float(text)
        _allow(self.least <= number <= self.most)
        _allow(self.ends or number not in (self.least, self.most))
        return number


class OneOf(Kind):
    """One of a few words."""

    def __init__(self, *words: str):
        super().__init__("{" + ",".join(words) + "}")
        self.words = words
        self.allowed = "one of " + ", ".join(words)

    def value(self, flag: str, text: str) -> str:
        """The word itself."""
        _allow(text in self.words)
        return text


class Name(Kind):
    """A name out of a catalogue, which is looked up only when it is needed."""

    def __init__(self, known: Callable[[], Iterable[str]]):
        super().__init__("NAME")
        self.known = known
        self.allowed = "a name out of its catalogue"

    def value(self, flag: str, text: str) -> Any:
        """The name; a misspelt one is told the nearest."""
        names = tuple(self.known())
        if text not in names:
            raise UnknownNameError(f"name for {flag}:", text, names)
        return text


class Names(Name):
    """Distinct names out of a catalogue, separated by commas; `all` where that is one more word."""

    def __init__(self, known: Callable[[], Iterable[str]], *, all_of_them: bool = False):
        super().__init__(known)
        self.all_of_them = all_of_them
        self.allowed = "distinct names out of its catalogue, separated by commas"

    def typed(self, value: Any) -> str:
        """With commas."""
        return ",".join(value)

    def value(self, flag: str, text: str) -> tuple[str, ...]:
        """In the order given."""
        if self.all_of_them and text.strip() == "all":
            return tuple(self.known())
        names = tuple(super(Names, self).value(flag, part.strip()) for part in text.split(","))
        _allow(len(set(names)) == len(names))
        return names


class Column(Kind):
    """The name of a column; whether it is there, the file knows."""

    allowed = "the name of a column, not empty"

    def __init__(self):
        super().__init__("COLUMN")

    def value(self, flag: str, text: str) -> str:
        """As it stands in the file."""
        _allow(bool(text.strip()) and len(text) <= 10_000)
        return text


class Duration(Kind):
    """A time as people write it."""

    allowed = "a time above zero such as 90s, 10m or 2h"
    units = {"s": 1, "m": 60, "h": 3600}  # noqa: RUF012 - read only

    def __init__(self):
        super().__init__("TIME")

    def value(self, flag: str, text: str) -> float:
        """In seconds."""
        found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([smh])", text, re.ASCII)
        _allow(found is not None and float(found[1]) > 0)
        return float(found[1]) * self.units[found[2]]  # type: ignore[index]


class Amount(Kind):
    """A budget in a currency."""

    currencies = ("updates", "examples", "gradient_evaluations", "flops", "seconds")
    allowed = f"CURRENCY=AMOUNT with a currency out of {', '.join(currencies)}"

    def __init__(self):
        super().__init__("CURRENCY=AMOUNT")

    def value(self, flag: str, text: str) -> Budget:
        """The budget."""
        currency, _, amount = text.partition("=")
        number: Any = float(amount)
        _allow(currency in self.currencies and 0 < number < math.inf)
        if currency in ("updates", "examples"):
            _allow(number == int(number))
            number = int(number)
        return Budget(**{currency: number})


class Place(Kind):
    """A path, of something that is there."""

    def __init__(self, allowed: str, there: Callable[[Path], bool]):
        super().__init__("PATH")
        self.allowed, self.there = allowed, there

    def value(self, flag: str, text: str) -> Path:
        """The path as it was given."""
        _allow(is_path(text) and self.there(Path(text)))
        return Path(text)


def _can_be_made(path: Path) -> bool:
    """Whether a folder is there, or nothing is and one may be made."""
    nearest = next(p for p in (path, *path.absolute().parents) if os.path.lexists(p))
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def folder() -> Place:
    """A folder to write to."""
    return Place("a folder that is there or can be made", _can_be_made)


def earlier() -> Place:
    """The folder of an earlier run."""
    return Place("the folder of an earlier run", Path.is_dir)


def record() -> Place:
    """A record, or the folder it lies in."""
    return Place(
        "a record, or the folder of a run with one",
        lambda path: (path / "record.nc" if path.is_dir() else path).is_file(),
    )


def file() -> Place:
    """A file to be read."""
    return Place("a file that is there", Path.is_file)
