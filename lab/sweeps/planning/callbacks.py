"""Functions that a program calls on the host, in words: JAX traces no operation of theirs."""

import re
from collections.abc import Iterator
from functools import partial
from types import CodeType, FunctionType, MethodType
from typing import Any

import numpy as np

ADDRESS = re.compile(r" at 0x[0-9a-f]+|0x[0-9a-f]{6,}")  # of functions; of this process alone
CALLS = ("pure_callback", "io_callback")  # `jax.debug.callback` changes no number


def called(equation: Any) -> Iterator[bytes]:
    """What a call on the host does: its bytecode, and that of functions that it holds or names.

    Of functions of other modules only the names: their versions are told elsewhere.
    """
    if equation.primitive.name in CALLS:
        function = equation.params["callback"]
        yield from _words(getattr(function, "callback_func", function), set())


def _words(value: Any, seen: set[int]) -> Iterator[bytes]:
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, FunctionType):
        cells = [cell.cell_contents for cell in value.__closure__ or ()]
        around = [value.__globals__.get(name) for name in _names(value.__code__)]
        near = [
            each
            for each in around
            if not isinstance(each, FunctionType) or each.__module__ == value.__module__
        ]
        parts = [value.__code__, value.__defaults__, value.__kwdefaults__, *cells, *near]
    elif isinstance(value, CodeType):
        parts = [value.co_code, value.co_names, *value.co_consts]
    elif isinstance(value, MethodType):
        parts = [value.__func__, value.__self__]
    elif isinstance(value, partial):
        parts = [value.func, value.args, value.keywords]
    elif isinstance(value, dict):
        parts = [*value, *value.values()]
    elif isinstance(value, list | tuple):
        parts = list(value)
    elif hasattr(value, "dtype"):
        array = np.asarray(value)
        yield f"{array.dtype} {array.shape}".encode() + array.tobytes()
        return
    else:
        yield ADDRESS.sub("", repr(value)).encode()
        parts = [vars(value)] if hasattr(value, "__dict__") and not _is_named(value) else []
    for part in parts:
        yield from _words(part, seen)


def _names(code: CodeType) -> Iterator[str]:
    """Of everything global that a function, and those within it, read."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _is_named(value: Any) -> bool:
    """Whether it is a class, a module or the like, of which the name is enough."""
    return hasattr(value, "__name__")
