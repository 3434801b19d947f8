"""Bad values for an argument, generated from the value that a valid call gives it.

The kind of an argument is the type of that value: a number meets numbers out of every range,
text, containers and arrays; an array meets other shapes and dtypes; a mapping meets hostile keys
and bad values; and every argument meets `Nonsense`, which nothing may accept.
"""

import datetime
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import xarray as xr
from hypothesis import strategies as st


class Nonsense:
    """Of no use to anybody."""

    def __repr__(self):
        return "Nonsense()"


class Bad(NamedTuple):
    """A value, and whether it has to be refused (others may be accepted as well)."""

    value: Any
    hopeless: bool = False


HUGE = 10**400  # has no float
ODD_NUMBERS = (
    0, -1, -0.5, 0.5, 1.5, 2**63, -(2**63), 1e308, -1e308, 1e-320, HUGE, -HUGE, True,
    float("nan"), float("inf"), float("-inf"), 1j, Decimal("0.1"), np.float32(np.nan),
    np.int8(-1), np.array(2.5), np.array(np.nan),
)  # fmt: skip
ODD_TEXTS = (
    "", " ", "adamm", "no such name", "nan", "1e3", "a" * 5000, "line\nbreak", "nul\0byte",
    "{braces} %s", "'quoted'", "ηµß", "__class__", "../../etc/passwd", "/dev/null/x",
)  # fmt: skip
RAGGED = [[1.0, 2.0], [3.0]]
ODD_ARRAYS = (
    np.zeros(0), np.zeros((0, 3)), np.zeros((2, 0)), np.ones((2, 3, 4, 5)), np.full(3, np.nan),
    np.array([1.0, np.inf]), np.array(["a", "b"]), np.array([None, 1], object),
    np.array([1 + 1j]), np.array(["2024-05-31"], "datetime64[D]"), np.array([True, False]),
    np.array([-1, 99]), np.full((2, 2), 1e308), np.float64(3.0),
)  # fmt: skip
WILD = (
    None, b"bytes", [], {}, (), set(), [None], [[]], RAGGED, ["a"], {"a": "b"}, {1: 2}, object,
    Ellipsis, range(0), slice(None), datetime.date(2024, 5, 31), Path("missing/file"),
    *ODD_NUMBERS[:6], *ODD_TEXTS[:3], *ODD_ARRAYS[:8],
)  # fmt: skip

hopeless_everywhere = st.builds(lambda: Bad(Nonsense(), hopeless=True))
wild = st.sampled_from(WILD).map(Bad)
odd_texts = (st.sampled_from(ODD_TEXTS) | st.text(max_size=20)).map(Bad)
odd_numbers = (st.sampled_from(ODD_NUMBERS) | st.floats() | st.integers(max_value=0)).map(Bad)
not_a_number = st.sampled_from(
    ["", "0.1", "ten", b"1", {}, {"a": 1}, set(), [], [None], ["a"], RAGGED, datetime.date.min,
     object, Path("1"), np.array(["a"]), np.array([None], object)]
).map(lambda value: Bad(value, hopeless=True))  # fmt: skip
not_text = st.sampled_from([0, 1.5, float("nan"), [], {}, ["a", "b"], b"bytes", object]).map(
    lambda value: Bad(value, hopeless=True)
)
odd_arrays = st.sampled_from(ODD_ARRAYS).map(Bad)
not_an_array = st.sampled_from(
    ["text", b"bytes", RAGGED, ["a", "b"], set(), object, np.array(["a"]), [Nonsense()],
     np.array([None, 1], object), np.array(["2024-05-31"], "datetime64[D]")]
).map(lambda value: Bad(value, hopeless=True))  # fmt: skip
not_callable = st.sampled_from(["", "text", 0, 1.5, [], {}, RAGGED, b"bytes", np.zeros(3)]).map(
    lambda value: Bad(value, hopeless=True)
)


def bad(value: Any) -> st.SearchStrategy[Bad]:
    """What an argument may meet in the place of `value`."""
    for kind, strategy in _KINDS:
        if isinstance(value, kind):
            return hopeless_everywhere | strategy(value)
    return hopeless_everywhere | (not_callable | wild if _is_function(value) else wild)


def _is_function(value):
    return isinstance(value, Callable) and not isinstance(value, type)


def _of_array(value):
    """Other shapes and dtypes of the same numbers, and numbers that are none."""
    if jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
        return odd_arrays | not_an_array | odd_numbers | wild
    array = np.asarray(value)
    others = [array[None], array.astype(object), array.astype(str), array.astype(complex)]
    if array.ndim:
        others += [array[:0], array[0], np.concatenate([array, array[:1]]), array[..., None]]
    if array.dtype.kind == "f" and array.size:
        others += [
            np.where(np.arange(array.size).reshape(array.shape) == 0, hole, array)
            for hole in (np.nan, np.inf, 1e38)
        ]
    return st.sampled_from(others).map(Bad) | odd_arrays | not_an_array | wild


def _of_mapping(value):
    """One value bad, one key gone, one too many, and no mapping at all."""
    plain = dict(value)
    keys = [1, "", "no such key", "nul\0byte", "../../key", None, ("a", "b")]
    more = st.sampled_from(keys).map(lambda key: Bad(plain | {key: 1.0}))
    return (_one_spoilt(plain) if plain else wild) | more | wild | not_a_mapping


def _one_spoilt(plain):
    def spoilt(key):
        without = {k: v for k, v in plain.items() if k != key}
        return st.just(Bad(without)) | bad(plain[key]).map(lambda b: Bad(plain | {key: b.value}))

    return st.sampled_from(list(plain)).flatmap(spoilt)


def _of_sequence(value):
    """One element bad, none, one twice, and no sequence at all."""
    listed, kind = list(value), list if isinstance(value, list) else tuple
    others = [kind(), kind([*listed, *listed[:1]]), kind([None]), kind([Nonsense()])]

    def spoilt(at):
        return bad(listed[at]).map(
            lambda b: Bad(kind([*listed[:at], b.value, *listed[at + 1 :]]), b.hopeless)
        )

    each = st.sampled_from(range(len(listed))).flatmap(spoilt) if listed else wild
    return each | st.sampled_from(others).map(Bad) | wild


def _of_fields(value):
    """One field bad."""

    def spoilt(name):
        return bad(getattr(value, name)).map(lambda b: Bad(value._replace(**{name: b.value})))

    return st.sampled_from(value._fields).flatmap(spoilt) if value else wild


def _of_labelled(value):
    """A dimension gone or empty, labels, variables or attributes gone, numbers that are none."""
    is_array = isinstance(value, xr.DataArray)
    others = [value.drop_vars(name) for name in value.coords]
    for dim in map(str, value.dims):
        others += [
            value.isel({dim: 0}, drop=True),
            value.isel({dim: slice(0)}),
            value.rename({dim: "other"}),
        ]
    others += [value.drop_attrs(), value.astype(str), value.astype(complex), value.astype(object),
               value.where(False), value.expand_dims(more=2)]  # fmt: skip
    if is_array:
        others += [value.values, value.to_dataset(name="value")]
    else:
        others += [value.drop_vars(name) for name in value.data_vars]
        others += [xr.Dataset(), dict(value), *value.data_vars.values()]
    return st.sampled_from(others).map(Bad) | wild


not_a_mapping = st.sampled_from([0, 1.5, "text", b"bytes", [1, 2], np.zeros(3), object]).map(Bad)

_KINDS: tuple[tuple[Any, Callable[[Any], st.SearchStrategy[Bad]]], ...] = (
    (bool, lambda value: odd_texts | odd_numbers | wild),
    ((int, float, np.number), lambda value: odd_numbers | not_a_number | wild),
    ((str, Path), lambda value: odd_texts | not_text | wild),
    ((xr.Dataset, xr.DataArray), _of_labelled),
    (Mapping, _of_mapping),
    ((list, tuple), lambda v: _of_fields(v) | wild if hasattr(v, "_fields") else _of_sequence(v)),
    ((np.ndarray, jax.Array), _of_array),
)
