"""AdaMuon: Muon of signs, with Adam's second moment."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from lab.catalog import OptimizerEntry
from lab.optimizers.algorithms.adam import scale_by_adam
from lab.optimizers.algorithms.normuon import with_adam
from lab.optimizers.common.matrices import orthogonal, rescaled
from lab.optimizers.common.mean_over_root import over_root
from lab.optimizers.common.moments import squared, squares_like, update_moment, zeros_like
from lab.optimizers.common.numbers import Decay, NonNegative, NonNegativeOrSchedule, cast_like, like
from lab.optimizers.common.sides import dimension_numbers, sides
from lab.optimizers.common.transformation import gradient_transformation
from lab.optimizers.transforms.add_decayed_weights import add_decayed_weights
from lab.spaces import Float
from lab.validation.kinds import Mask, Tree, Whole


class AdaMuonState(NamedTuple):
    """The momentum, and how large its orthogonalized signs were."""

    mu: Any  # M: mean gradient, shaped as the parameters
    nu: Any  # V: mean square of O, shaped as the parameters


def _direction(beta, eps, ns_steps, nesterov, consistent_rms, spec):
    def init(params):
        return AdaMuonState(zeros_like(params), squares_like(params))

    def update(updates, state, params=None):  # Si et al., algorithm 1
        del params
        mu = update_moment(beta, updates, state.mu)
        m = update_moment(beta, updates, mu) if nesterov else mu
        numbers = dimension_numbers(spec, m)
        o = jax.tree.map(lambda m, n: orthogonal(jnp.sign(m), n, ns_steps), m, numbers)
        nu = update_moment(beta, squared(o), state.nu)

        def leaf(o, v, n):
            size = like(consistent_rms * math.sqrt(math.prod(sides(o.shape, n))), v)
            return rescaled(over_root(o, v, eps), size, eps, n)

        return jax.tree.map(leaf, o, nu, numbers), cast_like(AdaMuonState(mu, nu), state)

    return optax.GradientTransformation(init, update)


@gradient_transformation
def adamuon(
    learning_rate: optax.ScalarOrSchedule = 0.02,
    beta: Decay = 0.95,
    eps: NonNegative = 1e-8,
    weight_decay: NonNegativeOrSchedule = 0.01,
    mask: Mask = None,
    *,
    ns_steps: Whole = 5,
    nesterov: bool = True,
    consistent_rms: NonNegative = 0.2,
    adam_b1: Decay = 0.9,
    adam_b2: Decay = 0.95,
    adam_eps: NonNegative = 1e-8,
    adam_learning_rate: optax.ScalarOrSchedule | None = None,
    weight_dimension_numbers: Tree | Callable[[Any], Any] = None,
) -> optax.GradientTransformationExtraArgs:
    """AdaMuon: signs of the momentum, orthogonalized, over the root of their own mean square.

        M ← (1 − β) G + β M,    M̂ = (1 − β) G + β M         (Nesterov; else M)
        O = U Vᵀ for sign(M̂) = U S Vᵀ, nearly, by Newton–Schulz iteration: see `muon`
        V ← (1 − β) O² + β V,    Ô = O / (√V + ε)
        W ← W − η (0.2 √(in · out) Ô / ‖Ô‖ + λ W)

    Entries that move to and fro move less, as in Adam. A step's root mean square is 0.2, about
    Adam's, so that Adam's rates can be used. The rest is AdamW's. There is no correction of the
    start of V, which the division by ‖Ô‖ makes needless. The paper has no Nesterov, its authors'
    code has. There in · out of a kernel of rank 4 is its longest axis times its shortest.

    Args:
      learning_rate: η; a number or a schedule.
      beta: β, memory of the momentum and of the mean square.
      eps: ε, added to √V and to ‖Ô‖.
      weight_decay: λ, decoupled, of all arrays; a number or a schedule.
      mask: Where weights decay: see `add_decayed_weights`.
      ns_steps: Newton–Schulz iterations.
      nesterov: Whether M̂ looks one step ahead.
      consistent_rms: The 0.2.
      adam_b1: β₁ of AdamW.
      adam_b2: β₂ of AdamW.
      adam_eps: ε of AdamW.
      adam_learning_rate: η of AdamW; None for that of matrices.
      weight_dimension_numbers: How arrays are matrices: see `muon`. None takes those of rank 2,
        as (in, out).

    Returns:
      The transformation, whose `update` needs the parameters if weights decay. Memory: M and V of
      matrices, m and v of the rest.

    References:
      Si, Zhang & Shen, AdaMuon: adaptive Muon optimizer, 2025, algorithm 1.

    Example:
      >>> import jax.numpy as jnp
      >>> from lab import optimizers
      >>> rule = optimizers.adamuon(learning_rate=0.1, weight_decay=0.0)
      >>> gradient = jnp.array([[3.0, 1.0], [-1e-3, 1.0]])
      >>> updates, _ = rule.update(gradient, rule.init(gradient))
      >>> print(updates.round(3))
      [[-0.02 -0.02]
       [ 0.02 -0.02]]
    """
    spec = weight_dimension_numbers
    return with_adam(
        _direction(beta, eps, ns_steps, nesterov, consistent_rms, spec),
        scale_by_adam(adam_b1, adam_b2, adam_eps),
        add_decayed_weights(weight_decay, mask),
        (learning_rate, adam_learning_rate),
        spec,
    )


ENTRIES = (
    OptimizerEntry(
        name="adamuon",
        by_hand=adamuon,
        via_optax=None,
        search_space={"learning_rate": Float(1e-4, 1e-1, log=True)},
        reference="Si, Zhang & Shen 2025, algorithm 1",
        state_slots=2,
        rule="V ← (1 − β) O² + β V;  W ← W − η (0.2 √(in · out) Ô / ‖Ô‖ + λ W), "
        "Ô = O / √V, O = U Vᵀ of sign(M)",
    ),
)
