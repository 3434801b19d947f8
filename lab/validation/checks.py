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
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar, Union

import jax
import numpy as np
import optax

from lab.validation.errors import InputError, UnknownNameError, shown
from lab.validation.kinds import Kind, is_array, is_function, is_real, is_scalar, is_whole
from lab.validation.signature import Static, readable

Function = TypeVar("Function", bound=Callable[..., Any])
ANYTHING = Kind("anything", lambda value: True)


def checked(function: Function) -> Function:
    """`function`, refusing arguments that are not what its annotations say; defaults pass.

    Of equal functions the results are equal, so that programs made of them share compilations.
    """
    done = hasattr(function, "is_checked")
    return function if done else typing.cast(Function, _checked(function))


@functools.cache
def _checked(function):
    signature, kinds = kinds_of(function)

    @functools.wraps(function)
    def guarded(*args, **kwargs):
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:
            return function(*args, **kwargs)  # Python's own sentence names the argument
        given = bound.arguments
        for name, value in given.items():
            parameter = signature.parameters[name]
            if parameter.kind is parameter.VAR_KEYWORD:
                given[name] = {k: require_kind(k, one, kinds(name)) for k, one in value.items()}
            elif parameter.kind is parameter.VAR_POSITIONAL:
                given[name] = tuple(require_kind(name, one, kinds(name)) for one in value)
            else:
                value = value.value if isinstance(value, Static) else value
                default = value is parameter.default
                given[name] = value if default else require_kind(name, value, kinds(name))
        return function(*bound.args, **bound.kwargs)

    guarded.is_checked = True  # type: ignore[attr-defined]
    guarded.__signature__ = readable(signature)  # type: ignore[attr-defined]
    return guarded


def kinds_of(function: Callable[..., Any]) -> tuple[inspect.Signature, Callable[[str], Kind]]:
    """A function's signature, and the kind of each parameter by its name."""
    signature = inspect.signature(function, eval_str=True)
    return signature, functools.cache(lambda name: kind_of(signature.parameters[name].annotation))


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
def _kinds_of_tuple(cls):
    fields = getattr(cls, "_fields", ())
    hints = typing.get_type_hints(cls, include_extras=True) if fields else {}
    return [(name, kind_of(hints.get(name, Any))) for name in fields]


@functools.cache
def _kinds_of_fields(cls):
    hints = typing.get_type_hints(cls, include_extras=True)
    return tuple((f, kind_of(hints[f.name])) for f in dataclasses.fields(cls) if f.init)


def kind_of(annotation: Any) -> Kind:
    """What an annotation stands for; anything, where it says nothing that can be seen."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return next((a for a in arguments if isinstance(a, Kind)), kind_of(arguments[0]))
    if origin in (Union, types.UnionType):
        return _any_of(set(arguments))
    if origin is Literal:
        known = _either(map(repr, arguments))
        return Kind(known, lambda v: isinstance(v, str) and v in arguments, arguments)
    if origin is tuple and arguments[1:] == (...,):
        return _tuple_of(kind_of(arguments[0]))
    if origin is tuple:
        return _tuple_of(*map(kind_of, arguments), length=len(arguments))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping_of(*map(kind_of, arguments))
    if isinstance(origin, type) and issubclass(origin, Iterable):
        return _iterable_of(kind_of(arguments[0]), issubclass(origin, Sequence))
    return _PLAIN.get(origin or annotation) or _instance_of(annotation)


def _any_of(members: set[Any]) -> Kind:
    kinds = []
    for union, kind in _UNIONS:
        if members.issuperset(typing.get_args(union)):
            kinds, members = [*kinds, kind], members.difference(typing.get_args(union))
    kinds += [kind_of(m) for m in sorted(members, key=lambda m: (m is types.NoneType, str(m)))]

    def convert(value):
        kind = next(k for k in kinds if k.holds(value))
        return value if kind.convert is None else kind.convert(value)

    return Kind(
        _either(k.words for k in kinds),
        lambda v: any(k.holds(v) for k in kinds),
        convert=convert if any(k.convert for k in kinds) else None,
        traced=any(k.traced for k in kinds),
    )


def _either(words: Iterable[str]) -> str:
    *rest, last = words
    return f"{', '.join(rest)} or {last}" if rest else last


def _tuple_of(*kinds: Kind, length: int | None = None) -> Kind:
    """Of so many elements, a kind for each; without a length, of any number of one kind."""
    each = "" if length else "each "

    def convert(value):
        of_each = kinds if length else kinds * len(value)
        return tuple(k.convert(x) if k.convert else x for k, x in zip(of_each, value))

    return Kind(
        f"a tuple ({each}{', '.join(kind.words for kind in kinds)})",
        lambda value: (
            isinstance(value, tuple)
            and (length is None or len(value) == length)
            and all(k.holds(one) for k, one in zip(kinds if length else kinds * len(value), value))
        ),
        convert=convert if any(k.convert for k in kinds) else None,
    )


def _iterable_of(each: Kind, ordered: bool) -> Kind:
    def holds(value):
        if isinstance(value, list | tuple | range | np.ndarray):
            return getattr(value, "ndim", 1) > 0 and all(each.holds(one) for one in value)
        if isinstance(value, str | bytes | Mapping):
            return False
        if ordered:
            return isinstance(value, Sequence) or (is_array(value) and np.ndim(value) > 0)
        return isinstance(value, Iterable)  # perhaps used up by looking

    return Kind(f"a sequence (each {each.words})", holds)


def _mapping_of(key: Kind = ANYTHING, value: Kind = ANYTHING) -> Kind:
    return Kind(
        f"a mapping (from {key.words} to {value.words})",
        lambda v: (
            isinstance(v, Mapping)
            and all(key.holds(k) and value.holds(one) for k, one in v.items())
        ),
    )


def _instance_of(cls: Any) -> Kind:
    """An instance of a class; protocols, type variables and the like may be anything."""
    if not isinstance(cls, type) or getattr(cls, "_is_protocol", False) or cls is object:
        return ANYTHING
    article = "an" if cls.__name__[0] in "AEIOU" else "a"
    return Kind(
        f"{article} {cls.__name__}",
        lambda value: (
            isinstance(value, cls)
            and all(kind.holds(getattr(value, name)) for name, kind in _kinds_of_tuple(cls))
        ),
    )


def _is_transformation(value):
    return callable(getattr(value, "init", None)) and callable(getattr(value, "update", None))


_PLAIN: dict[Any, Kind] = {
    Any: ANYTHING,
    inspect.Parameter.empty: ANYTHING,
    bool: Kind("True or False", lambda value: isinstance(value, bool | np.bool_)),
    int: Kind("a whole number", is_whole),
    float: Kind("a number", is_real),
    str: Kind("text", lambda value: isinstance(value, str)),
    type(None): Kind("None", lambda value: value is None),
    jax.Array: Kind("an array of numbers", is_array),
    np.ndarray: Kind("an array of numbers", is_array),
    Callable: Kind("a function", is_function),
    optax.GradientTransformation: Kind("a gradient transformation", _is_transformation),
}
_UNIONS = (  # that stand for one thing
    (
        optax.ScalarOrSchedule,
        Kind(
            "a number or a schedule",
            lambda v: is_function(v) or (is_scalar(v) and (hasattr(v, "aval") or is_real(v))),
            traced=True,
        ),
    ),
    (jax.typing.ArrayLike, Kind("an array of numbers", is_array)),
)
