"""Signatures for people and for wrappers: kinds of arguments by their names, structure declared.

    help(lab.optimizers.adamw)
    # adamw(learning_rate: ScalarOrSchedule, b1: Decay = 0.9, ..., mask: Mask = None, *, ...)

`optax.inject_hyperparams` binds a factory's arguments to its signature and takes every number for
a hyper-parameter, and every function for a schedule. `DeclaringSignature` binds what is structure
(whole numbers that decide shapes, masks, dtypes) as `Static`, which is neither.
"""

import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union

import jax
import jax.numpy as jnp
import optax

from lab.kinds import Kind

_A_TRACED_NUMBER = jax.ShapeDtypeStruct((), jnp.float32)


@dataclass(frozen=True)
class Static:
    """An argument that is no hyper-parameter; a checked function unwraps it."""

    value: Any


@dataclass(frozen=True)
class _Shown:
    """An annotation or a default that is shown as a text."""

    text: str

    def __repr__(self) -> str:
        return self.text


def readable(signature: inspect.Signature) -> inspect.Signature:
    """The same parameters and defaults; annotations as a person would write them."""
    parameters = [
        p if p.annotation is p.empty else p.replace(annotation=_Shown(spelled(p.annotation)))
        for p in signature.parameters.values()
    ]
    result = signature.return_annotation
    if result is not signature.empty:
        result = _Shown(spelled(result))
    return signature.replace(parameters=parameters, return_annotation=result)


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


class DeclaringSignature(inspect.Signature):
    """A signature that binds what cannot be traced as `Static`, defaults included."""

    static: frozenset[str]

    @classmethod
    def of(cls, signature: inspect.Signature, kinds: Callable[[str], Kind]) -> "DeclaringSignature":
        """Declare static every parameter whose kind refuses a traced number."""
        shown = readable(signature)
        self = cls(list(shown.parameters.values()), return_annotation=shown.return_annotation)
        self.static = frozenset(
            name for name in signature.parameters if not kinds(name).holds(_A_TRACED_NUMBER)
        )
        return self

    def bind(self, /, *args: Any, **kwargs: Any) -> inspect.BoundArguments:
        """As `inspect.Signature.bind`, with what is static wrapped."""
        bound = super().bind(*args, **kwargs)
        for name, parameter in self.parameters.items():
            given = bound.arguments.get(name, parameter.default)
            if name in self.static and given is not parameter.empty:
                bound.arguments[name] = given if isinstance(given, Static) else Static(given)
        in_order = {n: bound.arguments[n] for n in self.parameters if n in bound.arguments}
        bound.arguments = in_order
        return bound
