"""The signal on its way forward: moments and histograms of what each layer puts out.

All functions take a tree of arrays [B, ...] (the `{name: [B, W]}` of `lab.models.hidden`, or
whatever a model of one's own returns) and give the same tree of results. Units are those of the
activations. Glorot and Bengio, 2010, look at them layer by layer.
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from lab.probes.leaves import wide
from lab.validation.checks import checked
from lab.validation.errors import require, shown
from lab.validation.kinds import FloatTree


@checked
def activation_mean(hidden: FloatTree) -> Any:
    """The mean of x over examples and units: [B, ...] -> []."""
    return jax.tree.map(lambda x: jnp.mean(wide(x)), hidden)


@checked
def activation_std(hidden: FloatTree) -> Any:
    """√mean (x − x̄)² over examples and units: [B, ...] -> []; also where squares underflow."""
    return jax.tree.map(lambda x: _root_mean_square(wide(x) - jnp.mean(wide(x))), hidden)


@checked
def activation_rms(hidden: FloatTree) -> Any:
    """√mean x² over examples and units: [B, ...] -> []; the root of the second moment.

    What He's initialization keeps from layer to layer under ReLU: arXiv:1502.01852, section 2.2.
    """
    return jax.tree.map(lambda x: _root_mean_square(wide(x)), hidden)


@checked
def histogram(hidden: FloatTree, edges: Sequence[float] | ArrayLike) -> Any:
    """The share of x in each bin: [B, ...] -> [bins].

    Bin i is [edge i, edge i+1); the first and the last also take what lies beyond, so that shares
    add up to 1, less the share of what is not a number.

    Args:
      hidden: A tree of arrays.
      edges: bins + 1 increasing numbers, at least 3.

    >>> print(histogram(jnp.array([-9.0, 0.5, 1.0, 2.5]), [0.0, 1.0, 2.0, 3.0]))
    [0.5  0.25 0.25]
    """
    edges = np.asarray(edges, np.float64)
    require(
        edges.ndim == 1 and len(edges) >= 3 and bool((np.diff(edges) > 0).all()),
        f"edges must be at least 3 increasing numbers, given {shown(edges)}.",
    )

    def shares(x):
        x = wide(x).reshape(-1, 1)
        inner = jnp.asarray(edges[1:-1], x.dtype)[None]
        below = jnp.mean((x < inner).astype(x.dtype), 0)  # [bins − 1], cumulative
        above = jnp.mean((x >= inner).astype(x.dtype), 0)
        return jnp.concatenate([below[:1], jnp.diff(below), above[-1:]])

    return jax.tree.map(shares, hidden)


def _root_mean_square(x):
    largest = jnp.max(jnp.abs(x), initial=0)
    unit = jnp.where(largest > 0, largest, 1)
    root = largest * jnp.sqrt(jnp.mean(jnp.square(x / unit)))
    return jnp.where((largest > 0) & jnp.isfinite(largest), root, largest)
