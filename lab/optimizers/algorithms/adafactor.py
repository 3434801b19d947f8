"""Adafactor: Adam's adaptivity in the memory of a row and a column."""

import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common import repaired
from lab.optimizers.common.factored_rms import factored_rms
from lab.optimizers.common.numbers import (
    Decay,
    FloatDType,
    NonNegative,
    NonNegativeOrSchedule,
    TracedInteger,
)
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.clip_by_norm import clip_by_block_rms
from lab.optimizers.transforms.ema import ema
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.optimizers.transforms.scale_by_param_block_rms import scale_by_param_block_rms
from lab.spaces import Float
from lab.validation.kinds import Mask, Whole


@gradient_transformation
def adafactor(
    learning_rate: optax.ScalarOrSchedule | None = None,
    min_dim_size_to_factor: Whole = 128,
    decay_rate: NonNegative = 0.8,
    decay_offset: TracedInteger = 0,
    multiply_by_parameter_scale: bool = True,
    clipping_threshold: NonNegative | None = 1.0,
    momentum: Decay | None = None,
    dtype_momentum: FloatDType = jnp.float32,
    weight_decay_rate: NonNegativeOrSchedule | None = None,
    eps: NonNegative = 1e-30,
    factored: bool = True,
    weight_decay_mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """Adafactor: relative steps, with second moments of a matrix from its rows and columns.

        β = 1 − max(t − t₀, 1)⁻ᶜ
        R ← (1 − β) mean_col(g² + ε) + β R,    C ← (1 − β) mean_row(g² + ε) + β C
        u = g / √(R C / mean(R))
        u ← u / max(1, RMS(u) / d)
        w ← w − (η max(RMS(w), 10⁻³) u + λ w)

    Arrays without two axes of `min_dim_size_to_factor` keep the whole mean of g² + ε in place of
    R and C. For models whose optimizer does not fit into memory (n + m numbers for an n × m
    matrix). The growing memory β needs no correction of its start. η is a relative change, 0.01
    in the paper; λ is not multiplied by it.

    Args:
      learning_rate: η; a number or a schedule; None for 1.
      min_dim_size_to_factor: How long the second longest axis of a factored array is, at least.
      decay_rate: c.
      decay_offset: t₀, updates that the state has counted before a fine-tuning: from there on V
        is averaged anew. Up to it, as in a state that is made anew, V is the last g² alone.
      multiply_by_parameter_scale: False leaves out RMS(w): then η is absolute.
      clipping_threshold: d; None does not clip.
      momentum: β₁ of a running mean of the steps; None for none.
      dtype_momentum: The dtype of that mean; give a complex one for complex parameters.
      weight_decay_rate: λ; a number, a schedule, or None for 0.
      eps: ε.
      factored: False never factors.
      weight_decay_mask: Where weights decay: see `add_decayed_weights`.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: the mean square of short
      arrays, R and C of long ones; the mean step with momentum.

    References:
      Shazeer & Stern, Adafactor: adaptive learning rates with sublinear memory cost, 2018,
      algorithms 4 and 5.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.adafactor(learning_rate=0.5)
      >>> params = jnp.array([1.0, 1.0])
      >>> updates, state = rule.update(jnp.array([4.0, -0.01]), rule.init(params), params)
      >>> print(updates)
      [-0.5  0.5]
    """
    links = [factored_rms(factored, decay_rate, decay_offset, min_dim_size_to_factor, eps)]
    if clipping_threshold is not None:
        links.append(clip_by_block_rms(clipping_threshold))
    if learning_rate is not None:
        links.append(scale_by_learning_rate(learning_rate, flip_sign=False))
    if multiply_by_parameter_scale:
        links.append(scale_by_param_block_rms())
    if momentum is not None:
        links.append(ema(momentum, debias=False, accumulator_dtype=dtype_momentum))
    if weight_decay_rate is not None:
        links.append(add_decayed_weights(weight_decay_rate, weight_decay_mask))
    return optax.chain(*links, scale_by_learning_rate(1.0))


ENTRIES = (
    OptimizerEntry(
        name="adafactor",
        by_hand=adafactor,
        via_optax=repaired.adafactor,
        search_space={"learning_rate": Float(1e-4, 1e0, log=True)},
        reference="Shazeer & Stern 2018, algorithms 4 and 5",
        state_slots=1,
        rule="V = R C / mean(R), R and C row and column means of g²;  w ← w − η RMS(w) g / √V",
    ),
)
