"""Schedule-free AdamW."""

import optax
import optax.contrib

from lab.catalog import OptimizerEntry
from lab.optimizers.common.numbers import (
    Decay,
    FloatDType,
    NonNegative,
    NonNegativeOrSchedule,
    Number,
    OpenShare,
)
from lab.optimizers.common.scheduled import warmed_up
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.optimizers.transforms.scale_by_rms import scale_by_rms
from lab.optimizers.transforms.schedule_free import schedule_free, schedule_free_eval_params
from lab.spaces import Float
from lab.validation.kinds import Whole


@gradient_transformation
def schedule_free_adamw(
    learning_rate: optax.ScalarOrSchedule = 0.0025,
    warmup_steps: Whole | None = None,
    b1: OpenShare = 0.9,
    b2: Decay = 0.999,
    eps: NonNegative = 1e-8,
    weight_decay: NonNegativeOrSchedule = 0.0,
    weight_lr_power: Number = 2.0,
    state_dtype: FloatDType = None,
) -> optax.GradientTransformationExtraArgs:
    """Schedule-free AdamW: AdamW's step without its momentum, which averaging replaces.

        y = (1 − β₁) z + β₁ x               (gradients are taken here: g = ∇f(y))
        v ← (1 − β₂) g² + β₂ v,    v̂ = v / (1 − β₂ᵗ)
        z ← z − γ (g / (√v̂ + ε) + λ y)
        x ← (1 − c) x + c z,    c = γ² / Σ γ²        (to be evaluated here)

    For runs whose length is not known. The rule that won the self-tuning track of AlgoPerf 2024.
    A warm-up of some per cent of the run helps. v̂ is as in its authors' package; their experiments
    multiplied γ by √(1 − β₂ᵗ) instead, also where it weighs z.

    Args:
      learning_rate: γ; a number, or a schedule (with no `warmup_steps`).
      warmup_steps: T, over how many updates γ rises in a straight line, from γ / T at the first;
        None for no warm-up.
      b1: β₁, how near to the average gradients are taken: above 0, as y has to tell x.
      b2: β₂, memory of the mean square.
      eps: ε, outside the root.
      weight_decay: λ, decoupled, at y; a number or a schedule.
      weight_lr_power: The power of the largest γ so far by which z is weighted.
      state_dtype: The dtype of z; None for the parameters', of 32 bits at least.

    Returns:
      The transformation, whose parameters are y; `schedule_free_eval_params` gives x.
      Memory: z and v.

    References:
      Defazio et al., The road less scheduled, 2024, algorithm 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.schedule_free_adamw(learning_rate=0.1)
      >>> gradient = jnp.array([4.0, -0.01])
      >>> updates, state = rule.update(gradient, rule.init(gradient), gradient)
      >>> print(updates.round(3))
      [-0.1  0.1]
    """
    if warmup_steps is not None:
        learning_rate = warmed_up(learning_rate, warmup_steps)
    base = optax.chain(
        scale_by_rms(b2, eps, eps_in_sqrt=False, bias_correction=True),
        add_decayed_weights(weight_decay),
        scale_by_learning_rate(learning_rate),
    )
    return schedule_free(base, learning_rate, b1, weight_lr_power, state_dtype)


ENTRIES = (
    OptimizerEntry(
        name="schedule_free_adamw",
        by_hand=schedule_free_adamw,
        via_optax=optax.contrib.schedule_free_adamw,
        search_space={"learning_rate": Float(3e-4, 3e-1, log=True)},
        reference="Defazio et al. 2024, algorithm 1",
        state_slots=2,
        rule="y = (1 − β₁) z + β₁ x;  z ← z − γ (g / (√v̂ + ε) + λ y);  x ← (1 − c) x + c z",
        eval_params=schedule_free_eval_params,
    ),
)
