"""NovoGrad: momentum of gradients normalized layer by layer."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common import counter
from lab.optimizers.common.mean_over_root import over_root
from lab.optimizers.common.moments import moment_like, update_moment
from lab.optimizers.common.numbers import Decay, FloatDType, NonNegative, cast_like, wide_dtype
from lab.optimizers.common.parameter_checks import require_params
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.common.trees import tree_add, tree_scale
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float


class ScaleByNovogradState(NamedTuple):
    """Momentum, and one number per array."""

    count: jax.Array  # int32 []: t, updates taken so far
    mu: Any  # m: momentum, shaped as the parameters
    nu: Any  # v: mean ‖g‖², [] for every array


@gradient_transformation
def scale_by_novograd(
    b1: Decay = 0.9,
    b2: Decay = 0.25,
    eps: NonNegative = 1e-8,
    eps_root: NonNegative = 0.0,
    weight_decay: NonNegative = 0.0,
    mu_dtype: FloatDType = None,
) -> optax.GradientTransformation:
    """Replace gradients by NovoGrad's momentum m: see `novograd`."""

    def init(params):
        def number(p):
            return jnp.zeros([], jnp.finfo(wide_dtype(p)).dtype)

        nu = jax.tree.map(number, params)
        return ScaleByNovogradState(counter.zero(), moment_like(params, mu_dtype), nu)

    def update(updates, state, params=None):  # Ginsburg et al., algorithm 1
        params = require_params(params, "novograd")
        t = counter.safe_increment(state.count)
        squares = jax.tree.map(lambda g: jnp.sum(jnp.real(jnp.conj(g) * g)), updates)
        mean = update_moment(b2, squares, state.nu)
        nu = jax.tree.map(lambda now, mean: jnp.where(t == 1, now, mean), squares, mean)
        decayed = tree_add(over_root(updates, nu, eps, eps_root), tree_scale(weight_decay, params))
        mu = tree_add(decayed, tree_scale(b1, state.mu))
        new = cast_like(ScaleByNovogradState(t, mu, nu), state)
        return new.mu, new

    return optax.GradientTransformation(init, update)


@gradient_transformation
def novograd(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.9,
    b2: Decay = 0.25,
    eps: NonNegative = 1e-6,
    eps_root: NonNegative = 0.0,
    weight_decay: NonNegative = 0.0,
) -> optax.GradientTransformationExtraArgs:
    """NovoGrad: normalized gradients with momentum, at the memory of momentum.

        v ← ‖g‖²                              for each array, at the first update
        v ← (1 − β₂) ‖g‖² + β₂ v              later
        m ← g / (√(v + ε̄) + ε) + λ w + β₁ m
        w ← w − η m

    Adam's second moment with one number for each layer: insensitive to the scale of the loss,
    robust for large batches and noisy gradients (speech, translation), and half the memory. The
    sum m is up to 1 / (1 − β₁) = 10 times a mean, which η has to make up for. The default β₂ has
    next to no memory; the paper's β are 0.95 and 0.98.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, decay of the sum.
      b2: β₂, memory of the mean square norm.
      eps: ε, outside the root (1e-8 in `scale_by_novograd`, as in optax).
      eps_root: ε̄, inside the root.
      weight_decay: λ, inside the momentum.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: m, and a number per array.

    References:
      Ginsburg et al., Stochastic gradient methods with layer-wise adaptive moments for training
      of deep networks, 2019, algorithm 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.novograd(learning_rate=0.5)
      >>> gradient = jnp.array([4.0, -3.0])
      >>> updates, state = rule.update(gradient, rule.init(gradient), gradient)
      >>> print(updates.round(3))
      [-0.4  0.3]
    """
    return optax.chain(
        scale_by_novograd(b1, b2, eps, eps_root, weight_decay),
        scale_by_learning_rate(learning_rate),
    )


PARTS = (scale_by_novograd,)
ENTRIES = (
    OptimizerEntry(
        name="novograd",
        by_hand=novograd,
        via_optax=optax.novograd,
        search_space={"learning_rate": Float(1e-4, 1e0, log=True)},
        reference="Ginsburg et al. 2019, algorithm 1",
        state_slots=1,
        rule="v ← (1 − β₂) ‖g‖² + β₂ v;  m ← g / (√v + ε) + λ w + β₁ m;  w ← w − η m, per array",
    ),
)
