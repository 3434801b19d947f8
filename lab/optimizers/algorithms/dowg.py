"""DoWG: the distance moved, over gradients weighted by it."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
import optax.contrib

from lab.catalog import OptimizerEntry
from lab.optimizers.common.numbers import NonNegative, NonNegativeOrSchedule, like
from lab.optimizers.common.parameter_checks import require_params
from lab.optimizers.common.scalars import safe_divide, scalar, scalar_dtype
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.common.trees import tree_scale, tree_squared_norm, tree_sub
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.kinds import Mask


class DoWGState(NamedTuple):
    """How far the parameters came, and the weighted gradients on the way."""

    init_params: Any  # w₀
    weighted_sq_norm_grads: jax.Array  # float []: V
    estim_sq_dist: jax.Array  # float []: r̄²


@gradient_transformation
def scale_by_dowg(
    init_estim_sq_dist: NonNegative | None = None, eps: NonNegative = 1e-4
) -> optax.GradientTransformation:
    """Multiply gradients by r̄² / (√V + ε): see `dowg`."""

    def init(params):
        dtype = scalar_dtype(params)
        return DoWGState(
            init_params=jax.tree.map(jnp.asarray, params),
            weighted_sq_norm_grads=scalar(0.0, dtype),
            estim_sq_dist=scalar(eps if init_estim_sq_dist is None else init_estim_sq_dist, dtype),
        )

    def update(updates, state, params=None):  # Khaled et al., algorithm 1
        params = require_params(params, "dowg")
        dtype = state.estim_sq_dist.dtype
        moved = tree_squared_norm(tree_sub(state.init_params, params), dtype)
        r2 = jnp.maximum(state.estim_sq_dist, moved)
        v = state.weighted_sq_norm_grads + r2 * tree_squared_norm(updates, dtype)
        rate = safe_divide(r2, jnp.sqrt(v) + like(eps, v))
        return tree_scale(rate, updates), DoWGState(state.init_params, v, r2)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def dowg(
    learning_rate: optax.ScalarOrSchedule = 1.0,
    init_estim_sq_dist: NonNegative | None = None,
    eps: NonNegative = 1e-4,
    weight_decay: NonNegativeOrSchedule | None = None,
    mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """DoWG (distance over weighted gradients): DoG that forgets the gradients from near the start.

        r̄² ← max(r̄², ‖w − w₀‖²),    V ← V + r̄² ‖g‖²
        w ← w − η r̄² / (√V + ε) g

    As r̄ grows, earlier gradients weigh less, so the rate recovers from a steep start; it also
    grows faster than DoG's.

    Args:
      learning_rate: η, a factor that stays at 1; a number or a schedule.
      init_estim_sq_dist: The first r̄²; None for ε.
      eps: ε, outside the root.
      weight_decay: λ of a penalty added to g; None for none.
      mask: Where weights decay: see `add_decayed_weights`.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: w₀.

    References:
      Khaled, Mishchenko & Jin, DoWG unleashed, 2023, algorithm 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.dowg(init_estim_sq_dist=0.25)
      >>> params = jnp.array([3.0, -4.0])
      >>> updates, state = rule.update(params, rule.init(params), params)
      >>> print(updates.round(3))
      [-0.3  0.4]
    """
    decay = optax.identity() if weight_decay is None else add_decayed_weights(weight_decay, mask)
    scale = scale_by_dowg(init_estim_sq_dist, eps)
    return optax.chain(decay, scale, scale_by_learning_rate(learning_rate))


PARTS = (scale_by_dowg,)
ENTRIES = (
    OptimizerEntry(
        name="dowg",
        by_hand=dowg,
        via_optax=optax.contrib.dowg,
        search_space={"learning_rate": Float(1e-2, 1e1, log=True)},
        reference="Khaled, Mishchenko & Jin 2023, algorithm 1",
        state_slots=1,
        rule="w ← w − η (r̄² / √Σ r̄² ‖g‖²) g, with r̄ = max ‖w − w₀‖",
    ),
)
