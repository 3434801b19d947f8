"""Slices of a loss: lines and planes through the parameters of a network, and paths on them.

Parameters are any pytree of arrays, written θ; a direction is a tree like it, and a path a tree
like it with a leading axis of T points. A loss is `(params, *data) -> []`; data are arguments
rather than captured, so that they are no constants of the program. Everything works under `jit`
and `vmap`. Shapes: N points of a slice, K directions, T points of a path.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from lab.validation.errors import require

Loss = Callable[..., jax.Array]  # (params, *data) -> []
CHUNK = 64  # points of a slice evaluated at once: bounds the memory


class Plane(NamedTuple):
    """The points θ + x·first + y·second; the directions need not be orthogonal."""

    origin: Any
    first: Any
    second: Any


def random_direction(key: jax.Array, params: Any) -> Any:
    """Independent standard normal numbers, a tree like `params`."""
    leaves, tree = jax.tree.flatten(params)
    keys = jax.random.split(key, len(leaves))
    drawn = [jax.random.normal(k, leaf.shape, leaf.dtype) for k, leaf in zip(keys, leaves)]
    return jax.tree.unflatten(tree, drawn)


def filter_normalized(direction: Any, params: Any) -> Any:
    """Give each filter of a direction the length of the same filter of the parameters.

        d_j ← d_j / |d_j| · |θ_j|,  j a filter;  0 for biases and normalization parameters

    A filter is what feeds one unit or channel: of a leaf with two axes or more all numbers that
    share the index of the last axis (a column of a dense kernel). Leaves with fewer axes become 0.

    Args:
      direction: A tree like `params`, such as `random_direction(key, params)`.
      params: θ.

    Raises:
      InputError: If structures or shapes differ.

    References:
      Li et al., Visualizing the loss landscape of neural nets, 2018, section 4.

    >>> filter_normalized({"kernel": jnp.eye(2)}, {"kernel": jnp.array([[3.0, 0.0], [4.0, 2.0]])})
    {'kernel': Array([[5., 0.],
           [0., 2.]], dtype=float32)}
    """
    _alike("direction", direction, params)

    def rescaled(d, w):
        if w.ndim < 2:
            return jnp.zeros_like(d)
        length, wanted = _filter_norms(d), _filter_norms(w)
        # a filter without a direction keeps none: 0 / 0 would be NaN
        return d * jnp.where(length > 0, wanted / jnp.where(length > 0, length, 1), 0)

    return jax.tree.map(rescaled, direction, params)


def heights(
    loss: Loss, origin: Any, directions: Sequence[Any], coordinates: Any, *data: Any
) -> jax.Array:
    """The loss at θ + Σ_k c_k d_k, for N points in one compiled call.

    Args:
      loss: `(params, *data) -> []`, hashable; equal losses share a compilation.
      origin: θ.
      directions: K trees like `origin`.
      coordinates: c [N, K], in lengths of the directions.
      *data: Further arguments of `loss`, such as a batch.

    Returns:
      [N], in the units of the loss.

    Raises:
      InputError: If structures or shapes do not fit.

    >>> square = lambda w: jnp.sum(w**2)
    >>> heights(square, jnp.zeros(2), [jnp.array([1.0, 0.0])], jnp.array([[0.0], [2.0]]))
    Array([0., 4.], dtype=float32)
    """
    directions, coordinates = tuple(directions), jnp.asarray(coordinates)
    for d in directions:
        _alike("a direction", d, origin)
    require(
        coordinates.ndim == 2 and coordinates.shape[1] == len(directions),
        f"coordinates must have shape [N, {len(directions)}], a column per direction, given "
        f"shape {coordinates.shape}.",
    )
    return _heights(loss, origin, directions, coordinates, data)


def line_heights(loss: Loss, origin: Any, direction: Any, x: Any, *data: Any) -> jax.Array:
    """The loss at θ + x·direction: [X] for x [X]; see `heights`."""
    return heights(loss, origin, [direction], jnp.asarray(x)[:, None], *data)


def plane_heights(loss: Loss, plane: Plane, x: Any, y: Any, *data: Any) -> jax.Array:
    """The loss on a grid of a plane: [Y, X] for x [X] and y [Y], as contours want it."""
    x, y = jnp.asarray(x), jnp.asarray(y)
    grid = jnp.stack(jnp.meshgrid(x, y), -1)  # [Y, X, 2]
    found = heights(loss, plane.origin, plane[1:], grid.reshape(-1, 2), *data)
    return found.reshape(len(y), len(x))


def path_heights(loss: Loss, path: Any, *data: Any) -> jax.Array:
    """The loss itself at the T points of a path: [T]. No plane can tell it."""
    _points(path)
    return _path_heights(loss, path, data)


def principal_plane(path: Any) -> Plane:
    """Through the last point, along the two leading principal components of the path.

    The components are those of θ_t − mean θ, orthonormal, and point so that the path's start has
    positive coordinates. Of all planes parallel to it, the one through the end is exact there.

    Args:
      path: T points, at least 3.

    References:
      Li et al. 2018, section 7; Lorch, Visualizing deep network training trajectories with PCA,
      2016.
    """
    flat, unravel = _flat(path)
    _, _, components = jnp.linalg.svd(flat - flat.mean(0), full_matrices=False)
    two = components[:2] * jnp.where(components[:2] @ (flat[0] - flat[-1]) < 0, -1, 1)[:, None]
    return Plane(unravel(flat[-1]), unravel(two[0]), unravel(two[1]))


def chord_plane(path: Any) -> Plane:
    """Through both ends of a path: from the end to the start, and where it strays most.

    The second direction is the leading singular vector of what is left of θ_t − θ_T off the
    chord; both have length 1. The path's start and end lie on the plane.

    Args:
      path: T points, at least 3, the ends apart.
    """
    flat, unravel = _flat(path)
    away = flat - flat[-1]
    first = away[0] / jnp.linalg.norm(away[0])
    left = away - (away @ first)[:, None] * first
    second = jnp.linalg.svd(left, full_matrices=False)[2][0]
    return Plane(unravel(flat[-1]), unravel(first), unravel(second))


def coordinates_on(plane: Plane, path: Any) -> jax.Array:
    """Coordinates [T, 2] of the point of the plane that is nearest to each point of a path.

    Least squares, so that directions need be neither orthogonal nor of length 1.
    """
    flat, _ = _flat(path)
    origin, *two = (_vector(tree) for tree in plane)
    basis = jnp.stack(two)  # [2, P]
    return jnp.linalg.solve(basis @ basis.T, basis @ (flat - origin).T).T


def share_of_variance(plane: Plane, path: Any) -> jax.Array:
    """How much of a path's variance lies along a plane: Σ|Π(θ_t − mean θ)|² / Σ|θ_t − mean θ|².

    Between 0 and 1. A plane through 2 of P random directions holds 2/P; the principal plane of a
    random walk in many dimensions holds 6/π² · (1 + 1/4) = 0.76 (Antognini & Sohl-Dickstein,
    PCA of high dimensional random walks with comparison to neural network training, 2018).
    """
    flat, _ = _flat(path)
    centred = flat - flat.mean(0)
    basis, _ = jnp.linalg.qr(jnp.stack([_vector(plane.first), _vector(plane.second)], -1))
    return jnp.sum((centred @ basis) ** 2) / jnp.sum(centred**2)


@partial(jax.jit, static_argnums=0)
def _heights(loss, origin, directions, coordinates, data):
    def at(c):
        def moved(w, *ds):
            return w + sum(c[k].astype(w.dtype) * d for k, d in enumerate(ds))

        return loss(jax.tree.map(moved, origin, *directions), *data)

    return jax.lax.map(at, coordinates, batch_size=CHUNK)


@partial(jax.jit, static_argnums=0)
def _path_heights(loss, path, data):
    return jax.lax.map(lambda params: loss(params, *data), path, batch_size=CHUNK)


def _filter_norms(leaf: jax.Array) -> jax.Array:
    return jnp.sqrt(jnp.sum(leaf**2, tuple(range(leaf.ndim - 1)), keepdims=True))


def _alike(what: str, tree: Any, params: Any) -> None:
    same = jax.tree.structure(tree) == jax.tree.structure(params) and all(
        jnp.shape(a) == jnp.shape(b) for a, b in zip(jax.tree.leaves(tree), jax.tree.leaves(params))
    )
    require(
        same,
        f"{what} must be a tree of arrays shaped like the parameters, "
        f"{jax.tree.map(jnp.shape, params)}, given {jax.tree.map(jnp.shape, tree)}.",
    )


def _points(path: Any) -> int:
    """T."""
    lengths = {jnp.shape(leaf)[:1] for leaf in jax.tree.leaves(path)}
    require(
        len(lengths) == 1 and () not in lengths,
        f"every leaf of a path must have the same leading axis of points, given {lengths}.",
    )
    return int(next(iter(lengths))[0])


def _flat(path: Any) -> tuple[jax.Array, Callable[[jax.Array], Any]]:
    """Points as vectors [T, P], and back from [P] to a tree."""
    count = _points(path)
    require(count >= 3, f"a plane along a path needs at least 3 points, given {count}.")
    first = jax.tree.map(lambda leaf: leaf[0], path)
    unravel = ravel_pytree(first)[1]
    return jax.vmap(_vector)(path), unravel


def _vector(tree: Any) -> jax.Array:
    return ravel_pytree(tree)[0]
