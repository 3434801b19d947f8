"""Annotations that hold: a function refuses what it does not say it takes, in one sentence.

    @checked
    def lanczos(operator: Operator, key: Key, steps: Count): ...

    lanczos(operator, key, steps=0)
    # InputError: steps must be a whole number of at least 1, given 0.

Values of arrays are not looked at (see `lab.validation.kinds`), so that what is guarded may be
traced, and nothing is compiled for the sake of a check.
"""

import dataclasses
import functools
import inspect
import typing
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from lab.validation.annotations import kind_of, kinds_of
from lab.validation.errors import InputError, UnknownNameError, shown
from lab.validation.kinds import Kind
from lab.validation.signature import Static, readable

Function = TypeVar("Function", bound=Callable[..., Any])
Accept = Callable[[Any], Any]  # the value, perhaps converted, or an `InputError`


def checked(function: Function) -> Function:
    """`function`, refusing arguments that are not what its annotations say; defaults pass.

    Of equal functions the results are equal, so that programs made of them share compilations.
    """
    done = hasattr(function, "is_checked")
    return function if done else typing.cast(Function, _checked(function))


@functools.cache
def _checked(function):
    signature, kinds = kinds_of(function)
    parts = functools.cache(lambda: _parts(signature, kinds))  # made at the first call

    @functools.wraps(function)
    def guarded(*args, **kwargs):
        places, names, rest, others = parts()
        if rest is not None and len(args) > len(places):
            places = places + [rest] * (len(args) - len(places))
        try:
            taken = [accept(value) for accept, value in zip(places, args)]
            for name, value in kwargs.items():
                if name in names:
                    kwargs[name] = names[name](value)
                elif others is not None:
                    kwargs[name] = require_kind(name, value, others)
        except InputError:
            try:
                signature.bind(*args, **kwargs)
            except TypeError:
                return function(*args, **kwargs)  # Python's own sentence names the argument
            raise
        return function(*taken, *args[len(taken) :], **kwargs)

    guarded.is_checked = True  # type: ignore[attr-defined]
    guarded.__signature__ = readable(signature)  # type: ignore[attr-defined]
    return guarded


class _Parts(NamedTuple):
    """What takes the arguments of a function; binding each call to its signature costs more."""

    places: list[Accept]
    names: dict[str, Accept]
    rest: Accept | None  # each of *args
    others: Kind | None  # each of **kwargs


def _parts(signature: inspect.Signature, kinds: Callable[[str], Kind]) -> _Parts:
    parts = _Parts([], {}, None, None)
    for name, parameter in signature.parameters.items():
        accept = _accept(parameter, kinds(name))
        if parameter.kind is parameter.VAR_POSITIONAL:
            parts = parts._replace(rest=accept)
        elif parameter.kind is parameter.VAR_KEYWORD:
            parts = parts._replace(others=kinds(name))
        else:
            if parameter.kind is not parameter.KEYWORD_ONLY:
                parts.places.append(accept)
            if parameter.kind is not parameter.POSITIONAL_ONLY:
                parts.names[name] = accept
    return parts


def _accept(parameter: inspect.Parameter, kind: Kind) -> Accept:
    default, holds, convert = parameter.default, kind.holds, kind.convert

    def accept(value):
        if isinstance(value, Static):
            value = value.value
        if value is default:
            return value
        if not holds(value):
            raise _refusal(parameter.name, value, kind)
        return value if convert is None else convert(value)

    return accept


def check_fields(instance: Any) -> None:
    """Refuse fields of a dataclass that are not what their annotations say.

    To be called from `__post_init__`.
    """
    for field, kind in _kinds_of_fields(type(instance)):
        value = getattr(instance, field.name)
        if value is not field.default:
            require_kind(field.name, value, kind)


def require_kind(name: str, value: Any, kind: Kind) -> Any:
    """`value`, converted if its kind says to what; `InputError` unless it is of that kind."""
    if not kind.holds(value):
        raise _refusal(name, value, kind)
    return value if kind.convert is None else kind.convert(value)


def _refusal(name: str, value: Any, kind: Kind) -> InputError:
    if kind.names and isinstance(value, str):
        return UnknownNameError(name, value, kind.names)
    return InputError(f"{name} must be {kind.words}, given {shown(value)}.")


@functools.cache
def _kinds_of_fields(cls):
    hints = typing.get_type_hints(cls, include_extras=True)
    return tuple((f, kind_of(hints[f.name])) for f in dataclasses.fields(cls) if f.init)
