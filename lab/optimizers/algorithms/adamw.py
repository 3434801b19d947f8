"""AdamW: Adam with decoupled weight decay."""

import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.adam import scale_by_adam
from lab.optimizers.common.numbers import Decay, FloatDType, NonNegative, NonNegativeOrSchedule
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.kinds import Mask


@gradient_transformation
def adamw(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-8,
    eps_root: NonNegative = 0.0,
    mu_dtype: FloatDType = None,
    weight_decay: NonNegativeOrSchedule = 1e-4,
    mask: Mask = None,
    *,
    nesterov: bool = False,
) -> optax.GradientTransformationExtraArgs:
    """AdamW: Adam whose weights shrink by a rate of their own.

        m ← (1 − β₁) g  + β₁ m,    m̂ = m / (1 − β₁ᵗ)
        v ← (1 − β₂) g² + β₂ v,    v̂ = v / (1 − β₂ᵗ)
        w ← w − η (m̂ / (√(v̂ + ε̄) + ε) + λ w)

    The decay bypasses the division by √v̂, so that all weights shrink alike; an L2 penalty inside
    Adam shrinks least those with the largest gradients. The default where generalization matters.
    The decay is multiplied by the learning rate, its schedule included: at a constant η weights
    fade over 1 / (η λ) updates. PyTorch's default λ is 0.01, Keras's 0.004.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the mean.
      b2: β₂, memory of the mean square.
      eps: ε, outside the root.
      eps_root: ε̄, inside the root.
      mu_dtype: The dtype of m; None for that of the parameters (float32 for float16).
      weight_decay: λ; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.
      nesterov: Whether m̂ looks one step ahead: see `nadam`.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: m and v.

    References:
      Loshchilov & Hutter, Decoupled weight decay regularization, 2019, algorithm 2.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.adamw(learning_rate=0.1, weight_decay=0.5)
      >>> params = jnp.array([1.0, -2.0])
      >>> updates, state = rule.update(jnp.zeros(2), rule.init(params), params)
      >>> print(updates.round(3))
      [-0.05  0.1 ]
    """
    return optax.chain(
        scale_by_adam(b1, b2, eps, eps_root, mu_dtype, nesterov=nesterov),
        add_decayed_weights(weight_decay, mask),
        scale_by_learning_rate(learning_rate),
    )


ENTRIES = (
    OptimizerEntry(
        name="adamw",
        by_hand=adamw,
        via_optax=optax.adamw,
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Loshchilov & Hutter 2019, algorithm 2",
        state_slots=2,
        padding_safe=True,
        rule="w ← w − η (m̂ / (√v̂ + ε) + λ w), m̂ and v̂ as in Adam",
    ),
)
