"""Transforms that say where the parameters shall be after the whole step: proximal maps, bounds."""

from collections.abc import Callable
from typing import Any

import jax
import optax

from lab.optimizers.common.numbers import promote
from lab.optimizers.common.parameter_checks import require_params
from lab.optimizers.common.scheduled import with_number


def after_step(
    put: Callable[[jax.Array, Any], jax.Array], learning_rate: optax.ScalarOrSchedule, name: str
) -> optax.GradientTransformation:
    """Turn u into put(w + u, η) − w, leaf by leaf; the last link of a chain: it sees the step.

    Args:
      put: `(point, η) -> point`, where the parameters go from where the step took them.
      learning_rate: η, the number or schedule that the rule before it has.
      name: Of the transform, for the error that parameters are missing.
    """

    def move(u, w, rate):
        ahead = w + u
        # where the target is 0 this is −w, and w + u exactly 0
        return put(ahead, rate).astype(ahead.dtype) - w

    return changed_step(move, learning_rate, name)


def changed_step(
    move: Callable[[jax.Array, jax.Array, Any], jax.Array],
    number: optax.ScalarOrSchedule,
    name: str,
) -> optax.GradientTransformation:
    """Turn u into move(u, w, number), leaf by leaf, where the number may be a schedule."""

    def moved(updates: Any, params: Any, now: Any) -> Any:
        return jax.tree.map(
            lambda u, w: move(*promote(u, w), now), updates, require_params(params, name)
        )

    return with_number(moved, number)
