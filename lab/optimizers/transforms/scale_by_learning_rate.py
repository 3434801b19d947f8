"""The last link of every rule: minus the learning rate."""

from typing import Any, NamedTuple

import jax
import optax

from lab.optimizers.common.numbers import like
from lab.optimizers.common.scheduled import with_number
from lab.optimizers.common.transformation import gradient_transformation


class ScaleByScheduleState(NamedTuple):
    """What a schedule is evaluated at."""

    count: jax.Array  # int32 []: updates taken so far


@gradient_transformation
def scale_by_learning_rate(
    learning_rate: optax.ScalarOrSchedule | None = None, *, flip_sign: bool = True
) -> optax.GradientTransformation:
    """Multiply updates by −η, so that adding them to the parameters descends.

        u ← −η u   with η = `learning_rate`, or `learning_rate(t)` at the t-th update, t = 0, 1, …

    Args:
      learning_rate: A number (traced or not), a schedule `count -> number`, or None for 1
        (optax leaves updates unchanged for None: not even the sign is flipped).
      flip_sign: False multiplies by +η.

    Returns:
      The transformation; its state counts updates where the rate is a schedule and is empty
      otherwise.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> scale = optimizers.scale_by_learning_rate(lambda t: 0.5 / (1 + t))
      >>> state = scale.init(jnp.ones(2))
      >>> for _ in range(2):
      ...     updates, state = scale.update(jnp.ones(2), state)
      >>> print(updates)
      [-0.25 -0.25]
    """
    sign = -1 if flip_sign else 1

    def scaled(updates: Any, _, rate: Any) -> Any:
        return jax.tree.map(lambda u: like(sign * rate, u) * u, updates)

    rate = 1.0 if learning_rate is None else learning_rate
    return with_number(scaled, rate, ScaleByScheduleState)


PARTS = (scale_by_learning_rate,)
