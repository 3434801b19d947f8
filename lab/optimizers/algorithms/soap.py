"""SOAP: Adam in Shampoo's axes."""

import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common.numbers import Decay, NonNegative, NonNegativeOrSchedule
from lab.optimizers.common.scheduled import at
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.optimizers.transforms.scale_by_soap import scale_by_soap
from lab.spaces import Float
from lab.validation.kinds import Count, Mask, Whole


@gradient_transformation
def soap(
    learning_rate: optax.ScalarOrSchedule = 3e-3,
    b1: Decay = 0.95,
    b2: Decay = 0.95,
    eps: NonNegative = 1e-8,
    weight_decay: NonNegativeOrSchedule = 0.01,
    mask: Mask = None,
    update_interval: Count = 10,
    max_size: Whole = 1024,
) -> optax.GradientTransformationExtraArgs:
    """SOAP (Shampoo with Adam in the preconditioner's eigenbasis).

        G′ = Q_Lᵀ G Q_R;    M ← (1 − β₁) G + β₁ M,  M′ = Q_Lᵀ M Q_R;    V ← (1 − β₂) G′² + β₂ V
        W ← W − η (Q_L (M̂′ / (√V̂ + ε)) Q_Rᵀ + λ W)
        L ← (1 − β₂) G Gᵀ + β₂ L,    R ← (1 − β₂) Gᵀ G + β₂ R
        Q_L ← qr(L Q_L),    Q_R ← qr(R Q_R)             (every k-th update; before, the columns
                                  of Q and the axes of V are sorted by diag(Qᵀ L Q), falling)

    Adam after a change of axes to those in which Shampoo's preconditioner is diagonal. Tunes as
    easily as Adam, and often needs fewer updates. The first gradient takes no step, nor do weights
    decay: it gives the first L, R and their eigenvectors. Axes are treated alike in arrays of any
    rank (biases too, with which its authors' code does so if asked to).

    Two choices are AdamW's, and differ in its authors' code: V is corrected before ε is added
    to its root, and weights decay from where the step starts, not from where it ends: theirs is
    this with η (1 − η λ) and λ / (1 − η λ).

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the mean.
      b2: β₂, memory of mean squares, L and R.
      eps: ε, outside the root.
      weight_decay: λ, decoupled; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.
      update_interval: k.
      max_size: Axes longer than this are not turned; 10000 in its authors' code.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: M, V, and two n × n
      matrices per axis of n entries.

    References:
      Vyas et al., SOAP: improving and stabilizing Shampoo using Adam, 2024, algorithm 3; the start
      as in its implementation.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.soap(learning_rate=0.1, weight_decay=0.0)
      >>> gradient = jnp.diag(jnp.array([4.0, -0.5]))
      >>> state = rule.init(gradient)
      >>> for _ in range(2):
      ...     updates, state = rule.update(gradient, state, gradient)
      >>> print(jnp.diagonal(updates).round(3))
      [-0.1  0.1]
    """

    def decay(count):
        return jnp.where(count == 0, 0.0, at(weight_decay, count))

    return optax.chain(
        scale_by_soap(b1, b2, eps, update_interval, max_size),
        add_decayed_weights(decay, mask),
        scale_by_learning_rate(learning_rate),
    )


ENTRIES = (
    OptimizerEntry(
        name="soap",
        by_hand=soap,
        via_optax=None,
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Vyas et al. 2024, algorithm 3",
        state_slots=2,
        rule="W ← W − η Q_L (M̂′ / √V̂) Q_Rᵀ: Adam on Q_Lᵀ G Q_R, Q eigenvectors of Σ G Gᵀ, Σ Gᵀ G",
    ),
)
