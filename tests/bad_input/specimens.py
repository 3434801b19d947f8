"""Valid calls of every public callable, cheap to make; bad input is made out of them.

A file `specimens_ROOM.py` beside this one has a tuple `SPECIMENS`:

    SPECIMENS = (
        Specimen("lab.losses.huber_loss", {"predictions": x, "targets": x, "delta": 1.0}),
        Specimen("lab.data.load", {"name": "digits"}),
    )

The name is where users find the callable; arguments are given by keyword, one that is left out
is spoilt at its default. A callable without parameters, and a NamedTuple (what functions return),
needs no specimen.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import jax
import matplotlib.pyplot as plt
import numpy as np

import lab

BELOW = ("flops", "foundations")  # rooms that are imported by their own name only


class Began(BaseException):
    """The call was accepted, and its work would begin."""


@dataclass(frozen=True)
class Specimen:
    """A valid call.

    Attributes:
      name: Dotted, as users write it.
      arguments: By keyword.
      first: What is given by position, where there are *arguments behind it; not spoilt.
      free: Names of arguments that may be anything, and are not spoilt.
      work: Dotted names of functions that train, fetch, draw or write: none is called.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    first: tuple[Any, ...] = ()
    free: tuple[str, ...] = ()
    work: tuple[str, ...] = ()

    @property
    def spoilable(self) -> dict[str, Any]:
        """A valid value for each parameter: the given one or the default."""
        named = {
            name: parameter.default
            for name, parameter in parameters(resolve(self.name)).items()
            if parameter.default is not inspect.Parameter.empty
        }
        values = named | dict(self.arguments)
        return {name: value for name, value in values.items() if name not in self.free}

    @contextmanager
    def before_work(self) -> Iterator[None]:
        """Calls in it end where the work would begin."""
        with ExitStack() as stack:
            stack.callback(plt.close, "all")
            for name in self.work:
                stack.enter_context(mock.patch(name, side_effect=Began))
            try:
                yield
            except Began:
                return


def like(call: Callable[..., Any], *args: Any) -> Any:
    """Ones, shaped as what a call gives; nothing is compiled."""
    shapes = jax.eval_shape(call, *args)
    return jax.tree.map(lambda leaf: np.ones(leaf.shape, leaf.dtype), shapes)


def resolve(name: str) -> Any:
    """The object of a dotted name: `lab.losses.l2`."""
    found, path = lab, "lab"
    for part in name.split(".")[1:]:
        path = f"{path}.{part}"
        found = getattr(found, part) if hasattr(found, part) else importlib.import_module(path)
    return found


def parameters(call: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The parameters that a caller gives by name."""
    return {
        p.name: p
        for p in inspect.signature(inspect.unwrap(call)).parameters.values()
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD, p.POSITIONAL_ONLY)
    }


def names_in(value: Any) -> set[str]:
    """The names that mappings and tuples give to parts, at any depth: a refusal may name those."""
    if hasattr(value, "_fields"):
        return {*value._fields} | names_in(tuple(value))
    if isinstance(value, Mapping):
        return {str(key) for key in value} | names_in(list(value.values()))
    return set().union(*map(names_in, value)) if isinstance(value, list | tuple) else set()


def public() -> list[str]:
    """Dotted names of what the lab offers and somebody may call; of two names the first."""
    rooms = [lab, *(importlib.import_module(f"lab.{room}") for room in BELOW)]
    names = [name for room in rooms for name in callables(room, room.__name__)]
    first = {id(resolve(name)): name for name in sorted(names, key=_depth, reverse=True)}
    return sorted(first.values())


def _depth(name):
    return name.count(".")


def callables(module: ModuleType, path: str) -> Iterator[str]:
    """Names of what may be called in a module, and in the modules that it lists."""
    listed = hasattr(module, "__all__")
    for name in module.__all__ if listed else dir(module):
        found = getattr(module, name)
        if isinstance(found, ModuleType):
            if listed:
                yield from callables(found, f"{path}.{name}")
        elif not name.startswith("_") and _is_of("lab" if listed else path, found):
            yield f"{path}.{name}"


def _is_of(package: str, found: Any) -> bool:
    """Whether a package defines this function, or this class of things that users make."""
    home = f"{getattr(found, '__module__', '')}."
    result = isinstance(found, type) and issubclass(found, tuple | BaseException)
    callable_ = callable(found) and hasattr(found, "__name__") and not result
    return callable_ and home.startswith(f"{package}.") and bool(parameters(found))


def collected() -> dict[str, Specimen]:
    """The specimens of all files beside this one, by name."""
    found: dict[str, Specimen] = {}
    for module_info in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module_info.name.startswith("specimens_"):
            module = importlib.import_module(f"tests.bad_input.{module_info.name}")
            for specimen in module.SPECIMENS:
                assert specimen.name not in found, f"two specimens of {specimen.name}"
                found[specimen.name] = specimen
    return found
