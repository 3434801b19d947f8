"""SPlus: signs of the momentum, in Shampoo's axes."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.common import axes, counter
from lab.optimizers.common.moments import bias_correction_factor, update_moment, zeros_like
from lab.optimizers.common.numbers import (
    Decay,
    NonNegative,
    NonNegativeOrSchedule,
    cast_like,
    like,
    promote,
)
from lab.optimizers.common.parameter_checks import require_params
from lab.optimizers.common.sharding import gathered, placed_like
from lab.optimizers.common.states import evaluation_point
from lab.optimizers.common.transformation import gradient_transformation, widened
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.checks import checked
from lab.validation.kinds import Count, Mask, Tree, Whole


class SPlusState(NamedTuple):
    """The momentum, the mean of the parameters, and a tuple of matrices for each of them."""

    count: jax.Array  # int32 []: t, updates taken so far
    ema: Any  # w̄, shaped as the parameters
    mu: Any  # M: mean gradient, shaped as the parameters
    statistics: Any  # L, R: mean of G Gᵀ [in, in] and of Gᵀ G [out, out]
    bases: Any  # Q: their eigenvectors, in columns, as of the last time they were taken


@checked
def splus_eval_params(state: Any, params: Tree) -> Any:
    """The mean w̄ of the parameters, where SPlus is to be evaluated.

    Args:
      state: The state of the rule, alone or in `optax.chain`, `masked` and other wrappers.
      params: w, the parameters that the rule updates.

    Returns:
      w̄, shaped as the parameters; what a wrapper keeps from the rule is returned as it is.
    """
    return evaluation_point(state, params, "splus", ("ema", "count"), _mean, ("bases",))


def _mean(node: Any, ema: jax.Array, w: jax.Array) -> jax.Array:
    del node, w
    return ema


def _longest(x: jax.Array, max_dim: int) -> int:
    """The longest side of `x` that is turned: none of what is no matrix."""
    return max_dim - 1 if x.ndim == 2 else 0


def _direction(b1, b2, ema_rate, eps, inverse_every, max_dim):
    def init(params):
        def of_sides(fill):
            return jax.tree.map(lambda p: axes.matrices(p, _longest(p, max_dim), fill), params)

        return SPlusState(
            counter.zero(),
            widened(params),
            zeros_like(params),
            of_sides(axes.zeros),
            of_sides(axes.identity),
        )

    def signs(m, bases):  # Q_L sign(Q_Lᵀ M Q_R) Q_Rᵀ
        largest = _longest(m, max_dim)
        turned = axes.multiply(gathered(m), tuple(q.conj().T for q in bases), largest)
        return placed_like(axes.multiply(jnp.sign(turned), bases, largest), m)

    def eigenvectors(matrices):
        return tuple(
            axes.eigh(a + like(eps, a) * axes.identity(len(a), a.dtype))[1] for a in matrices
        )

    def update(updates, state, params=None):  # Frans, Levine & Abbeel, algorithm 1
        params = require_params(params, "splus")
        state = state._replace(
            statistics=axes.tuples(updates, state.statistics),
            bases=axes.tuples(updates, state.bases),
        )
        t = counter.safe_increment(state.count)
        rate = jnp.asarray(ema_rate, jnp.result_type(float))
        weight = (1 - rate) / bias_correction_factor(rate, t)

        def mean(a, w):
            w, a = promote(w, a)
            return a + like(weight, a) * (w - a)

        mu = update_moment(b1, updates, state.mu)
        steps = jax.tree.map(signs, mu, state.bases)  # by the axes of updates before this one
        grams = jax.tree.map(lambda g: axes.grams(gathered(g), _longest(g, max_dim)), updates)
        statistics = update_moment(b2, grams, state.statistics)
        bases = jax.lax.cond(
            (t == 1) | (t % inverse_every == 0),
            lambda: jax.tree.map(lambda _, s: eigenvectors(s), updates, statistics),
            lambda: state.bases,
        )
        ema = jax.tree.map(mean, state.ema, params)
        return steps, cast_like(SPlusState(t, ema, mu, statistics, bases), state)

    return optax.GradientTransformation(init, update)


def _scale_by_shape(constant, max_dim):
    def leaf(u):
        if u.ndim == 2 and max(u.shape) < max_dim:
            return 2 / max(1, sum(u.shape)) * u
        return like(constant, u) * u

    return optax.stateless(lambda updates, _: jax.tree.map(leaf, updates))


@gradient_transformation
def splus(
    learning_rate: optax.ScalarOrSchedule = 0.1,
    b1: Decay = 0.9,
    b2: Decay = 0.999,
    ema_rate: Decay = 0.999,
    eps: NonNegative = 1e-30,
    inverse_every: Count = 100,
    nonstandard_constant: NonNegative = 0.001,
    weight_decay: NonNegativeOrSchedule = 1e-2,
    mask: Mask = None,
    max_dim: Whole = 10_000,
) -> optax.GradientTransformationExtraArgs:
    """SPlus (a stable whitening optimizer): steps of ±1 along the axes of Shampoo's preconditioner.

        M ← (1 − β₁) G + β₁ M
        W ← W − η s (Q_L sign(Q_Lᵀ M Q_R) Q_Rᵀ + λ W),    s = 2 / (in + out)
        L ← (1 − β₂) G Gᵀ + β₂ L,    R ← (1 − β₂) Gᵀ G + β₂ R
        Q_L, Q_R ← eigenvectors of L + ε I, R + ε I          (at first and every k-th update)
        W̄ ← mean of W before each update, with weights ρᵗ    (to be evaluated here)

    Shampoo divides by old eigenvalues, and may diverge between two decompositions; signs cannot
    grow, so that one every 100 updates will do. A good η stays good as layers grow wider, and
    averaging takes the noise out that a large one makes. Arrays that are no matrices move by
    signs, with a constant s.

    One gradient leaves axes of a matrix's longer side unseen. Two or more such axes are as the
    decomposition happens to give them, and differ between machines and programs. In the authors'
    PyTorch code W̄ is of W after each update, and the decay multiplies what the step has reached.
    They give embeddings the constant s too, by their names: here a rate of their own will do.

    Args:
      learning_rate: η, about 0.2 for a transformer; a number or a schedule.
      b1: β₁, memory of the momentum.
      b2: β₂, memory of L and R.
      ema_rate: ρ, memory of W̄.
      eps: ε.
      inverse_every: k.
      nonstandard_constant: s of arrays that are no matrices, or have a side of `max_dim` or more.
      weight_decay: λ, decoupled; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.
      max_dim: Sides of this length or more are not turned.

    Returns:
      The transformation, whose `update` needs the parameters; `splus_eval_params` gives W̄.
      Memory: M, W̄, and two n × n matrices per side of n entries.

    References:
      Frans, Levine & Abbeel, A stable whitening optimizer for efficient neural network training,
      2025, algorithm 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.splus(learning_rate=0.3, weight_decay=0.0)
      >>> params = jnp.array([[1.0, 2.0]])
      >>> state = rule.init(params)
      >>> for _ in range(2):
      ...     updates, state = rule.update(jnp.ones([1, 2]), state, params)
      ...     params = params + updates
      >>> print(optimizers.splus_eval_params(state, params).round(2))
      [[0.9 1.9]]
    """
    return optax.chain(
        _direction(b1, b2, ema_rate, eps, inverse_every, max_dim),
        add_decayed_weights(weight_decay, mask),
        scale_by_learning_rate(learning_rate),
        _scale_by_shape(nonstandard_constant, max_dim),
    )


PARTS = (splus_eval_params,)
ENTRIES = (
    OptimizerEntry(
        name="splus",
        by_hand=splus,
        via_optax=None,
        search_space={"learning_rate": Float(1e-3, 1e1, log=True)},
        reference="Frans, Levine & Abbeel 2025, algorithm 1",
        state_slots=2,
        rule="W ← W − η 2 / (in + out) Q_L sign(Q_Lᵀ M Q_R) Q_Rᵀ, Q eigenvectors of Σ G Gᵀ, Σ Gᵀ G",
        eval_params=splus_eval_params,
    ),
)
