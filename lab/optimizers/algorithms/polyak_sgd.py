"""SGD with Polyak's step size."""

from typing import Literal

import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.sgd import sgd
from lab.optimizers.common.numbers import NonNegative, Number, like
from lab.optimizers.common.scalars import safe_divide, scalar, scalar_dtype
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.common.trees import tree_scale, tree_squared_norm
from lab.spaces import Float
from lab.validation.errors import InputError, UnknownNameError

VARIANTS = {"sps": lambda gap: gap, "sps+": lambda gap: jnp.maximum(gap, 0)}


@gradient_transformation
def scale_by_polyak(
    f_min: Number = 0.0,
    max_learning_rate: NonNegative = 1.0,
    eps: NonNegative = 0.0,
    variant: Literal["sps", "sps+"] = "sps",
) -> optax.GradientTransformationExtraArgs:
    """Multiply updates by Polyak's step, min((f − f*) / (‖u‖² + ε), γ): see `polyak_sgd`."""
    if variant not in VARIANTS:
        raise UnknownNameError("variant", variant, VARIANTS)

    def init(params):
        del params
        return optax.EmptyState()

    def update(updates, state, params=None, *, value=None, **extra):  # Loizou et al., SPS_max
        del params, extra
        if value is None:
            raise InputError("polyak_sgd needs update(updates, state, params, value=loss).")
        dtype = scalar_dtype(updates)
        norm2 = tree_squared_norm(updates, dtype)
        gap = VARIANTS[variant](scalar(value, dtype) - scalar(f_min, dtype))
        norm2 = norm2 + like(eps, norm2)
        step = jnp.minimum(safe_divide(gap, norm2), scalar(max_learning_rate, dtype))
        return tree_scale(step, updates), state

    return optax.GradientTransformationExtraArgs(init, update)


@gradient_transformation
def polyak_sgd(
    max_learning_rate: NonNegative = 1.0,
    scaling: optax.ScalarOrSchedule = 1.0,
    f_min: Number = 0.0,
    eps: NonNegative = 0.0,
    variant: Literal["sps", "sps+"] = "sps",
) -> optax.GradientTransformationExtraArgs:
    """SGD with Polyak's step: as far as a line drawn to the minimum; `update` needs `value=`.

        w ← w − s min((f − f*) / (‖g‖² + ε), γ) g

    For models that fit their data, so that f* = 0 is reached on every batch: no rate to tune.
    (optax 0.2.8 takes the norm of s g instead of g, so that where the step is not cut off, it grows
    as s shrinks.)

    Args:
      max_learning_rate: γ, the largest step.
      scaling: s; a number or a schedule.
      f_min: f*, a lower bound of the loss.
      eps: ε, in the denominator.
      variant: "sps", or "sps+" that never steps backwards, where f < f*.

    Returns:
      The transformation, whose `update` needs `value`, the loss of the batch. Memory: nothing.

    References:
      Loizou et al., Stochastic Polyak step-size for SGD, 2021, SPS_max; Garrigos et al., Function
      value learning, 2023 (sps+).

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.polyak_sgd()
      >>> params = jnp.array([1.0, -2.0])
      >>> loss, gradient = jnp.sum(params**2), 2 * params
      >>> updates, _ = rule.update(gradient, rule.init(params), params, value=loss)
      >>> print(updates)
      [-0.5  1. ]
    """
    return optax.chain(scale_by_polyak(f_min, max_learning_rate, eps, variant), sgd(scaling))


PARTS = (scale_by_polyak,)
ENTRIES = (
    OptimizerEntry(
        name="polyak_sgd",
        by_hand=polyak_sgd,
        via_optax=optax.polyak_sgd,
        search_space={"max_learning_rate": Float(1e-2, 1e2, log=True)},
        reference="Loizou et al. 2021, SPS_max",
        state_slots=0,
        rule="w ← w − min((f − f*) / ‖g‖², γ) g",
        needs=frozenset({"value"}),
    ),
)
