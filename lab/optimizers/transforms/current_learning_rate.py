"""Reading the learning rate back."""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common.states import named_tuples
from lab.optimizers.transforms.scale_by_learning_rate import ScaleByScheduleState
from lab.validation.checks import checked
from lab.validation.errors import require
from lab.validation.kinds import Tree


@checked
def current_learning_rate(
    state: Tree, learning_rate: optax.ScalarOrSchedule | None = None
) -> jax.Array:
    """The rate that the last update used (before the first: that the first will use).

    Works on the state of a rule alone, in `optax.chain`, `masked`, `partition`, `MultiSteps` and
    other wrappers, traced or not. `reduce_on_plateau`, if it is in there, is multiplied in.

    Args:
      state: The optimizer state.
      learning_rate: The number or schedule that the rule was made with; None if it was made by
        `optax.inject_hyperparams`, whose state has the rate.

    Returns:
      η, a scalar.

    Raises:
      InputError: If the state holds no rate and none is given, or no count for a schedule.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers, schedules
      >>> decay = schedules.exponential_decay(1.0, 1, 0.5)
      >>> rule = optimizers.adam(decay)
      >>> state = rule.init(jnp.zeros(1))
      >>> for _ in range(3):
      ...     _, state = rule.update(jnp.ones(1), state)
      ...     print(optimizers.current_learning_rate(state, decay))
      1.0
      0.5
      0.25
    """
    rate: Any = learning_rate
    if learning_rate is None:
        held = [
            node.hyperparams["learning_rate"]
            for node in named_tuples(state)
            if "learning_rate" in getattr(node, "hyperparams", ())
        ]
        require(
            len(held) > 0,
            "this state holds no learning rate: give the number or schedule that the rule was made "
            "with as learning_rate, or make the rule with optax.inject_hyperparams.",
        )
        rate = held[0]
    elif callable(learning_rate):
        rate = learning_rate(jnp.maximum(_count(state) - 1, 0))
    rate = jnp.asarray(rate)
    for node in named_tuples(state):
        if hasattr(node, "plateau_count"):
            rate = rate * node.scale.astype(rate.dtype)
    return rate


def _count(state: Any) -> jax.Array:
    """How often the schedule was evaluated."""
    nodes = [node for node in named_tuples(state) if "count" in node._fields]
    nodes = [node for node in nodes if "plateau_count" not in node._fields]
    kinds = (ScaleByScheduleState, optax.ScaleByScheduleState)
    nodes = [node for node in nodes if isinstance(node, kinds)] or nodes
    require(len(nodes) > 0, "this state holds no count to evaluate a schedule at.")
    return jnp.max(jnp.stack([node.count for node in nodes]))


PARTS = (current_learning_rate,)
