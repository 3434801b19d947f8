"""Schedules that other processes can be handed."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import jax
import jax.numpy as jnp
import optax

from lab.schedules._time import is_beyond
from lab.validation.checks import checked

Factory = TypeVar("Factory", bound=Callable[..., optax.Schedule])


@dataclass(frozen=True, eq=False)
class Made:
    """A schedule, and how it was made: a closure cannot be pickled, its maker and numbers can."""

    again: Callable[[], optax.Schedule]
    schedule: optax.Schedule

    def __call__(self, count: jax.typing.ArrayLike) -> Any:
        if not is_beyond(count):
            return self.schedule(count)
        with jax.enable_x64(True):  # whose integers hold the count, so that it stays exact
            value = jnp.asarray(self.schedule(count))
        return value.astype(jax.dtypes.canonicalize_dtype(value.dtype))

    def __reduce__(self):
        return self.again, ()


def made(factory: Factory) -> Factory:
    """`factory` with its arguments checked and its schedules fit for pickle."""
    guarded = checked(factory)

    @functools.wraps(guarded)
    def make(*args, **kwargs):
        return Made(functools.partial(make, *args, **kwargs), guarded(*args, **kwargs))

    return cast(Factory, make)
