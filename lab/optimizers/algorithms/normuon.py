"""NorMuon: Muon whose neurons move alike."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.adam import scale_by_adam
from lab.optimizers.common.matrices import frobenius_norm, matrices_apart, orthogonal, rescaled
from lab.optimizers.common.mean_over_root import over_root
from lab.optimizers.common.moments import squared, squares_like, update_moment, zeros_like
from lab.optimizers.common.numbers import Decay, NonNegative, NonNegativeOrSchedule, cast_like, like
from lab.optimizers.common.sides import dimension_numbers, matrix_axes, sides
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.optimizers.transforms.scale_by_learning_rate import scale_by_learning_rate
from lab.spaces import Float
from lab.validation.kinds import Mask, Tree, Whole


class NorMuonState(NamedTuple):
    """The momentum, and how large the steps of each neuron were."""

    mu: Any  # M: mean gradient, shaped as the parameters
    nu: Any  # v: mean square of O, shaped as the parameters without the axes that lead in


def _direction(b1, b2, eps, ns_steps, nesterov, consistent_rms, spec):
    def init(params):
        def of_neurons(p, numbers):
            return jnp.sum(squares_like(p), matrix_axes(p.ndim, numbers)[0])

        nu = jax.tree.map(of_neurons, params, dimension_numbers(spec, params))
        return NorMuonState(zeros_like(params), nu)

    def update(updates, state, params=None):  # Li et al., algorithm 1
        del params
        mu = update_moment(b1, updates, state.mu)
        m = update_moment(b1, updates, mu) if nesterov else mu
        numbers = dimension_numbers(spec, m)
        o = jax.tree.map(lambda m, n: orthogonal(m, n, ns_steps), m, numbers)

        def mean_square(o, n):
            inward, _ = matrix_axes(o.ndim, n)
            return jnp.sum(squared(o), inward) / max(1, sides(o.shape, n)[0])

        nu = update_moment(b2, jax.tree.map(mean_square, o, numbers), state.nu)

        def leaf(o, v, n):
            normalized = over_root(o, jnp.expand_dims(v, matrix_axes(o.ndim, n)[0]), eps)
            fan_in, fan_out = sides(o.shape, n)
            if consistent_rms is None:
                size = math.sqrt(max(1.0, fan_out / max(1, fan_in))) * frobenius_norm(o, n)
            else:
                size = like(consistent_rms * math.sqrt(fan_in * fan_out), v)
            return rescaled(normalized, size, eps, n)

        return jax.tree.map(leaf, o, nu, numbers), cast_like(NorMuonState(mu, nu), state)

    return optax.GradientTransformation(init, update)


def with_adam(
    of_matrices: optax.GradientTransformation,
    adam: optax.GradientTransformation,
    decay: optax.GradientTransformation,
    rates: tuple[optax.ScalarOrSchedule, optax.ScalarOrSchedule | None],
    spec: Any,
) -> optax.GradientTransformationExtraArgs:
    """Matrices by a rule of their own, all else by Adam; Adam's rate is None where it is theirs."""
    rate, adam_rate = rates
    last = scale_by_learning_rate(rate)
    if adam_rate is not None:
        last = matrices_apart(last, scale_by_learning_rate(adam_rate), spec)
    return optax.chain(matrices_apart(of_matrices, adam, spec), decay, last)


@gradient_transformation
def normuon(
    learning_rate: optax.ScalarOrSchedule = 0.02,
    b1: Decay = 0.95,
    b2: Decay = 0.95,
    eps: NonNegative = 1e-10,
    weight_decay: NonNegativeOrSchedule = 0.0,
    mask: Mask = None,
    *,
    ns_steps: Whole = 5,
    nesterov: bool = True,
    consistent_rms: NonNegative | None = None,
    adam_b1: Decay = 0.9,
    adam_b2: Decay = 0.95,
    adam_eps: NonNegative = 1e-10,
    adam_learning_rate: optax.ScalarOrSchedule | None = None,
    weight_dimension_numbers: Tree | Callable[[Any], Any] = None,
) -> optax.GradientTransformationExtraArgs:
    """NorMuon: orthogonalized momentum whose columns, one per neuron, are divided by their size.

        M ← (1 − β₁) G + β₁ M,    M̂ = (1 − β₁) G + β₁ M     (Nesterov; else M)
        O = U Vᵀ for M̂ = U S Vᵀ, nearly, by Newton–Schulz iteration: see `muon`
        v ← (1 − β₂) mean_in(O²) + β₂ v                      (a number per neuron)
        Ô = O / (√v + ε),    W ← W − η (√max(1, out / in) ‖O‖ Ô / ‖Ô‖ + λ W)

    Muon's steps have singular values all alike, but neurons of which some move ten times as far as
    others. The norm of a whole step, and so a good η, stays Muon's. The rest is AdamW's.

    The above is its authors' code. In their paper there is no Nesterov, and a step's root mean
    square is 0.2, whatever the shape: `nesterov=False, consistent_rms=0.2`. There a kernel of
    rank 4 is orthogonalized as a matrix, but its squares are averaged, and its norm kept, over the
    window alone; here, with `weight_dimension_numbers`, it is a matrix throughout.

    Args:
      learning_rate: η; a number or a schedule.
      b1: β₁, memory of the momentum.
      b2: β₂, memory of the mean square.
      eps: ε, added to √v and to ‖Ô‖.
      weight_decay: λ, decoupled, of all arrays; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.
      ns_steps: Newton–Schulz iterations.
      nesterov: Whether M̂ looks one step ahead.
      consistent_rms: Replaces √max(1, out / in) ‖O‖ by this times √(in · out).
      adam_b1: β₁ of AdamW.
      adam_b2: β₂ of AdamW.
      adam_eps: ε of AdamW.
      adam_learning_rate: η of AdamW; None for that of matrices.
      weight_dimension_numbers: How arrays are matrices: see `muon`. None takes those of rank 2,
        as (in, out).

    Returns:
      The transformation, whose `update` needs the parameters if weights decay. Memory: M, and a
      number per neuron; m and v of the rest.

    References:
      Li et al., NorMuon: making Muon more efficient and scalable, 2025, algorithm 1; the size of
      steps as in its implementation.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.normuon(learning_rate=1.0)
      >>> gradient = jnp.array([[3.0, 1.0, 0.0], [0.0, 1.0, 0.5]])
      >>> updates, _ = rule.update(gradient, rule.init(gradient))
      >>> print(jnp.linalg.norm(updates, axis=0).round(1))  # of 3 neurons
      [1. 1. 1.]
    """
    spec = weight_dimension_numbers
    return with_adam(
        _direction(b1, b2, eps, ns_steps, nesterov, consistent_rms, spec),
        scale_by_adam(adam_b1, adam_b2, adam_eps),
        add_decayed_weights(weight_decay, mask),
        (learning_rate, adam_learning_rate),
        spec,
    )


ENTRIES = (
    OptimizerEntry(
        name="normuon",
        by_hand=normuon,
        via_optax=None,
        search_space={"learning_rate": Float(1e-3, 1.0, log=True)},
        reference="Li et al. 2025, algorithm 1",
        state_slots=1,
        rule="v ← (1 − β₂) mean_in(O²) + β₂ v;  W ← W − η ‖O‖ Ô / ‖Ô‖, "
        "Ô = O / √v, O = U Vᵀ of the momentum",
    ),
)
