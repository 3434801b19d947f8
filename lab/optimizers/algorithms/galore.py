"""GaLore: Adam in the few directions in which gradients of matrices lie."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.adam import scale_by_adam
from lab.optimizers.common import axes, counter
from lab.optimizers.common.numbers import (
    NonNegative,
    NonNegativeOrSchedule,
    Number,
    like,
    wide_dtype,
)
from lab.optimizers.common.sharding import gathered, placed_like
from lab.optimizers.common.transformation import gradient_transformation, widened, wrapped
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.kinds import Count, Mask


class GaLoreState(NamedTuple):
    """The state of the rule inside, which sees small matrices, and how they are made."""

    count: jax.Array  # int32 []: updates taken so far
    base_optimizer_state: Any  # of matrices [rank, n] or [m, rank], and of other arrays as they are
    projector: Any  # (P,) of matrices, P: [shorter side, rank]; () of other arrays


@jax.custom_batching.sequential_vmap
def _singular_vectors(matrix: jax.Array) -> jax.Array:
    """Of the shorter side, in columns; one matrix at a time, as in `common.axes`."""
    left, _, right = jnp.linalg.svd(matrix, full_matrices=False)
    return left if _wide(matrix) else right.conj().T


def _wide(x: jax.Array) -> bool:
    return x.shape[0] <= x.shape[1]


def _leading(gradient: Any, projector: Any) -> Any:
    """The projectors of this gradient, of as many columns as before."""
    return jax.tree.map(
        lambda g, p: tuple(_singular_vectors(gathered(g))[:, : old.shape[1]] for old in p),
        gradient,
        projector,
    )


def _same(gradient: Any, projector: Any) -> Any:
    del gradient
    return projector


def _into(g: jax.Array, p: tuple[jax.Array, ...]) -> jax.Array:
    """Pᴴ G, or G P where G has fewer columns than rows."""
    for matrix in p:
        g = matrix.conj().T @ gathered(g) if _wide(g) else gathered(g) @ matrix
    return g


def _back(g: jax.Array, u: jax.Array, p: tuple[jax.Array, ...], scale: Number) -> jax.Array:
    """α P U, or α U Pᴴ, laid out as G."""
    for matrix in p:
        whole = matrix @ u if _wide(g) else u @ matrix.conj().T
        u = placed_like(whole * like(scale, whole), g)
    return u


@gradient_transformation
def scale_by_galore(
    rank: Count = 128,
    update_proj_gap: Count = 200,
    scale: NonNegative = 1.0,
    base_optimizer: optax.GradientTransformation | None = None,
) -> optax.GradientTransformation:
    """Replace gradients by GaLore's direction: see `galore`."""
    base = wrapped(scale_by_adam() if base_optimizer is None else base_optimizer)

    def init(params):
        def start(p):
            if p.ndim != 2 or not p.size:
                return ()
            return (jnp.zeros((min(p.shape), min(rank, *p.shape)), wide_dtype(p)),)

        projector = jax.tree.map(start, params)
        inner = base.init(jax.tree.map(_into, widened(params), projector))
        return GaLoreState(counter.zero(), inner, projector)

    def update(updates, state, params=None):  # Zhao et al., algorithm 2
        del params
        projector = jax.lax.cond(
            state.count % update_proj_gap == 0,
            _leading,
            _same,
            updates,
            axes.tuples(updates, state.projector),
        )
        small = jax.tree.map(_into, updates, projector)
        small, inner = base.update(small, state.base_optimizer_state)
        steps = jax.tree.map(lambda g, u, p: _back(g, u, p, scale), updates, small, projector)
        return steps, GaLoreState(counter.safe_increment(state.count), inner, projector)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def galore(
    learning_rate: optax.ScalarOrSchedule,
    rank: Count = 128,
    update_proj_gap: Count = 200,
    scale: NonNegative = 1.0,
    base_optimizer: optax.GradientTransformation | None = None,
    weight_decay: NonNegativeOrSchedule = 0.0,
    mask: Mask = None,
) -> optax.GradientTransformationExtraArgs:
    """GaLore (gradient low-rank projection): Adam's moments of a few combinations of rows.

        P = the first r left singular vectors of G           (every T-th update)
        R = Pᵀ G;    N = Adam's direction of R, whose moments are [r, n]
        W ← W − η (α P N + λ W)

    That is for a matrix with no more rows than columns; else P has right singular vectors and
    R = G P: P is always of the shorter side. Gradients of large matrices are nearly of low rank,
    and memory falls from 2 m n to (2 n + m) r. Moments are kept when P changes. Other arrays are
    the inner rule's. The paper's α is 0.25, r is 128 to 1024 and T is 200.

    optax's twin has P of the longer side (the authors' `reverse_std`), in float32. The authors'
    code adds ε to the root that is not debiased, and decays weights after the step, not before.

    Args:
      learning_rate: η; a number or a schedule.
      rank: r.
      update_proj_gap: T.
      scale: α.
      base_optimizer: The inner rule, which must not need parameters; None for `scale_by_adam()`.
      weight_decay: λ, decoupled; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: P and that of the inner rule.

    References:
      Zhao et al., GaLore: memory-efficient LLM training by gradient low-rank projection, 2024,
      algorithm 2.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.galore(learning_rate=0.1, rank=1)
      >>> gradient = jnp.diag(jnp.array([4.0, -0.5]))
      >>> updates, state = rule.update(gradient, rule.init(gradient), gradient)
      >>> print(jnp.diagonal(updates).round(3))
      [-0.1 -0. ]
    """
    return optax.chain(
        scale_by_galore(rank, update_proj_gap, scale, base_optimizer),
        add_decayed_weights(weight_decay, mask),
        scale_by_learning_rate(learning_rate),
    )


PARTS = (scale_by_galore,)
ENTRIES = (
    OptimizerEntry(
        name="galore",
        by_hand=galore,
        via_optax=None,  # it projects on the longer side
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Zhao et al. 2024, algorithm 2",
        state_slots=2,
        rule="W ← W − η α P Adam(Pᵀ G), P the first r left singular vectors of G, now and then",
    ),
)
