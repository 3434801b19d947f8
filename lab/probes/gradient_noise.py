"""How noisy gradients are: signal-to-noise ratio, and the two moments of the noise scale.

Loss here and everywhere among the probes is `(params, batch) -> []`, the mean over a batch, any
pytree of arrays with B examples along their first axis. What is random in it, or kept beside the
parameters, is bound by the caller, as is what weighs examples.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lab.probes.leaves import Scalars, arrays, layers
from lab.validation.checks import checked
from lab.validation.errors import require, shown
from lab.validation.kinds import Count, FloatTree, Number, Tree

Loss = Callable[[Any, Any], jax.Array]  # (params, batch) -> []


class Moments(NamedTuple):
    """What `lab.statistics.noise.noise_scale` averages over repetitions before it divides.

    Unbiased; `squared` may be negative where noise prevails. Units of a squared gradient.
    """

    squared: jax.Array  # []: |G|², of the mean gradient
    trace: jax.Array  # []: tr Σ, of the covariance of one example's gradient


@checked
def part_gradients(loss: Loss, params: FloatTree, batch: Tree, parts: Count | None = None) -> Any:
    """Gradients of equal consecutive parts of a batch: a tree like `params`, [n, ...] each.

    Args:
      loss: `(params, batch) -> []`.
      params: Any pytree of arrays.
      batch: B examples.
      parts: n, a divisor of B; None for B, the gradients of single examples. Fewer parts take
        less memory, n times the parameters.
    """
    size = _examples(batch)
    n = size if parts is None else parts
    require(n >= 2 and size % n == 0, f"parts must divide the {size} examples, given {n}.")
    split = jax.tree.map(lambda leaf: leaf.reshape(n, size // n, *leaf.shape[1:]), batch)
    return jax.vmap(jax.grad(loss), in_axes=(None, 0))(params, split)


@checked
def gradient_moments(
    loss: Loss, params: FloatTree, batch: Tree, parts: Count | None = None
) -> Moments:
    """Both moments from the gradients gᵢ of n parts of b examples, B = n b.

        tr Σ = b Σ |gᵢ − ḡ|² / (n − 1),    |G|² = |ḡ|² − tr Σ / B

    McCandlish et al., arXiv:1812.06162, section 2.2 and appendix A.1, whose estimates from two
    batch sizes b and B these are. B_simple = tr Σ / |G|² is the noise scale, in examples.

    Args:
      loss: `(params, batch) -> []`.
      params: Any pytree of arrays.
      batch: B examples.
      parts: n; see `part_gradients`.
    """
    size = _examples(batch)
    leaves = arrays(part_gradients(loss, params, batch, parts))
    n = leaves[0].shape[0]
    means = [jnp.mean(g, 0, keepdims=True) for g in leaves]
    spread = _total(g - mean for g, mean in zip(leaves, means))
    trace = spread * (size / n / (n - 1))
    return Moments(_total(means) - trace / size, trace)


@checked
def gradient_snr(
    loss: Loss,
    params: FloatTree,
    batch: Tree,
    parts: Count | None = None,
    epsilon: Number = 1e-30,
    depth: Count | None = None,
) -> Scalars:
    """mean_j ḡⱼ² / (Var gⱼ + ε) over the parameters j of each layer; without a unit.

    Mean and variance (divided by n − 1) are over the gradients of n parts of the batch, single
    examples by default. Pure noise leaves 1/n. The square of
    what Rainforth et al., arXiv:1802.04537, call so.

    Args:
      loss: `(params, batch) -> []`.
      params: Any pytree of arrays.
      batch: B examples.
      parts: n; see `part_gradients`.
      epsilon: ε: what never varies counts as 0 if it is also 0.
      depth: How many keys name a layer; see `layers`.
    """
    gradients = part_gradients(loss, params, batch, parts)

    def ratios(g):
        variance = jnp.var(g, 0, ddof=1)
        return jnp.square(jnp.mean(g, 0)) / (variance + jnp.asarray(epsilon, g.dtype))

    return {
        name: sum(jnp.sum(ratios(g)) for g in leaves) / sum(g[0].size for g in leaves)
        for name, leaves in layers(gradients, depth).items()
    }  # type: ignore[return-value]


def _examples(batch) -> int:
    """How many examples a batch has."""
    sizes = {np.shape(leaf)[:1] for leaf in jax.tree.leaves(batch)}
    require(
        len(sizes) == 1 and () not in sizes,
        f"batch must hold arrays with one number of examples, given {shown(sorted(sizes))}.",
    )
    return sizes.pop()[0]


def _total(leaves) -> Any:
    return sum(jnp.sum(jnp.square(leaf)) for leaf in leaves)
