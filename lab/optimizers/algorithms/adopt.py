"""ADOPT: Adam whose root of squares does not yet know the gradient it divides."""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
import optax.contrib

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.adam import ScaleByAdamState
from lab.optimizers.common import counter
from lab.optimizers.common.moments import moment_like, squared, squares_like, update_moment
from lab.optimizers.common.numbers import Decay, FloatDType, NonNegative, cast_like, like, promote
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.clip_by_value import clipped
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float


def _fourth_root(count: jax.Array) -> jax.Array:
    return jnp.asarray(count, jnp.result_type(float)) ** 0.25


@gradient_transformation
def scale_by_adopt(
    b1: Decay = 0.9,
    b2: Decay = 0.9999,
    eps: NonNegative = 1e-6,
    mu_dtype: FloatDType = None,
    *,
    nesterov: bool = False,
    use_clipping: bool = True,
    clip_value_fn: Callable[[jax.Array], jax.Array] = _fourth_root,
) -> optax.GradientTransformation:
    """Replace gradients by ADOPT's direction: see `adopt`."""

    def init(params):
        return ScaleByAdamState(counter.zero(), moment_like(params, mu_dtype), squares_like(params))

    def update(updates, state, params=None):  # Taniguchi et al., algorithm 2
        del params
        t, bound = state.count, clip_value_fn(state.count)

        def normalized(g, v):  # by v of the previous step
            root = jnp.sqrt(v)
            g, root = promote(g, jnp.maximum(root, like(eps, root)))
            return clipped(g / root, bound) if use_clipping else g / root

        n = jax.tree.map(normalized, updates, state.nu)
        b1_t, b2_t = jnp.where(t > 0, b1, 1.0), jnp.where(t > 0, b2, 0.0)  # at first only v starts
        mu = update_moment(b1_t, n, state.mu)
        nu = update_moment(b2_t, squared(updates), state.nu)
        new = ScaleByAdamState(counter.safe_increment(t), mu, nu)
        return update_moment(b1_t, n, mu) if nesterov else mu, cast_like(new, state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def adopt(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.9,
    b2: Decay = 0.9999,
    eps: NonNegative = 1e-6,
    mu_dtype: FloatDType = None,
    *,
    nesterov: bool = False,
    use_clipping: bool = True,
    clip_value_fn: Callable[[jax.Array], jax.Array] = _fourth_root,
) -> optax.GradientTransformationExtraArgs:
    """ADOPT: divide first, by the root of the squares before this gradient, and average after.

        v₀ = g₀²  (and no step),  then for t = 1, 2, …
        m ← (1 − β₁) clip(g / max(√v, ε), ±t^¼) + β₁ m
        v ← (1 − β₂) g² + β₂ v
        w ← w − η m

    In Adam the gradient is divided by a root that contains it, which biases the step and lets Adam
    fail where β₂ is not close enough to 1. Here the two are independent, and any β₂ converges.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the mean.
      b2: β₂, memory of the mean square.
      eps: ε, a floor under the root.
      mu_dtype: The dtype of m; None for the parameters', of 32 bits at least.
      nesterov: Whether the step looks ahead: m̃ = (1 − β₁) clip(…) + β₁ m.
      use_clipping: Whether normalized gradients are clipped, for the sake of the first few.
      clip_value_fn: From t to the bound.

    Returns:
      The transformation. Memory: m and v.

    References:
      Taniguchi et al., ADOPT: modified Adam can converge with any β₂ with the optimal rate, 2024,
      algorithm 2; clipping as in its implementation.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule, gradient = optimizers.adopt(learning_rate=0.1), jnp.array([4.0, -0.01])
      >>> state = rule.init(gradient)
      >>> for _ in range(2):
      ...     updates, state = rule.update(gradient, state)
      >>> print(updates.round(3))
      [-0.01  0.01]
    """
    direction = scale_by_adopt(
        b1, b2, eps, mu_dtype,
        nesterov=nesterov, use_clipping=use_clipping, clip_value_fn=clip_value_fn,
    )  # fmt: skip
    return optax.chain(direction, scale_by_learning_rate(learning_rate))


PARTS = (scale_by_adopt,)
ENTRIES = (
    OptimizerEntry(
        name="adopt",
        by_hand=adopt,
        # the same function object, so that the two have equal defaults
        via_optax=functools.partial(optax.contrib.adopt, clip_value_fn=_fourth_root),
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Taniguchi et al. 2024, algorithm 2",
        state_slots=2,
        padding_safe=True,
        rule="m ← (1 − β₁) clip(g / max(√v, ε)) + β₁ m;  v ← (1 − β₂) g² + β₂ v;  w ← w − η m",
    ),
)
