"""QHAdam: Adam whose two moments are mixed with the gradient of the moment."""

import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.adam import ScaleByAdamState
from lab.optimizers.common import counter
from lab.optimizers.common.mean_over_root import over_root
from lab.optimizers.common.moments import (
    bias_corrected,
    squared,
    squares_like,
    update_moment,
    zeros_like,
)
from lab.optimizers.common.numbers import (
    Decay,
    NonNegative,
    NonNegativeOrSchedule,
    Share,
    cast_like,
)
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.kinds import Mask


@gradient_transformation
def scale_by_qhadam(
    b1: Decay = 0.995,
    b2: Decay = 0.999,
    nu1: Share = 0.7,
    nu2: Share = 1.0,
    eps: NonNegative = 1e-8,
) -> optax.GradientTransformation:
    """Replace gradients by QHAdam's direction: see `qhadam`."""

    def init(params):
        return ScaleByAdamState(counter.zero(), zeros_like(params), squares_like(params))

    def update(updates, state, params=None):  # Ma & Yarats, QHAdam
        del params
        t = counter.safe_increment(state.count)
        mu = update_moment(b1, updates, state.mu)
        nu = update_moment(b2, squared(updates), state.nu)
        mean = update_moment(nu1, updates, bias_corrected(mu, b1, t))
        square = update_moment(nu2, squared(updates), bias_corrected(nu, b2, t))
        return over_root(mean, square, eps), cast_like(ScaleByAdamState(t, mu, nu), state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def qhadam(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.995,
    b2: Decay = 0.999,
    nu1: Share = 0.7,
    nu2: Share = 1.0,
    eps: NonNegative = 1e-8,
    weight_decay: NonNegativeOrSchedule = 0.0,
    mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """QHAdam: a long memory in the mean, and a step that still hears the newest gradient.

        m ← (1 − β₁) g  + β₁ m,    m̂ = m / (1 − β₁ᵗ)
        v ← (1 − β₂) g² + β₂ v,    v̂ = v / (1 − β₂ᵗ)
        w ← w − η (((1 − ν₁) g + ν₁ m̂) / (√((1 − ν₂) g² + ν₂ v̂) + ε) + λ w)

    ν₁ = ν₂ = 1 is Adam (what the authors' package does by default), ν₁ = β₁ nearly NAdam,
    ν₁ = 0 RMSprop. The defaults here are those the authors recommend in place of Adam's. ν₂ below
    1 bounds a step where β₂ would let one large gradient through. The decay is AdamW's, their
    `QHAdamW`; for a penalty added to g put `add_decayed_weights` before the rule.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the mean.
      b2: β₂, memory of the mean square.
      nu1: ν₁, weight of the mean in the numerator.
      nu2: ν₂, weight of the mean square in the denominator.
      eps: ε, outside the root.
      weight_decay: λ, decoupled; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.

    Returns:
      The transformation; `update` needs the parameters unless λ is a plain 0. Memory: m and v.

    References:
      Ma & Yarats, Quasi-hyperbolic momentum and Adam for deep learning, 2019.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.qhadam(learning_rate=0.1)
      >>> gradient = jnp.array([4.0, -0.01])
      >>> updates, state = rule.update(gradient, rule.init(gradient))
      >>> print(updates.round(3))
      [-0.1  0.1]
    """
    return optax.chain(
        scale_by_qhadam(b1, b2, nu1, nu2, eps),
        add_decayed_weights(weight_decay, mask),
        scale_by_learning_rate(learning_rate),
    )


PARTS = (scale_by_qhadam,)
ENTRIES = (
    OptimizerEntry(
        name="qhadam",
        by_hand=qhadam,
        via_optax=None,
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Ma & Yarats 2019, QHAdam",
        state_slots=2,
        padding_safe=True,
        rule="w ← w − η ((1 − ν₁) g + ν₁ m̂) / (√((1 − ν₂) g² + ν₂ v̂) + ε), m̂ and v̂ as in Adam",
    ),
)
