"""The one exception for input that cannot be used, raised before anything compiles."""

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Says in one sentence which argument is wrong, what was given, and what is allowed."""


class UnknownNameError(InputError, KeyError):
    """A name that no catalogue, axis or column has; the message suggests the nearest one."""

    def __init__(self, kind: str, given: object, known: Iterable[str]):
        names = sorted(known)
        near = difflib.get_close_matches(str(given), names, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        super().__init__(f"unknown {kind} {given!r}: {hint}allowed are {', '.join(names)}.")

    def __str__(self) -> str:  # KeyError would print the repr of the sentence
        return str(self.args[0])


def require(condition: bool, sentence: str) -> None:
    """Raise `InputError(sentence)` unless `condition` holds."""
    if not condition:
        raise InputError(sentence)
