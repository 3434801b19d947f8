"""Adamax: Adam with the largest gradient in place of the root mean square."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common import counter
from lab.optimizers.common.moments import bias_corrected, squares_like, update_moment, zeros_like
from lab.optimizers.common.numbers import Decay, NonNegative, cast_like, like, promote
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float


class ScaleByAdamaxState(NamedTuple):
    """The mean and the fading maximum."""

    count: jax.Array  # int32 []: t, updates taken so far
    mu: Any  # m: mean gradient, shaped as the parameters
    nu: Any  # u: largest |g|, shaped as the parameters


@gradient_transformation
def scale_by_adamax(
    b1: Decay = 0.9, b2: Decay = 0.999, eps: NonNegative = 1e-8
) -> optax.GradientTransformation:
    """Replace gradients by Adamax's direction m̂ / u: see `adamax`."""

    def largest(g, u):
        size, faded = promote(jnp.abs(g) + like(eps, jnp.abs(g)), like(b2, u) * u)
        return jnp.maximum(size, faded)

    def direction(m, u):
        m, u = promote(m, u)
        return m / u

    def init(params):
        return ScaleByAdamaxState(counter.zero(), zeros_like(params), squares_like(params))

    def update(updates, state, params=None):  # Kingma & Ba, algorithm 2
        del params
        t = counter.safe_increment(state.count)
        mu = update_moment(b1, updates, state.mu)  # m_t
        nu = jax.tree.map(largest, updates, state.nu)  # u_t
        new = ScaleByAdamaxState(t, mu, nu)
        return jax.tree.map(direction, bias_corrected(mu, b1, t), nu), cast_like(new, state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def adamax(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-8,
) -> optax.GradientTransformationExtraArgs:
    """Adamax: momentum, divided by the largest gradient of late.

        m ← (1 − β₁) g + β₁ m,    m̂ = m / (1 − β₁ᵗ)
        u ← max(β₂ u, |g| + ε)
        w ← w − η m̂ / u

    Adam in the limit of the p-th root mean p-th power as p → ∞. Where rare large gradients should
    be remembered rather than averaged away (embeddings, sparse features); u needs no correction
    of its start.

    Args:
      learning_rate: η; a number or a schedule. The paper doubles that of Adam.
      b1: β₁, memory of the mean.
      b2: β₂, how fast the maximum fades.
      eps: ε, which the paper leaves out, against a division by zero.

    Returns:
      The transformation. Memory: m and u.

    References:
      Kingma & Ba, Adam: a method for stochastic optimization, 2015, algorithm 2.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.adamax(learning_rate=0.1)
      >>> gradient = jnp.array([4.0, -0.01])
      >>> updates, state = rule.update(gradient, rule.init(gradient))
      >>> print(updates.round(3))
      [-0.1  0.1]
    """
    return optax.chain(scale_by_adamax(b1, b2, eps), scale_by_learning_rate(learning_rate))


PARTS = (scale_by_adamax,)
ENTRIES = (
    OptimizerEntry(
        name="adamax",
        by_hand=adamax,
        via_optax=optax.adamax,
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Kingma & Ba 2015, algorithm 2",
        state_slots=2,
        padding_safe=True,
        rule="m ← (1 − β₁) g + β₁ m;  u ← max(β₂ u, |g| + ε);  w ← w − η m̂ / u",
    ),
)
