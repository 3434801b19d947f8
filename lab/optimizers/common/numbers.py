"""The numbers of a rule: what they may be, and how they meet arrays.

Any of them may be traced; the ranges are of those that are known beforehand. A whole number is a
number: it becomes a float, as nothing here counts with one.

Python floats are weakly typed and take the dtype of the array beside them; a traced float32
would instead pull other dtypes to its own. `like` makes both behave the same, also under strict
dtype promotion.
"""

from collections.abc import Callable
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from lab.validation.errors import require
from lab.validation.kinds import Kind, is_function, is_real, is_scalar

_KNOWN = (int, float, np.generic)  # made once: checks are called in loops


def _known(value: Any) -> bool:
    return isinstance(value, _KNOWN)


def _floating(value: Any) -> Any:
    if isinstance(value, int | np.integer):
        return float(value)
    if _known(value) or jnp.issubdtype(value.dtype, jnp.floating):
        return value
    return jnp.asarray(value, jnp.result_type(float))


def _number(words: str, label: str, holds: Callable[[Any], bool] = lambda value: True) -> Kind:
    def number(value):
        return is_scalar(value) and (not _known(value) or (is_real(value) and holds(value)))

    return Kind(words, number, label=label, convert=_floating, traced=True)


def _whole(value: Any) -> bool:
    if not is_scalar(value):
        return False
    return not _known(value) or (is_real(value) and np.isfinite(value) and value == round(value))


def _counting(value: Any) -> Any:
    return int(value) if _known(value) else jnp.asarray(value, jnp.int32)


def _traced_count(least: int, label: str) -> Kind:
    return Kind(
        f"a whole number of at least {least}" if least >= 0 else "a whole number",
        lambda value: _whole(value) and (not _known(value) or value >= least),
        label=label,
        convert=_counting,
        traced=True,
    )


Scalar = float | np.number | jax.Array  # to a type checker
Number = Annotated[Scalar, _number("a number", "Number")]
_NON_NEGATIVE = _number("a number of at least 0", "NonNegative", lambda v: v >= 0)
_DECAY = _number("a number of at least 0 and below 1", "Decay", lambda v: 0 <= v < 1)
NonNegative = Annotated[Scalar, _NON_NEGATIVE]
Positive = Annotated[Scalar, _number("a positive number", "Positive", lambda v: v > 0)]
Share = Annotated[Scalar, _number("a number between 0 and 1", "Share", lambda v: 0 <= v <= 1)]
Decay = Annotated[Scalar, _DECAY]
OpenShare = Annotated[
    Scalar, _number("a number strictly between 0 and 1", "OpenShare", lambda v: 0 < v < 1)
]
TracedInteger = Annotated[Scalar, _traced_count(-(2**31), "TracedInteger")]
TracedWhole = Annotated[Scalar, _traced_count(0, "TracedWhole")]  # of updates, say
TracedCount = Annotated[Scalar, _traced_count(1, "TracedCount")]


def _or_schedule(kind: Kind) -> Kind:
    return Kind(
        f"{kind.words} or a schedule",
        lambda value: is_function(value) or kind.holds(value),
        label="ScalarOrSchedule",
        convert=lambda value: value if is_function(value) else _floating(value),
        traced=True,
    )


NonNegativeOrSchedule = Annotated[optax.ScalarOrSchedule, _or_schedule(_NON_NEGATIVE)]
DecayOrSchedule = Annotated[optax.ScalarOrSchedule, _or_schedule(_DECAY)]
ProbabilityOrSchedule = Annotated[
    optax.ScalarOrSchedule,
    _or_schedule(_number("a number above 0 and at most 1", "", lambda v: 0 < v <= 1)),
]


def _is_floating_dtype(value: Any) -> bool:
    try:
        return value is None or jnp.issubdtype(jnp.dtype(value), jnp.inexact)
    except (TypeError, ValueError):
        return False


FloatDType = Annotated[
    Any, Kind("a floating-point dtype or None", _is_floating_dtype, label="DTypeLike | None")
]


def like(number: Number, array: jax.Array) -> Number:
    """`number`, ready to meet `array`: weakly typed as it is, otherwise cast to its dtype."""
    return number if jax.typeof(number).weak_type else jnp.asarray(number, jnp.result_type(array))


def promote(x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Both in their common dtype, said out loud (they differ where a state has its own)."""
    x, y = jnp.asarray(x), jnp.asarray(y)
    # NumPy's table, because jax.numpy's refuses to answer under strict promotion
    dtype = np.promote_types(x.dtype, y.dtype)
    return _cast(x, dtype), _cast(y, dtype)


def wide_dtype(x: Any) -> Any:
    """The dtype of `x`, or float32 where that has fewer than 32 bits."""
    dtype = jnp.result_type(x)
    narrow = jnp.issubdtype(dtype, jnp.floating) and jnp.finfo(dtype).bits < 32
    return jnp.dtype(jnp.float32) if narrow else dtype


def cast_like(tree: Any, reference: Any) -> Any:
    """`tree` in the dtypes of `reference`, so that a state keeps its own from step to step."""
    return jax.tree.map(lambda x, r: _cast(x, r.dtype), tree, reference)


def _cast(x: jax.Array, dtype: Any) -> jax.Array:
    require(
        not jnp.iscomplexobj(x) or jnp.issubdtype(dtype, jnp.complexfloating),
        f"a state of {dtype} would lose the imaginary part of complex parameters: give a complex "
        "dtype, or none.",
    )
    return x if x.dtype == dtype else x.astype(dtype)
