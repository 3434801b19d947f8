"""SGD with sharpness-aware minimization."""

import optax
import optax.contrib

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.sgd import sgd
from lab.optimizers.common.numbers import NonNegative, NonNegativeOrSchedule, Number
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.normalize import normalize
from lab.optimizers.transforms.sam import sam
from lab.spaces import Float


@gradient_transformation
def sam_sgd(
    learning_rate: optax.ScalarOrSchedule,
    rho: NonNegativeOrSchedule = 0.05,
    momentum: NonNegative | None = 0.9,
) -> optax.GradientTransformationExtraArgs:
    """SAM around SGD: each update climbs ρ, takes the gradient there, and descends from below.

        w̃ = w + ρ g / ‖g‖
        v ← ∇f(w̃) + μ v,    w ← w − η v

    Looks for wide valleys, which often generalize better. Costs two gradients per update: compare
    it with rules that are given twice the updates. See `sam` for other rules inside.

    Args:
      learning_rate: η; a number or a schedule.
      rho: ρ, how far to climb.
      momentum: μ; None keeps no velocity.

    Returns:
      The transformation, whose `update` needs the parameters and `grad_fn(params, i)`, the
      gradient of the loss on this batch elsewhere. Memory: v.

    References:
      Foret et al., Sharpness-aware minimization for efficiently improving generalization, 2021,
      algorithm 1.

    Example:
      >>> import jax, jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.sam_sgd(learning_rate=0.1, rho=0.5)
      >>> params = jnp.array([3.0, -4.0])
      >>> updates, _ = rule.update(params, rule.init(params), params, grad_fn=lambda w, i: w)
      >>> print([f"{u:.2f}" for u in updates])
      ['-0.33', '0.44']
    """
    climb = optax.chain(normalize(), sgd(rho))
    return sam(sgd(learning_rate, momentum), climb, opaque_mode=True)


def _via_optax(
    learning_rate: optax.ScalarOrSchedule,
    rho: optax.ScalarOrSchedule = 0.05,
    momentum: Number | None = 0.9,
) -> optax.GradientTransformationExtraArgs:
    climb = optax.chain(optax.contrib.normalize(), optax.sgd(rho))
    return optax.contrib.sam(optax.sgd(learning_rate, momentum), climb, opaque_mode=True)


ENTRIES = (
    OptimizerEntry(
        name="sam_sgd",
        by_hand=sam_sgd,
        via_optax=_via_optax,
        search_space={"learning_rate": Float(1e-3, 1.0, log=True)},
        reference="Foret et al. 2021, algorithm 1",
        state_slots=1,
        rule="v ← ∇f(w + ρ g / ‖g‖) + μ v;  w ← w − η v",
        needs=frozenset({"objective"}),
        gradient_evaluations=2.0,
    ),
)
