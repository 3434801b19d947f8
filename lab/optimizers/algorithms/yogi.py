"""Yogi: Adam whose root mean square grows by steps of bounded size."""

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.adam import ScaleByAdamState
from lab.optimizers.common import counter
from lab.optimizers.common.mean_over_root import over_root
from lab.optimizers.common.moments import bias_corrected, squared, squares_like, update_moment
from lab.optimizers.common.numbers import Decay, NonNegative, cast_like, like, promote, wide_dtype
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float


@gradient_transformation
def scale_by_yogi(
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-3,
    eps_root: NonNegative = 0.0,
    initial_accumulator_value: NonNegative = 1e-6,
) -> optax.GradientTransformation:
    """Replace gradients by Yogi's direction m̂ / (√v̂ + ε): see `yogi`.

    `initial_accumulator_value` is where both moments begin.
    """

    def towards(g2, v):  # v − (1 − β₂) sign(v − g²) g²
        g2, v = promote(g2, v)
        return v - like(1 - b2, v) * jnp.sign(v - g2) * g2

    def init(params):
        def full(p):
            return jnp.full_like(p, initial_accumulator_value, dtype=wide_dtype(p))

        nu = squares_like(params, initial_accumulator_value)
        return ScaleByAdamState(counter.zero(), jax.tree.map(full, params), nu)

    def update(updates, state, params=None):  # Zaheer et al., algorithm 2
        del params
        t = counter.safe_increment(state.count)
        mu = update_moment(b1, updates, state.mu)  # m_t
        nu = jax.tree.map(towards, squared(updates), state.nu)  # v_t
        direction = over_root(bias_corrected(mu, b1, t), bias_corrected(nu, b2, t), eps, eps_root)
        return direction, cast_like(ScaleByAdamState(t, mu, nu), state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def yogi(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-3,
) -> optax.GradientTransformationExtraArgs:
    """Yogi: Adam that forgets large gradients additively instead of exponentially.

        m ← (1 − β₁) g + β₁ m,                  m̂ = m / (1 − β₁ᵗ)
        v ← v − (1 − β₂) sign(v − g²) g²,       v̂ = v / (1 − β₂ᵗ)
        w ← w − η m̂ / (√v̂ + ε)

    A run of small gradients lowers v by no more than their own size, so the rate does not soar
    after a rare large one: for sparse gradients, and where Adam's rate grows too fast. The large
    ε damps coordinates whose gradients are below 1e-3. Both moments begin at 1e-6 and are
    corrected for a start at zero, as in the authors' code; the paper corrects nothing.

    Args:
      learning_rate: η; a number or a schedule. The paper's is 0.01.
      b1: β₁, memory of the mean.
      b2: β₂; 1 − β₂ is the gain of v.
      eps: ε, outside the root.

    Returns:
      The transformation. Memory: m and v.

    References:
      Zaheer et al., Adaptive methods for nonconvex optimization, 2018, algorithm 2.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.yogi(learning_rate=0.1)
      >>> gradient = jnp.array([4.0, -2.0])
      >>> updates, state = rule.update(gradient, rule.init(gradient))
      >>> print(updates.round(3))
      [-0.1  0.1]
    """
    return optax.chain(scale_by_yogi(b1, b2, eps), scale_by_learning_rate(learning_rate))


PARTS = (scale_by_yogi,)
ENTRIES = (
    OptimizerEntry(
        name="yogi",
        by_hand=yogi,
        via_optax=optax.yogi,
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Zaheer et al. 2018, algorithm 2",
        state_slots=2,
        rule="v ← v − (1 − β₂) sign(v − g²) g²;  w ← w − η m̂ / (√v̂ + ε), m as in Adam",
    ),
)
