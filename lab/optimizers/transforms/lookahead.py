"""Lookahead: k steps forward, one step back."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.optimizers.common import counter
from lab.optimizers.common.numbers import Share, TracedCount, cast_like, like, promote
from lab.optimizers.common.parameter_checks import require_params
from lab.optimizers.common.transformation import gradient_transformation, widened, wrapped


class LookaheadState(NamedTuple):
    """The fast rule's state and the slow weights."""

    fast_state: Any
    steps_since_sync: jax.Array  # int32 []
    slow: Any  # φ: the slow weights, shaped as the parameters


@gradient_transformation
def lookahead(
    fast_optimizer: optax.GradientTransformation,
    sync_period: TracedCount,
    slow_step_size: Share,
    reset_state: bool = False,
) -> optax.GradientTransformationExtraArgs:
    """Every k steps, go back to a point between where those steps began and where they ended.

        w ← fast step from w
        every k steps:   φ ← φ + α (w − φ),   w ← φ

    Less variance at hardly any cost; α = 1 is the fast rule. The parameters that are trained are
    the fast ones, and the slow ones, which are for evaluation, are kept in the state:
    `optax.tree.get(state, "slow")`. So it goes where any other rule goes, while optax's needs
    parameters wrapped in a pair `LookaheadParams(fast, slow)`; the trajectories are the same.

    Args:
      fast_optimizer: The rule of the inner loop.
      sync_period: k ≥ 1; 5 or 10 in the paper.
      slow_step_size: α between 0 and 1; 0.5 or 0.8 in the paper.
      reset_state: Whether the fast rule forgets its state every k steps.

    Returns:
      The transformation, the last of a chain; `update` needs the parameters. Memory: φ, beyond
      that of the fast rule.

    Raises:
      InputError: If a static k is below 1.

    References:
      Zhang et al., Lookahead optimizer: k steps forward, 1 step back, 2019, algorithm 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.lookahead(optimizers.sgd(1.0), sync_period=2, slow_step_size=0.5)
      >>> params = jnp.array([8.0])
      >>> state = rule.init(params)
      >>> for _ in range(2):
      ...     updates, state = rule.update(jnp.array([1.0]), state, params)
      ...     params = params + updates
      ...     print(params)
      [7.]
      [7.]
    """
    fast = wrapped(fast_optimizer)

    def init(params):
        slow = widened(params)
        return LookaheadState(fast.init(params), counter.zero(), slow)

    def update(updates, state, params=None, **extra):
        params = require_params(params, "lookahead")
        updates, fast_state = fast.update(updates, state.fast_state, params, **extra)
        steps = counter.safe_increment(state.steps_since_sync)
        now = steps >= sync_period

        def ahead(w, u, slow):  # w − φ after the fast step
            w, u = promote(w, u)
            w, slow = promote(w + u, slow)
            return w - slow

        gap = jax.tree.map(ahead, params, updates, state.slow)

        def back(u, d):
            u, d = promote(u, d)
            return jnp.where(now, u - like(1 - slow_step_size, d) * d, u)

        def forward(slow, d):
            slow, d = promote(slow, d)
            return jnp.where(now, slow + like(slow_step_size, d) * d, slow)

        moved = jax.tree.map(back, updates, gap)
        slow = cast_like(jax.tree.map(forward, state.slow, gap), state.slow)
        if reset_state:
            fresh = fast.init(params)
            fast_state = jax.tree.map(lambda s, f: jnp.where(now, f, s), fast_state, fresh)
        return moved, LookaheadState(fast_state, jnp.where(now, 0, steps), slow)

    return optax.GradientTransformationExtraArgs(init, update)


PARTS = (lookahead,)
