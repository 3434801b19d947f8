"""SGD with a learned scale."""

import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.sgd import sgd
from lab.optimizers.common.numbers import NonNegative, Positive
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.mechanize import mechanize
from lab.spaces import Float
from lab.validation.kinds import Count


@gradient_transformation
def mechanic_sgd(
    learning_rate: optax.ScalarOrSchedule = 1.0,
    momentum: NonNegative | None = 0.9,
    weight_decay: NonNegative = 1e-2,
    eps: NonNegative = 1e-8,
    s_init: Positive = 1e-8,
    num_betas: Count = 6,
) -> optax.GradientTransformationExtraArgs:
    """Mechanic around SGD: a rate of SGD that need not be tuned.

        u ← g + μ u,    Δ ← Δ − η u
        w ← w₀ + S Δ,    S learned: see `mechanize`

    η may be wrong by orders of magnitude: S makes up for it. A schedule of η keeps its shape.

    Args:
      learning_rate: η; a number or a schedule.
      momentum: μ; None keeps no velocity.
      weight_decay: λ of `mechanize`, which makes S smaller.
      eps: ε of `mechanize`.
      s_init: The first S that is not zero.
      num_betas: How many bettors S is the sum of.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: u and Δ.

    References:
      Cutkosky, Defazio & Mehta, Mechanic: a learning rate tuner, 2023, algorithm 1.

    Example:
      >>> import jax, jax.numpy as jnp
      >>> from lab import optimizers
      >>> for rate in (1e-2, 1e2):
      ...     rule, params = optimizers.mechanic_sgd(rate), jnp.array([1.0, -2.0])
      ...     state = rule.init(params)
      ...     update = jax.jit(rule.update)
      ...     for _ in range(200):
      ...         updates, state = update(params, state, params)
      ...         params = params + updates
      ...     print(bool(jnp.all(jnp.abs(params) < 0.5)))
      True
      True
    """
    return mechanize(sgd(learning_rate, momentum), weight_decay, eps, s_init, num_betas)


ENTRIES = (
    OptimizerEntry(
        name="mechanic_sgd",
        by_hand=mechanic_sgd,
        via_optax=None,
        search_space={"learning_rate": Float(1e-2, 1e1, log=True)},
        reference="Cutkosky, Defazio & Mehta 2023, algorithm 1",
        state_slots=2,
        rule="u ← g + μ u;  Δ ← Δ − η u;  w ← w₀ + S Δ, S growing while ⟨g, Δ⟩ < 0",
    ),
)
