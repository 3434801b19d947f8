"""The vocabulary of arguments: what a value may be, in words and as a predicate.

An alias such as `Count` is `int` to a type checker and "a whole number of at least 1" to
`lab.validation.checks.checked`. Predicates look at types, shapes and dtypes, and at the values of
numbers that are known beforehand; never at the values of an array, which may be traced.
"""

import functools
import math
import numbers
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

_WHOLE, _REAL = (int, np.integer), (int, float, np.integer, np.floating)  # made once: faster


class Kind(NamedTuple):
    """What an argument may be: `words` follow "must be", `holds` decides."""

    words: str
    holds: Callable[[Any], bool]
    names: tuple[str, ...] = ()  # if it is one of these
    label: str = ""  # as signatures show it
    convert: Callable[[Any], Any] | None = None  # to what the function is written for
    traced: bool = False  # whether it is a number that JAX may trace
    interval: bool = False  # whether numbers between two of this kind, of their type, are, too


def is_whole(value: Any) -> bool:
    """Whether it is an integer of 64 bits at most, known beforehand."""
    whole = isinstance(value, _WHOLE) and not isinstance(value, bool)
    return bool(whole and -(2**63) <= value < 2**63)


def plain(value: Any) -> Any:
    """NumPy's numbers as Python's, which JSON has; anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def is_real(value: Any) -> bool:
    """Whether it is a real number, known beforehand, that has a float and is not NaN."""
    if not isinstance(value, _REAL) or isinstance(value, bool):
        return False
    overflows = isinstance(value, int) and value.bit_length() > 1023
    return not overflows and not math.isnan(value)


def is_array(value: Any) -> bool:
    """Whether it is an array of numbers or booleans, perhaps traced, or nested lists of them."""
    return _as_array(value) is not None


def is_scalar(value: Any) -> bool:
    """Whether it is one real number, perhaps traced."""
    if isinstance(value, float):
        return True
    array = None if isinstance(value, list | tuple) else _as_array(value)
    return array is not None and np.shape(array) == () and _is_real_number(array.dtype)


def is_real_array(value: Any) -> bool:
    """Whether it is an array of numbers or booleans, none of them complex."""
    array = _as_array(value)
    return array is not None and array.dtype.kind != "c"


def _is_samples(value):
    shape = np.shape(value) if is_real_array(value) else ()
    return shape != () and 0 not in shape


def _as_array(value: Any) -> Any:
    """What has a dtype as it is, and lists and Python's numbers as arrays; None if not numeric."""
    if not hasattr(value, "dtype"):
        python = isinstance(value, numbers.Number)
        if python and not isinstance(value, float | complex) and not _fits_an_array(value):
            return None
        try:
            value = np.asarray(value)
        except (TypeError, ValueError):  # ragged lists, and keys of random numbers in a list
            return None
    return value if isinstance(value.dtype, np.dtype) and _is_numeric(value.dtype) else None


@functools.cache
def _is_numeric(dtype: np.dtype) -> bool:
    return dtype == np.bool_ or jnp.issubdtype(dtype, np.number)


@functools.cache
def _is_real_number(dtype: np.dtype) -> bool:
    real = jnp.issubdtype(dtype, np.integer) or jnp.issubdtype(dtype, np.floating)
    return real and dtype.itemsize <= 8  # JAX has no longer ones


def is_tree(value: Any) -> bool:
    """Whether all leaves are arrays, or keys of random numbers."""
    try:
        return all(is_array(leaf) or is_key(leaf) for leaf in jax.tree.leaves(value))
    except (TypeError, ValueError):  # names that cannot be sorted
        return False


def is_key(value: Any) -> bool:
    """Whether it is one key of random numbers, of the new style or the old."""
    dtype, shape = getattr(value, "dtype", None), getattr(value, "shape", None)
    if dtype is None:
        return False
    new = not isinstance(dtype, np.dtype) and jnp.issubdtype(dtype, jax.dtypes.prng_key)
    return shape == () if new else shape == (2,) and dtype == np.uint32


def is_function(value: Any) -> bool:
    """Whether it can be called, and is no class."""
    return callable(value) and not isinstance(value, type)


def _is_seed(value):
    return is_scalar(value) and jnp.issubdtype(jnp.result_type(value), np.integer)


def _are_booleans(value):
    try:
        leaves = jax.tree.leaves(value)
        return all(jnp.result_type(leaf) == np.bool_ for leaf in leaves)
    except (TypeError, ValueError):
        return False


def _is_named(value):
    if isinstance(value, Mapping):
        return all(isinstance(name, str) and _is_named(part) for name, part in value.items())
    return is_tree(value)


def _is_real_tree(value):
    try:
        return all(map(is_real_array, jax.tree.leaves(value)))
    except (TypeError, ValueError):  # names that cannot be sorted
        return False


def _is_float_tree(value):
    return is_tree(value) and all(
        hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, np.inexact)
        for leaf in jax.tree.leaves(value)
    )


def _has_arrays(value):
    try:
        leaves = jax.tree.leaves(value)
    except (TypeError, ValueError):
        return False
    return not leaves or any(hasattr(leaf, "dtype") for leaf in leaves)


def _is_dtype(value):
    try:
        return value is not None and jnp.issubdtype(jnp.dtype(value), np.number)
    except (TypeError, ValueError):
        return False


def _fits_an_array(value):
    bits = jnp.iinfo(jnp.result_type(int)).bits
    return isinstance(value, int) and -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)


def _known(words: str, holds: Callable[[Any], bool]) -> Kind:
    """Of an interval of finite numbers."""

    def finite(value):
        return is_real(value) and math.isfinite(value) and holds(value)

    return Kind(words, finite, interval=True)


def _whole(least: int) -> Kind:
    words = f"a whole number of at least {least}"
    return Kind(words, lambda value: is_whole(value) and value >= least, interval=True)


Whole = Annotated[int, _whole(0)]
Count = Annotated[int, _whole(1)]
Finite = Annotated[float, _known("a finite number", lambda v: True)]
Positive = Annotated[float, _known("a positive, finite number", lambda v: v > 0)]
NotNegative = Annotated[float, _known("a finite number of at least 0", lambda v: v >= 0)]
Share = Annotated[float, _known("a number between 0 and 1", lambda v: 0 <= v <= 1)]
Level = Annotated[float, _known("a number strictly between 0 and 1", lambda v: 0 < v < 1)]

Number = Annotated[
    jax.typing.ArrayLike, Kind("a number", is_scalar, label="Number", traced=True)
]  # perhaps traced
Reals = Annotated[Any, Kind("an array of real numbers", is_real_array, label="ArrayLike")]
Samples = Annotated[
    Any,
    Kind(
        "an array [..., n] of real numbers, none of its axes empty", _is_samples, label="ArrayLike"
    ),
]
Tree = Annotated[Any, Kind("a tree of arrays", is_tree, label="PyTree")]
Inputs = Annotated[Any, Kind("a tree of arrays of real numbers", _is_real_tree, label="PyTree")]
FloatTree = Annotated[
    Any, Kind("a tree of arrays of floating-point numbers", _is_float_tree, label="PyTree")
]
Named = Annotated[
    Mapping[str, Any],
    Kind("arrays by name, in nested mappings", lambda v: isinstance(v, Mapping) and _is_named(v)),
]
Module = Annotated[  # arrays beside functions and such
    Any, Kind("a tree with arrays in it", _has_arrays, label="PyTree")
]
Key = Annotated[Any, Kind("a key of random numbers", is_key, label="PRNGKey")]
KeyOrSeed = Annotated[
    Any,
    Kind(
        "a key of random numbers or a whole number",
        lambda v: is_key(v) or _is_seed(v),
        label="PRNGKey | int",
    ),
]
DType = Annotated[Any, Kind("a dtype of numbers", _is_dtype, label="DTypeLike")]
Mask = Annotated[
    Any,
    Kind(
        "a tree of booleans, or a function that makes one of the parameters",
        lambda value: is_function(value) or _are_booleans(value),
        label="Mask",
    ),
]
