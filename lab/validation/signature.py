"""Signatures for people and for wrappers: kinds of arguments by their names, structure declared.

    help(lab.optimizers.adamw)
    # adamw(learning_rate: ScalarOrSchedule, b1: Decay = 0.9, ..., mask: Mask = None, *, ...)

`optax.inject_hyperparams` binds a factory's arguments to its signature and takes every number for
a hyper-parameter, and every function for a schedule. `DeclaringSignature` binds what is structure
(whole numbers that decide shapes, masks, dtypes) as `Static`, which is neither.
"""

import inspect
import re
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union

import jax
import optax

from lab.validation.kinds import Kind


@dataclass(frozen=True)
class Static:
    """An argument that is no hyper-parameter; a checked function unwraps it."""

    value: Any


@dataclass(frozen=True)
class _Shown:
    """An annotation as a text; `static` where the argument is structure."""

    text: str
    static: bool = False

    def __repr__(self) -> str:
        return self.text


class ReadableSignature(inspect.Signature):
    """A signature that prints functions and classes by their names."""

    def __str__(self) -> str:
        return _named(super().__str__())

    def format(self, **options: Any) -> str:
        """As `inspect.Signature.format`, which Python 3.13 has."""
        return _named(super().format(**options))  # type: ignore[misc]


def _named(text: str) -> str:
    return re.sub(r"<(?:function|class) '?(?:[\w.<>]+\.)?([\w<>]+)'?(?: at 0x\w+)?>", r"\1", text)


def readable(signature: inspect.Signature) -> ReadableSignature:
    """The same parameters and defaults; annotations as a person would write them."""
    parameters = [
        p if p.annotation is p.empty else p.replace(annotation=_Shown(spelled(p.annotation)))
        for p in signature.parameters.values()
    ]
    result = signature.return_annotation
    if result is not signature.empty:
        result = _Shown(spelled(result))
    return ReadableSignature(parameters, return_annotation=result)


def spelled(annotation: Any) -> str:
    """Such as `Number`, `int | None` or `Literal['mean', 'sum']`."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        kind = next((a for a in arguments if isinstance(a, Kind)), None)
        return (kind and kind.label) or spelled(arguments[0])
    if origin in (Union, types.UnionType):
        rest, words = set(arguments), []
        for name, union in (
            ("ScalarOrSchedule", optax.ScalarOrSchedule),
            ("ArrayLike", jax.typing.ArrayLike),
        ):
            if rest.issuperset(typing.get_args(union)):
                words.append(name)
                rest -= set(typing.get_args(union))
        return " | ".join(words + [spelled(a) for a in arguments if a in rest])
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    if annotation in (types.NoneType, None):
        return "None"
    if origin is Callable:
        return "Callable"
    if origin is not None and arguments:
        inside = ", ".join("..." if a is ... else spelled(a) for a in arguments)
        return f"{getattr(origin, '__name__', origin)}[{inside}]"
    return getattr(annotation, "__name__", None) or str(annotation).replace("typing.", "")


class DeclaringSignature(ReadableSignature):
    """A signature that binds what cannot be traced as `Static`, defaults included.

    Whoever else binds arguments by it gets those wrappers too, which the function unwraps.
    """

    @classmethod
    def of(cls, signature: inspect.Signature, kinds: Callable[[str], Kind]) -> "DeclaringSignature":
        """Readable, and static wherever a kind is not of numbers."""
        shown = readable(signature)
        parameters = [
            p.replace(annotation=_Shown(repr(p.annotation), not kinds(name).traced))
            for name, p in shown.parameters.items()
        ]
        return cls(parameters, return_annotation=shown.return_annotation)

    def bind(self, /, *args: Any, **kwargs: Any) -> inspect.BoundArguments:
        """As `inspect.Signature.bind`, with what is static wrapped."""
        bound = super().bind(*args, **kwargs)
        arguments = {}
        for name, parameter in self.parameters.items():
            static = getattr(parameter.annotation, "static", False)
            given = bound.arguments.get(name, parameter.default if static else parameter.empty)
            if given is not parameter.empty:
                wrap = static and not isinstance(given, Static)
                arguments[name] = Static(given) if wrap else given
        bound.arguments = arguments
        return bound
