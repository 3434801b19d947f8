"""What an annotation stands for, as a kind of arguments: `int | None`, `Sequence[Count]`."""

import functools
import inspect
import math
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, Union

import jax
import numpy as np
import optax

from lab.validation.kinds import Kind, is_array, is_function, is_real, is_scalar, is_whole

ANYTHING = Kind("anything", lambda value: True)


def kinds_of(function: Callable[..., Any]) -> tuple[inspect.Signature, Callable[[str], Kind]]:
    """A function's signature, and the kind of each parameter by its name."""
    signature = inspect.signature(function, eval_str=True)
    return signature, functools.cache(lambda name: kind_of(signature.parameters[name].annotation))


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
            and (
                all(k.holds(one) for k, one in zip(kinds, value))
                if length
                else _are_all(kinds[0], value)
            )
        ),
        convert=convert if any(k.convert for k in kinds) else None,
    )


def _iterable_of(each: Kind, ordered: bool) -> Kind:
    def holds(value):
        if isinstance(value, list | tuple | range | np.ndarray):
            return getattr(value, "ndim", 1) > 0 and _are_all(each, value)
        if isinstance(value, str | bytes | Mapping):
            return False
        if ordered:
            return isinstance(value, Sequence) or (is_array(value) and np.ndim(value) > 0)
        return isinstance(value, Iterable)  # perhaps used up by looking

    return Kind(f"a sequence (each {each.words})", holds)


def _are_all(kind: Kind, values: Any) -> bool:
    """Whether all are of the kind; those of an interval as far as possible by the ends alone."""
    ends = _ends(values) if kind.interval and len(values) > 1 else None
    if ends is not None and kind.holds(ends[0]) and kind.holds(ends[1]):
        return True
    return all(map(kind.holds, values))


def _ends(values: Any) -> tuple[Any, Any] | None:
    """The least and the greatest of numbers of one type, no NaN among them; or None."""
    if isinstance(values, range):
        return values[0], values[-1]
    if isinstance(values, np.ndarray):  # a NaN is both its ends
        plain = values.ndim == 1 and values.dtype.kind in "iuf"
        return (values.min(), values.max()) if plain else None
    types_there = set(map(type, values))
    if types_there == {int} or (types_there == {float} and not math.isnan(sum(values))):
        return min(values), max(values)
    return None


def _mapping_of(key: Kind = ANYTHING, value: Kind = ANYTHING) -> Kind:
    return Kind(
        f"a mapping (from {key.words} to {value.words})",
        lambda v: (
            isinstance(v, Mapping)
            and all(key.holds(k) and value.holds(one) for k, one in v.items())
        ),
    )


@functools.cache
def _kinds_of_tuple(cls):
    fields = getattr(cls, "_fields", ())
    hints = typing.get_type_hints(cls, include_extras=True) if fields else {}
    return [(name, kind_of(hints.get(name, Any))) for name in fields]


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
    int: Kind("a whole number", is_whole, interval=True),
    float: Kind("a number", is_real, interval=True),
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
