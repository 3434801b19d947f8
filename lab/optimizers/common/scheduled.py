"""Numbers that may be schedules."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common import counter
from lab.optimizers.common.numbers import Number
from lab.validation.errors import require


def at(value: Number | Callable[[jax.Array], Any], count: jax.Array) -> Any:
    """`value(count)` of a schedule, `value` of a number."""
    return value(count) if callable(value) else value


class ScheduleState(NamedTuple):
    """What a schedule is evaluated at."""

    count: jax.Array  # int32 []: updates taken so far


def with_number(
    apply: Callable[[Any, Any, Any], Any],
    number: optax.ScalarOrSchedule,
    state_type: Callable[[jax.Array], Any] = ScheduleState,
) -> optax.GradientTransformation:
    """Replace updates by apply(updates, params, number); a schedule's updates are counted.

    Args:
      apply: `(updates, params, number) -> updates`.
      number: A number, for which the state is empty, or a schedule.
      state_type: Of the state with a schedule, made of its count.
    """
    if not callable(number):
        return optax.stateless(lambda updates, params: apply(updates, params, number))

    def init(params):
        del params
        return state_type(counter.zero())

    def update(updates, state, params=None):
        count = counter.safe_increment(state.count)
        return apply(updates, params, number(state.count)), state_type(count)

    return optax.GradientTransformation(init, update)


def warmed_up(peak: Any, steps: Any) -> Any:
    """`peak` · min(1, (t + 1) / steps) at t = 0, 1, …: the first update takes a step already."""
    require(not callable(peak), "warmup_steps needs a number as the learning_rate, not a schedule.")

    def schedule(count):
        dtype = jnp.result_type(float)
        t = jnp.maximum(jnp.asarray(count, dtype), 0)
        share = jnp.minimum((t + 1) / jnp.maximum(jnp.asarray(steps, dtype), 1), 1)
        return jnp.asarray(peak, dtype) * share

    return schedule
