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
from typing import Any, TypeVar

from lab.validation.annotations import kind_of, kinds_of
from lab.validation.errors import InputError, UnknownNameError, shown
from lab.validation.kinds import Kind
from lab.validation.signature import Static, readable

Function = TypeVar("Function", bound=Callable[..., Any])
Accept = Callable[..., Any]  # of a value: perhaps converted, or an `InputError`


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
        places, rest, names, others = parts()
        try:
            every = places + rest * (len(args) - len(places))
            taken = [accept(value) for accept, value in zip(every, args)]
            for name, value in kwargs.items():
                if accept := names.get(name, others):
                    kwargs[name] = accept(value, name)
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


def _parts(signature: inspect.Signature, kinds: Callable[[str], Kind]):
    """What takes arguments by place, further ones, by name, and others: cheaper than binding."""
    by: dict[Any, dict[str, Accept]] = {kind: {} for kind in type(inspect.Parameter.KEYWORD_ONLY)}
    for name, parameter in signature.parameters.items():
        by[parameter.kind][name] = _accept(parameter, kinds(name))
    alone, either, rest, named, others = by.values()  # in the order of Python's grammar
    places = [*alone.values(), *either.values()]
    return places, [*rest.values()], either | named, next(iter(others.values()), None)


def _accept(parameter: inspect.Parameter, kind: Kind) -> Accept:
    default = parameter.default

    def accept(value, name=parameter.name):
        value = value.value if isinstance(value, Static) else value
        return value if value is default else require_kind(name, value, kind)

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
        if kind.names and isinstance(value, str):
            raise UnknownNameError(name, value, kind.names)
        raise InputError(f"{name} must be {kind.words}, given {shown(value)}.")
    return value if kind.convert is None else kind.convert(value)


@functools.cache
def _kinds_of_fields(cls):
    hints = typing.get_type_hints(cls, include_extras=True)
    return tuple((f, kind_of(hints[f.name])) for f in dataclasses.fields(cls) if f.init)
