"""SOAP: Adam in Shampoo's axes."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers import _axes as axes
from lab.optimizers import _counter as counter
from lab.optimizers._learning_rate import scale_by_learning_rate
from lab.optimizers._moments import average, debias, squared, squares_like, zeros_like
from lab.optimizers._numbers import Number, cast_like, like, together
from lab.optimizers._weight_decay import add_decayed_weights
from lab.spaces import LogRange


class ScaleBySoapState(NamedTuple):
    """Adam's moments, and for every parameter a tuple of matrices, one for each axis."""

    count: jax.Array  # int32 []: calls so far; the first takes no step
    mu: Any  # M: mean gradient, shaped as the parameters
    nu: Any  # V: mean square of the turned gradient, shaped as the parameters
    statistics: Any  # L, R: mean of G Gᵀ and of Gᵀ G
    bases: Any  # Q: their eigenvectors, in columns


def _eigenvectors(matrices):
    return tuple(axes.eigh(matrix)[1] for matrix in matrices)


def _power_step(matrices, bases):
    """One step of orthogonal iteration: cheaper than eigenvectors, and near to them."""
    return tuple(axes.orthonormal(m @ q) for m, q in zip(matrices, bases, strict=True))


def scale_by_soap(
    b1: Number = 0.95,
    b2: Number = 0.95,
    eps: Number = 1e-8,
    update_interval: int = 10,
    max_size: int = 1024,
) -> optax.GradientTransformation:
    """Replace gradients by SOAP's direction: see `soap`."""

    def zeros(size, dtype):
        return jnp.zeros((size, size), dtype)

    def eye(size, dtype):
        return jnp.eye(size, dtype=dtype)

    def init(params):
        return ScaleBySoapState(
            count=counter.zero(),
            mu=zeros_like(params),
            nu=squares_like(params),
            statistics=axes.matrices(params, max_size, zeros),
            bases=axes.matrices(params, max_size, eye),
        )

    def into(x, q):  # Q_Lᵀ X Q_R
        return axes.multiply(x, tuple(m.conj().T for m in q), max_size)

    def update(updates, state, params=None):  # Vyas et al., algorithm 3
        del params
        state = state._replace(
            statistics=axes.tuples(updates, state.statistics),
            bases=axes.tuples(updates, state.bases),
        )
        first = state.count == 0  # only starts L and R, so that no gradient chooses its own axes
        t = jnp.maximum(state.count, 1)

        turned = jax.tree.map(into, updates, state.bases)
        mu = average(b1, updates, state.mu)
        nu = average(b2, squared(turned), state.nu)
        mu, nu = jax.tree.map(
            lambda new, old: jnp.where(first, old, new.astype(old.dtype)),
            (mu, nu),
            (state.mu, state.nu),
        )

        def direction(m, v, q):
            n, root = together(into(m, q), jnp.sqrt(v) + like(eps, v))
            return axes.multiply(n / root, q, max_size)  # Q_L N Q_Rᵀ

        mu_hat, nu_hat = debias(mu, b1, t), debias(nu, b2, t)
        steps = jax.tree.map(direction, mu_hat, nu_hat, state.bases)

        statistics = average(
            b2, jax.tree.map(lambda g: axes.grams(g, max_size), updates), state.statistics
        )
        bases = jax.lax.cond(
            first,
            lambda: jax.tree.map(lambda _, m: _eigenvectors(m), updates, statistics),
            lambda: jax.lax.cond(
                state.count % update_interval == 0,
                lambda: jax.tree.map(
                    lambda _, m, q: _power_step(m, q), updates, statistics, state.bases
                ),
                lambda: state.bases,
            ),
        )
        new = ScaleBySoapState(counter.one_more(state.count), mu, nu, statistics, bases)
        return cast_like(steps, updates), cast_like(new, state)

    return optax.GradientTransformation(init, update)


def soap(
    learning_rate: optax.ScalarOrSchedule = 3e-3,
    b1: Number = 0.95,
    b2: Number = 0.95,
    eps: Number = 1e-8,
    weight_decay: optax.ScalarOrSchedule = 0.01,
    mask: Any = None,
    update_interval: int = 10,
    max_size: int = 1024,
) -> optax.GradientTransformationExtraArgs:
    """SOAP (Shampoo with Adam in the preconditioner's eigenbasis).

        G′ = Q_Lᵀ G Q_R;    M ← (1 − β₁) G + β₁ M,  M′ = Q_Lᵀ M Q_R;    V ← (1 − β₂) G′² + β₂ V
        W ← W − η (Q_L (M̂′ / (√V̂ + ε)) Q_Rᵀ + λ W)
        L ← (1 − β₂) G Gᵀ + β₂ L,    R ← (1 − β₂) Gᵀ G + β₂ R
        Q_L ← qr(L Q_L),    Q_R ← qr(R Q_R)             (every k-th update)

    Adam after a change of axes to those in which Shampoo's preconditioner is diagonal. Tunes as
    easily as Adam, and often needs fewer updates. The first gradient takes no step: it gives the
    first L, R and their eigenvectors. Axes are treated alike in arrays of any rank (biases too).

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the mean.
      b2: β₂, memory of mean squares, L and R.
      eps: ε, outside the root.
      weight_decay: λ, decoupled; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.
      update_interval: k.
      max_size: Axes longer than this are not turned.

    Returns:
      The transformation, whose `update` needs the parameters. Memory: M, V, and two n × n
      matrices per axis of n entries.

    References:
      Vyas et al., SOAP: improving and stabilizing Shampoo using Adam, 2024, algorithm 3; the start
      as in its implementation.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.soap(learning_rate=0.1, weight_decay=0.0)
      >>> gradient = jnp.diag(jnp.array([4.0, -0.5]))
      >>> state = rule.init(gradient)
      >>> for _ in range(2):
      ...     updates, state = rule.update(gradient, state, gradient)
      >>> print(jnp.diagonal(updates).round(3))
      [-0.1  0.1]
    """
    return optax.chain(
        scale_by_soap(b1, b2, eps, update_interval, max_size),
        add_decayed_weights(weight_decay, mask),
        scale_by_learning_rate(learning_rate),
    )


PARTS = (scale_by_soap,)
ENTRIES = (
    OptimizerEntry(
        name="soap",
        by_hand=soap,
        via_optax=None,
        search_space={"learning_rate": LogRange(1e-4, 1e-1)},
        reference="Vyas et al. 2024, algorithm 3",
        state_slots=2,
        rule="W ← W − η Q_L (M̂′ / √V̂) Q_Rᵀ: Adam on Q_Lᵀ G Q_R, Q eigenvectors of Σ G Gᵀ, Σ Gᵀ G",
    ),
)
