"""Skipping updates that are not finite."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common import counter
from lab.optimizers.common.moments import zeros_as
from lab.optimizers.common.numbers import TracedWhole
from lab.optimizers.common.transformation import gradient_transformation, wrapped


class ApplyIfFiniteState(NamedTuple):
    """The rule's state, and what has been skipped."""

    notfinite_count: jax.Array  # int32 []: bad gradients in a row
    last_finite: jax.Array  # bool []: whether the last gradient was finite
    total_notfinite: jax.Array  # int32 []: bad gradients altogether
    inner_state: Any


@gradient_transformation
def apply_if_finite(
    inner: optax.GradientTransformation, max_consecutive_errors: TracedWhole
) -> optax.GradientTransformationExtraArgs:
    """Skip the rule, its state included, where a gradient or the loss is infinite or no number.

    Against a rare bad batch. After `max_consecutive_errors` bad gradients in a row the next is
    let through, so that a training that has diverged shows it.

    Args:
      inner: The rule.
      max_consecutive_errors: How many in a row are skipped.

    Returns:
      The transformation; `optax.tree.get(state, "total_notfinite")` counts bad gradients.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.apply_if_finite(optimizers.sgd(0.5), 1)
      >>> state = rule.init(jnp.zeros(2))
      >>> for _ in range(2):
      ...     updates, state = rule.update(jnp.array([1.0, jnp.nan]), state)
      ...     print(updates)
      [0. 0.]
      [-0.5  nan]
    """
    rule = wrapped(inner)

    def init(params):
        return ApplyIfFiniteState(
            counter.zero(), jnp.asarray(True), counter.zero(), rule.init(params)
        )

    def update(updates, state, params=None, **extra):
        finite = jnp.asarray(True)
        for u in jax.tree.leaves(updates):
            finite = finite & jnp.all(jnp.isfinite(u))
        if extra.get("value") is not None:
            finite = finite & jnp.all(jnp.isfinite(extra["value"]))
        bad = jnp.where(finite, 0, counter.safe_increment(state.notfinite_count))

        # updates are an operand: what a branch closes over loses its sharding
        def go(updates, inner_state):
            return rule.update(updates, inner_state, params, **extra)

        def skip(updates, inner_state):
            moved, _ = jax.eval_shape(go, updates, inner_state)
            return zeros_as(moved, updates), inner_state

        updates, inner_state = jax.lax.cond(
            finite | (bad > max_consecutive_errors), go, skip, updates, state.inner_state
        )
        total = jnp.where(
            finite, state.total_notfinite, counter.safe_increment(state.total_notfinite)
        )
        return updates, ApplyIfFiniteState(bad, finite, total, inner_state)

    return optax.GradientTransformationExtraArgs(init, update)


PARTS = (apply_if_finite,)
