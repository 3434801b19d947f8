"""Adan: Adam with Nesterov momentum of gradient differences."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common import counter
from lab.optimizers.common.after_step import changed_step
from lab.optimizers.common.mean_over_root import over_root
from lab.optimizers.common.moments import (
    bias_corrected,
    squared,
    squares_like,
    update_moment,
    zeros_like,
)
from lab.optimizers.common.numbers import Decay, NonNegative, NonNegativeOrSchedule, cast_like, like
from lab.optimizers.common.scheduled import at
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.common.trees import tree_add, tree_scale, tree_sub
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.kinds import Mask


class ScaleByAdanState(NamedTuple):
    """Three moments and the last gradient."""

    m: Any  # mean gradient, shaped as the parameters
    v: Any  # mean difference of gradients, shaped as the parameters
    n: Any  # mean squared extrapolated gradient, shaped as the parameters
    g: Any  # the last gradient, shaped as the parameters
    t: jax.Array  # int32 []: updates taken so far


@gradient_transformation
def scale_by_adan(
    b1: Decay = 0.98,
    b2: Decay = 0.92,
    b3: Decay = 0.99,
    eps: NonNegative = 1e-8,
    eps_root: NonNegative = 0.0,
) -> optax.GradientTransformation:
    """Replace gradients by Adan's direction (m̂ + β₂ v̂) / (√n̂ + ε): see `adan`."""

    def init(params):
        m, v, g = (zeros_like(params) for _ in range(3))
        return ScaleByAdanState(m, v, squares_like(params), g, counter.zero())

    def update(updates, state, params=None):  # Xie et al., algorithm 1
        del params
        t = counter.safe_increment(state.t)

        def if_any(change):  # there is none at first
            return jnp.where(state.t == 0, jnp.zeros_like(change), change)

        change = jax.tree.map(if_any, tree_sub(updates, state.g))  # g_t − g_{t−1}
        m = update_moment(b1, updates, state.m)
        v = update_moment(b2, change, state.v)
        n = update_moment(b3, squared(tree_add(updates, tree_scale(b2, change))), state.n)
        last = jax.tree.map(lambda g: jnp.asarray(g, jnp.result_type(g)), updates)  # not weak
        new = ScaleByAdanState(m, v, n, last, t)
        ahead = tree_add(bias_corrected(m, b1, t), tree_scale(b2, bias_corrected(v, b2, t)))
        return over_root(ahead, bias_corrected(n, b3, t), eps, eps_root), cast_like(new, state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def adan(
    learning_rate: optax.ScalarOrSchedule,
    b1: Decay = 0.98,
    b2: Decay = 0.92,
    b3: Decay = 0.99,
    eps: NonNegative = 1e-8,
    eps_root: NonNegative = 1e-8,
    weight_decay: NonNegativeOrSchedule = 0.0,
    mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """Adan: adaptive steps, with Nesterov's look-ahead estimated from gradient differences.

        d = g − g′                         (g′ the gradient before; d = 0 at first)
        m ← (1 − β₁) g + β₁ m,             m̂ = m / (1 − β₁ᵗ)
        v ← (1 − β₂) d + β₂ v,             v̂ = v / (1 − β₂ᵗ)
        n ← (1 − β₃) (g + β₂ d)² + β₃ n,   n̂ = n / (1 − β₃ᵗ)
        w ← (w − η (m̂ + β₂ v̂) / (√(n̂ + ε̄) + ε)) / (1 + η λ)

    Bears learning rates several times those of Adam, for twice its memory. β is 1 − β of the
    paper, as in the authors' code, whose bias corrections these are. optax 0.2.8 weights d and v̂ by
    1 − β₂ = 0.08, not β₂ = 0.92 (its pull request 1715), and decays weights as AdamW does.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the mean.
      b2: β₂, memory of the mean difference, and the weight of the look-ahead.
      b3: β₃, memory of the mean square.
      eps: ε, outside the root.
      eps_root: ε̄, inside the root.
      weight_decay: λ, of a proximal step; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: m, v, n and g′.

    References:
      Xie et al., Adan: adaptive Nesterov momentum algorithm, 2022, algorithm 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.adan(learning_rate=0.1)
      >>> gradient = jnp.array([4.0, -2.0])
      >>> updates, state = rule.update(gradient, rule.init(gradient), gradient)
      >>> print(updates.round(3))
      [-0.1  0.1]
    """

    def decay(count):
        return at(learning_rate, count) * at(weight_decay, count)

    return optax.chain(
        scale_by_adan(b1, b2, b3, eps, eps_root),
        scale_by_learning_rate(learning_rate),
        optax.masked(changed_step(_decayed, decay, "adan"), True if mask is None else mask),
    )


def _decayed(u: jax.Array, w: jax.Array, decay: Any) -> jax.Array:
    """What takes w to (w + u) / (1 + η λ), without the cancellation of w."""
    decay = like(decay, u)
    return (u - decay * w) / (1 + decay)


PARTS = (scale_by_adan,)
ENTRIES = (
    OptimizerEntry(
        name="adan",
        by_hand=adan,
        via_optax=None,  # optax 0.2.8 weights the look-ahead wrongly
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Xie et al. 2022, algorithm 1",
        state_slots=4,
        padding_safe=True,
        rule="w ← w − η (m̂ + β₂ v̂) / (√n̂ + ε), v and n of d = g − g′ and g + β₂ d",
    ),
)
