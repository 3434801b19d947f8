"""Schedule-free SGD."""

import optax
import optax.contrib

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.sgd import sgd
from lab.optimizers.common.numbers import FloatDType, NonNegativeOrSchedule, Number, OpenShare
from lab.optimizers.common.scheduled import warmed_up
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.schedule_free import schedule_free, schedule_free_eval_params
from lab.spaces import Float
from lab.validation.kinds import Whole


@gradient_transformation
def schedule_free_sgd(
    learning_rate: optax.ScalarOrSchedule = 1.0,
    warmup_steps: Whole | None = None,
    b1: OpenShare = 0.9,
    weight_decay: NonNegativeOrSchedule | None = None,
    weight_lr_power: Number = 2.0,
    state_dtype: FloatDType = None,
) -> optax.GradientTransformationExtraArgs:
    """Schedule-free SGD: constant steps of z, gradients between z and the average of all z.

        y = (1 − β) z + β x                 (gradients are taken here: g = ∇f(y) + λ y)
        z ← z − γ g
        x ← (1 − c) x + c z,    c = γ² / Σ γ²        (to be evaluated here)

    For runs whose length is not known: no schedule, and as good as one at any time. The rate is
    larger than SGD's, 1 to 10 times.

    Args:
      learning_rate: γ; a number, or a schedule (with no `warmup_steps`).
      warmup_steps: T, over how many updates γ rises in a straight line, from γ / T at the first;
        None for no warm-up.
      b1: β, how near to the average gradients are taken: above 0, as y has to tell x.
      weight_decay: λ, at y; None for none.
      weight_lr_power: The power of the largest γ so far by which z is weighted.
      state_dtype: The dtype of z; None for the parameters', of 32 bits at least.

    Returns:
      The transformation, whose parameters are y; `schedule_free_eval_params` gives x.
      Memory: z.

    References:
      Defazio et al., The road less scheduled, 2024, equations 1–3.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.schedule_free_sgd(learning_rate=0.5, b1=0.5)
      >>> params = jnp.array([1.0, -2.0])
      >>> state = rule.init(params)
      >>> for _ in range(2):
      ...     updates, state = rule.update(params, state, params)
      ...     params = params + updates
      >>> print(state.z, optimizers.schedule_free_eval_params(state, params))
      [ 0.25 -0.5 ] [ 0.375 -0.75 ]
    """
    if warmup_steps is not None:
        learning_rate = warmed_up(learning_rate, warmup_steps)
    base: optax.GradientTransformation = sgd(learning_rate)
    if weight_decay is not None:
        base = optax.chain(add_decayed_weights(weight_decay), base)
    return schedule_free(base, learning_rate, b1, weight_lr_power, state_dtype)


ENTRIES = (
    OptimizerEntry(
        name="schedule_free_sgd",
        by_hand=schedule_free_sgd,
        via_optax=optax.contrib.schedule_free_sgd,
        search_space={"learning_rate": Float(1e-2, 1e2, log=True)},
        reference="Defazio et al. 2024, equations 1–3",
        state_slots=1,
        rule="y = (1 − β) z + β x;  z ← z − γ ∇f(y);  x ← (1 − c) x + c z",
        eval_params=schedule_free_eval_params,
    ),
)
