"""Euclidean norms per layer, and ratios of norms: how large a gradient or an update is, and where.

Norms neither underflow nor overflow: squares of a vanished gradient of 1e-25 are 0 in float32, its
norm is not. Units are those of the tree; half-precision trees are measured in float32.
"""

from typing import Any

import jax
import jax.numpy as jnp

from lab.probes.leaves import Scalars, arrays, layers, wide
from lab.shapes import require_alike
from lab.validation.checks import checked
from lab.validation.kinds import Count, Module


@checked
def norm(tree: Module) -> jax.Array:
    """‖x‖₂ = m √Σ(x/m)², m = max |x|, over all arrays of a tree: -> []."""
    return vector_norm(arrays(tree))


@checked
def layer_norms(tree: Module, depth: Count | None = None) -> Scalars:
    """‖x‖₂ of each layer: of parameters, a gradient or an update; `depth` as in `layers`.

    Glorot and Bengio, 2010, section 4.2, show why to look at them layer by layer.
    """
    return {name: vector_norm(leaves) for name, leaves in layers(tree, depth).items()}


@checked
def layer_rms(tree: Module, depth: Count | None = None) -> Scalars:
    """√mean(x²) of each layer: a norm that layers of different size can be compared by."""
    return {
        name: vector_norm(leaves) / sum(leaf.size for leaf in leaves) ** 0.5
        for name, leaves in layers(tree, depth).items()
    }


@checked
def update_to_weight_ratio(update: Module, params: Module, depth: Count | None = None) -> Scalars:
    """‖Δw‖ / ‖w‖ of each layer; without a unit, about 1e-3 in a well-tuned SGD.

    Infinite where weights of 0 are moved, 0 where nothing moves. The rule of thumb is Karpathy's
    (Stanford CS231n, Neural networks, part 3).
    """
    moved, weights = layers(update, depth), layers(params, depth)
    require_alike("update", moved, "params", weights)
    return _ratios(moved, weights)


@checked
def relative_change(params: Module, start: Module, depth: Count | None = None) -> Scalars:
    """‖w − w₀‖ / ‖w₀‖ of each layer: how far training has moved it from its initial weights.

    Infinite where weights began at 0 and have moved. Chizat et al., arXiv:1812.07956 (lazy
    training); the first layers' is what vanishing gradients keep near 0.
    """
    first = layers(start, depth)
    now = layers(params, depth)
    require_alike("params", now, "start", first)
    return _ratios({name: [w - w0 for w, w0 in zip(now[name], first[name])] for name in now}, first)


@checked
def cosine(a: Module, b: Module) -> jax.Array:
    """⟨a, b⟩ / (‖a‖ ‖b‖) over all arrays of two trees of one shape: -> []; 0 if one of them is 0.

    Of successive gradients: −1 where descent bounces between two walls, near 0 where noise or
    rotation prevails, 1 along a straight slope.
    """
    require_alike("a", {"all": arrays(a)}, "b", {"all": arrays(b)})
    return vector_cosine(arrays(a), arrays(b))


@checked
def layer_cosines(a: Module, b: Module, depth: Count | None = None) -> Scalars:
    """`cosine` of each layer."""
    own, others = layers(a, depth), layers(b, depth)
    require_alike("a", own, "b", others)
    return {name: vector_cosine(own[name], others[name]) for name in own}


def vector_norm(leaves: list[Any]) -> jax.Array:
    """‖x‖₂ of arrays taken as one vector; 0 of none."""
    scaled, largest = _scaled(leaves)
    root = jnp.sqrt(_dot(scaled, scaled))
    return jnp.where((largest > 0) & jnp.isfinite(largest), largest * root, largest)


def vector_cosine(a: list[Any], b: list[Any]) -> jax.Array:
    """The cosine between two lists of arrays, each taken as one vector."""
    (a, _), (b, _) = _scaled(a), _scaled(b)
    lengths = jnp.sqrt(_dot(a, a)) * jnp.sqrt(_dot(b, b))
    return jnp.where(lengths == 0, 0, _dot(a, b) / jnp.where(lengths == 0, 1, lengths))


def _scaled(leaves):
    """The arrays over their largest absolute value, and that value."""
    leaves = [wide(leaf) for leaf in leaves]
    dtype = _widest(leaves)
    largest = jnp.zeros((), dtype)
    for leaf in leaves:
        largest = jnp.maximum(largest, jnp.max(jnp.abs(leaf), initial=0).astype(dtype))
    unit = jnp.where(largest > 0, largest, 1)
    return [leaf / unit.astype(leaf.dtype) for leaf in leaves], largest


def _widest(leaves):
    """The real dtype that holds sums over all arrays, float32 if there are none."""
    found = [jnp.finfo(leaf.dtype).dtype for leaf in leaves]
    return max(found, key=lambda dtype: dtype.itemsize, default=jnp.dtype("float32"))


def _dot(a, b):
    """Re Σ ā b."""
    total = jnp.zeros((), _widest(a))
    for x, y in zip(a, b):
        total = total + jnp.sum(jnp.real(jnp.conj(x) * y)).astype(total.dtype)
    return total


def _ratios(above, below) -> Scalars:
    ratios = {}
    for name, leaves in above.items():
        top, bottom = vector_norm(leaves), vector_norm(below[name])
        ratio = top / jnp.where(bottom == 0, 1, bottom)
        ratios[name] = jnp.where((bottom == 0) & (top > 0), jnp.inf, ratio)
    return ratios
