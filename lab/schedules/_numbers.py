"""The numbers of schedules: what counts as one, checks of those known beforehand, one dtype."""

import math
from collections.abc import Callable
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np

from lab.validation.errors import require
from lab.validation.kinds import Kind, is_real, is_scalar


def _is_number(value: Any) -> bool:
    """Also a whole number that no integer of JAX's holds: lengths become floats in the end."""
    known = isinstance(value, int | float | np.integer | np.floating)
    return is_real(value) if known else is_scalar(value)


Number = Annotated[
    jax.typing.ArrayLike, Kind("a number", _is_number, label="Number")
]  # perhaps traced


def is_static(number: Any) -> bool:
    """Whether a number is known before compilation, so that it can be checked."""
    return isinstance(number, int | float | np.number | np.ndarray)


def known(number: Any) -> Any:
    """A static number as Python's own, whose whole numbers have no end."""
    return np.asarray(number).item() if isinstance(number, np.number | np.ndarray) else number


def floats(*numbers: Number) -> list[jax.Array]:
    """All numbers in one floating dtype: the widest given, float32 at least.

    Counts are integers and rates may be of any width; converting them here keeps schedules out
    of implicit promotion, and counts out of bfloat16, which has no 257.
    """
    numbers = tuple(float(x) if isinstance(x, int | np.integer) else x for x in numbers)
    given = [jax.typeof(x) for x in numbers]
    strong = [a.dtype for a in given if not a.weak_type and jnp.issubdtype(a.dtype, jnp.floating)]
    dtype = np.result_type(np.float32, *strong) if strong else jnp.result_type(float)
    return [jnp.asarray(x).astype(dtype) for x in numbers]


CONDITIONS: dict[str, Callable[[float], bool]] = {
    "positive": lambda x: x > 0,
    "non-negative": lambda x: x >= 0,
    "at least 1": lambda x: x >= 1,
    "between 0 and 1": lambda x: 0 <= x <= 1,
}


def check(condition: str, **numbers: Number) -> None:
    """Refuse static numbers that are infinite, or do not meet one of the `CONDITIONS`.

    Raises:
      InputError: If one is not.
    """
    for name, x in numbers.items():
        if is_static(x):
            require(CONDITIONS[condition](known(x)), f"{name} must be {condition}, given {x}.")
            require(math.isfinite(known(x)), f"{name} must be finite, given {x}.")
