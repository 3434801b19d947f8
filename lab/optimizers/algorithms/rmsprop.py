"""RMSProp, plain and centered."""

import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common.numbers import Decay, NonNegative
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.optimizers.transforms.scale_by_rms import scale_by_rms, scale_by_stddev
from lab.optimizers.transforms.trace import trace
from lab.spaces import Float


@gradient_transformation
def rmsprop(
    learning_rate: optax.ScalarOrSchedule,
    decay: Decay = 0.9,
    eps: NonNegative = 1e-8,
    initial_scale: NonNegative = 0.0,
    eps_in_sqrt: bool = True,
    centered: bool = False,
    momentum: NonNegative | None = None,
    nesterov: bool = False,
    bias_correction: bool = False,
) -> optax.GradientTransformationExtraArgs:
    """RMSProp: divide by a running root mean square of the gradient.

        ν ← (1 − γ) g² + γ ν
        w ← w − η g / √(ν + ε)

    AdaGrad with a fading memory, Adam without its first moment: for noisy and non-stationary
    problems such as recurrent networks and reinforcement learning. The first steps are
    1 / √(1 − γ) ≈ 3 times too long unless the bias is corrected. In PyTorch ε is outside the
    root, γ is 0.99, and the learning rate is outside the velocity; here it is inside.

    Args:
      learning_rate: η; a number or a schedule.
      decay: γ.
      eps: ε.
      initial_scale: ν₀.
      eps_in_sqrt: Whether ε is inside the root (√(ν + ε)) or outside (√ν + ε).
      centered: Whether to divide by the standard deviation, with ν − μ² in place of ν for
        μ ← (1 − γ) g + γ μ.
      momentum: Decay of a velocity of the scaled steps; None for none.
      nesterov: Whether that velocity looks ahead.
      bias_correction: Whether averages are divided by 1 − γᵗ.

    Returns:
      The transformation. Memory: ν; μ if centered; the velocity with momentum.

    References:
      Tieleman & Hinton, Lecture 6.5: RMSProp, Coursera, 2012, slide 29; centered: Graves,
      Generating sequences with recurrent neural networks, 2013, equations 38-41.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.rmsprop(0.1, bias_correction=True)
      >>> gradient = jnp.array([4.0, -0.01])
      >>> updates, state = rule.update(gradient, rule.init(gradient))
      >>> print(updates.round(3))
      [-0.1  0.1]
    """
    scale = scale_by_stddev if centered else scale_by_rms
    return optax.chain(
        scale(decay, eps, initial_scale, eps_in_sqrt, bias_correction),
        scale_by_learning_rate(learning_rate),
        optax.identity() if momentum is None else trace(momentum, nesterov),
    )


ENTRIES = (
    OptimizerEntry(
        name="rmsprop",
        by_hand=rmsprop,
        via_optax=optax.rmsprop,
        search_space={"learning_rate": Float(1e-5, 1e-1, log=True)},
        reference="Tieleman & Hinton 2012, lecture 6.5, slide 29",
        state_slots=1,
        padding_safe=True,
        rule="ν ← (1 − γ) g² + γ ν;  w ← w − η g / √(ν + ε)",
    ),
)
