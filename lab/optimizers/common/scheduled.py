"""Numbers that may be schedules."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from lab.optimizers.common.numbers import Number
from lab.validation.errors import require


def at(value: Number | Callable[[jax.Array], Any], count: jax.Array) -> Any:
    """`value(count)` of a schedule, `value` of a number."""
    return value(count) if callable(value) else value


def warmed_up(peak: Any, steps: Any) -> Any:
    """`peak` · min(1, (t + 1) / steps) at t = 0, 1, …: the first update takes a step already."""
    require(not callable(peak), "warmup_steps needs a number as the learning_rate, not a schedule.")

    def schedule(count):
        dtype = jnp.result_type(float)
        t = jnp.maximum(jnp.asarray(count, dtype), 0)
        share = jnp.minimum((t + 1) / jnp.maximum(jnp.asarray(steps, dtype), 1), 1)
        return jnp.asarray(peak, dtype) * share

    return schedule
