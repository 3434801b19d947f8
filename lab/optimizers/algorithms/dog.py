"""DoG: the distance moved, over the gradients seen."""

from typing import Any, Literal, NamedTuple

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
from lab.validation.errors import UnknownNameError
from lab.validation.kinds import Mask

InitStep = tuple[Literal["distance", "learning_rate", "heuristic"], NonNegative]
KINDS = ("distance", "learning_rate", "heuristic")


class DoGState(NamedTuple):
    """How far the parameters came, and the gradients on the way."""

    is_init_step: jax.Array  # bool []
    init_params: Any  # w₀
    max_dist: jax.Array  # float []: r̄
    sum_sq_norm_grads: jax.Array  # float []: G


@gradient_transformation
def scale_by_dog(init_step: InitStep, eps: NonNegative = 1e-8) -> optax.GradientTransformation:
    """Multiply gradients by r̄ / √(G + ε): see `dog`."""
    kind, first = init_step
    if kind not in KINDS:
        raise UnknownNameError("kind of init_step", kind, KINDS)

    def init(params):
        dtype = scalar_dtype(params)
        r = {
            "distance": lambda: first,
            "heuristic": lambda: (
                scalar(first, dtype) * (1 + jnp.sqrt(tree_squared_norm(params, dtype)))
            ),
            "learning_rate": lambda: 0.0,
        }[kind]()
        return DoGState(
            is_init_step=jnp.asarray(True),
            init_params=jax.tree.map(jnp.asarray, params),
            max_dist=scalar(r, dtype),
            sum_sq_norm_grads=scalar(0.0, dtype),
        )

    def update(updates, state, params=None):  # Ivgi et al., equation DoG
        params = require_params(params, "dog")
        dtype = state.max_dist.dtype
        moved = jnp.sqrt(tree_squared_norm(tree_sub(state.init_params, params), dtype))
        farthest = jnp.maximum(state.max_dist, moved)
        total = state.sum_sq_norm_grads + tree_squared_norm(updates, dtype)
        rate = safe_divide(farthest, jnp.sqrt(total + like(eps, total)))
        if kind == "learning_rate":
            rate = jnp.where(state.is_init_step, scalar(first, dtype), rate)
        new = DoGState(jnp.asarray(False), state.init_params, farthest, total)
        return tree_scale(rate, updates), new

    return optax.GradientTransformation(init, update)


@gradient_transformation
def dog(
    learning_rate: optax.ScalarOrSchedule = 1.0,
    init_step: InitStep = ("heuristic", 1e-6),
    eps: NonNegative = 1e-8,
    weight_decay: NonNegativeOrSchedule | None = None,
    mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """DoG (distance over gradients): SGD without a learning rate to tune.

        r̄ = max ‖w − w₀‖ so far,    G = Σ ‖g‖² so far
        w ← w − η r̄ / √(G + ε) g

    The best constant rate of SGD is (distance to a solution) / √G, and the distance that was
    already moved stands in for the distance to be moved. It starts tiny and grows by a factor per
    update. The authors evaluate an average of the iterates, which this transformation does not
    keep.

    Args:
      learning_rate: η, a factor that stays at 1; a number or a schedule.
      init_step: How to begin, when nothing has been moved yet: ("distance", r̄₀),
        ("heuristic", α) for r̄₀ = α (1 + ‖w₀‖), or ("learning_rate", the first rate itself).
        α = 1e-4 with batch normalization.
      eps: ε, inside the root.
      weight_decay: λ of a penalty added to g; None for none.
      mask: Where weights decay: see `add_decayed_weights`.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: w₀.

    References:
      Ivgi, Hinder & Carmon, DoG is SGD's best friend, 2023, equation (DoG).

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.dog(init_step=("distance", 0.5))
      >>> params = jnp.array([3.0, -4.0])
      >>> updates, state = rule.update(params, rule.init(params), params)
      >>> print(updates.round(3))
      [-0.3  0.4]
    """
    decay = optax.identity() if weight_decay is None else add_decayed_weights(weight_decay, mask)
    return optax.chain(decay, scale_by_dog(init_step, eps), scale_by_learning_rate(learning_rate))


PARTS = (scale_by_dog,)
ENTRIES = (
    OptimizerEntry(
        name="dog",
        by_hand=dog,
        via_optax=optax.contrib.dog,
        search_space={"learning_rate": Float(1e-1, 1e2, log=True)},
        reference="Ivgi, Hinder & Carmon 2023, equation (DoG)",
        state_slots=1,
        rule="w ← w − η (max ‖w − w₀‖ / √Σ ‖g‖²) g",
    ),
)
