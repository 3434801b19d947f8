"""The one exception for input that cannot be used, raised before anything compiles."""

import difflib
from collections.abc import Iterable
from typing import Any

SHOWN = 80  # characters of a value in a sentence
LISTED = 40  # names of a catalogue in a sentence


class InputError(ValueError):
    """Says in one sentence which argument is wrong, what was given, and what is allowed."""


class UnknownNameError(InputError, KeyError):
    """A name that no catalogue, axis or column has; the message suggests the nearest one."""

    def __init__(self, kind: str, given: object, known: Iterable[str]):
        names = sorted(known)
        near = difflib.get_close_matches(str(given), names, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        super().__init__(f"unknown {kind} {shown(given)}: {hint}allowed are {_listed(names)}.")

    def __str__(self) -> str:  # KeyError would print the repr of the sentence
        return str(self.args[0])


def _listed(names: list[str]) -> str:
    """Names as a sentence can hold them: not too many, none too long, on one line."""
    brief = [" ".join(name.split())[:SHOWN] for name in names[:LISTED]]
    return ", ".join(brief) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")


def shown(value: Any) -> str:
    """A value as a sentence shows it: on one line, and short; arrays by dtype and shape."""
    if getattr(value, "shape", ()):
        return f"{getattr(value, 'dtype', type(value).__name__)} {list(value.shape)}"
    if isinstance(value, int) and value.bit_length() > SHOWN:
        return f"an integer of {value.bit_length()} bits"
    text = " ".join(repr(value).split())
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def require(condition: bool, sentence: str) -> None:
    """Raise `InputError(sentence)` unless `condition` holds."""
    if not condition:
        raise InputError(sentence)
