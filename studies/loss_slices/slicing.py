"""The loss around a path: on planes that it is laid on, and along random directions."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from lab.tasks import slices
from studies.loss_slices.settings import LossSlices, network

PLANES = {
    "principal": "principal components",
    "chord": "start–end plane",
    "random": "random directions",
}
PLACES = ("level", "end", "twin")  # where random directions start
KINDS = ("raw", "filters")  # of random directions
COLUMNS = {
    "true": ("point",), "coordinates": ("plane", "point", "axis"), "shown": ("plane", "point"),
    "share": ("plane",), "chord": ("between",), "level_point": (), "level_reached": (),
    "line": ("place", "kind", "reach"),
}  # fmt: skip


def planes_of(path: Any, key: jax.Array) -> tuple[slices.Plane, ...]:
    """The `PLANES` that pictures are drawn on; all through the end of the path."""
    end = jax.tree.map(lambda leaf: leaf[-1], path)
    drawn = [
        slices.filter_normalized(slices.random_direction(k, end), end)
        for k in jax.random.split(jax.random.fold_in(key, 1))
    ]
    return slices.principal_plane(path), slices.chord_plane(path), slices.Plane(end, *drawn)


@partial(jax.jit, static_argnums=0)
def sliced(s: LossSlices, vectors: jax.Array, rows, key) -> dict[str, jax.Array]:
    """Everything measured on one seed's path [T, P], as `COLUMNS`."""
    _, unravel, loss = network(s)
    path = jax.vmap(unravel)(vectors)
    true = slices.path_heights(loss, path, rows)
    planes = planes_of(path, key)
    coordinates = [slices.coordinates_on(plane, path) for plane in planes]
    shown = [
        slices.heights(loss, plane.origin, plane[1:], at, rows)
        for plane, at in zip(planes, coordinates)
    ]
    start, end = unravel(vectors[0]), unravel(vectors[-1])
    along = jax.tree.map(jnp.subtract, end, start)
    reached = true <= s.level
    point = jnp.where(reached.any(), jnp.argmax(reached), len(true) - 1)
    places = unravel(vectors[point]), end, twin(s, end)
    keys = jax.random.split(jax.random.fold_in(key, 2), s.directions)
    return {
        "true": true,
        "coordinates": jnp.stack(coordinates),
        "shown": jnp.stack(shown),
        "share": jnp.stack([slices.share_of_variance(plane, path) for plane in planes]),
        "chord": slices.line_heights(loss, start, along, np.linspace(0, 1, s.between), rows),
        "level_point": point,
        "level_reached": reached.any(),
        "line": jnp.stack([along_random(s, params, rows, keys) for params in places]),
    }


def along_random(s: LossSlices, params: Any, rows, keys: jax.Array) -> jax.Array:
    """Loss along random directions, one per key, averaged: [kind, reach]."""
    loss = network(s)[-1]

    def one(key):
        drawn = slices.random_direction(key, params)
        length = jnp.linalg.norm(ravel_pytree(drawn)[0])
        raw = jax.tree.map(lambda d: d * (s.raw_length / length), drawn)
        return jnp.stack(
            [
                slices.line_heights(loss, params, d, np.linspace(-1, 1, s.reach), rows)
                for d in (raw, slices.filter_normalized(drawn, params))
            ]
        )

    return jax.lax.map(one, keys).mean(0)


def twin(s: LossSlices, params: Any) -> Any:
    """Another network that computes the same function: ReLU is homogeneous."""
    up, down = s.twin, s.twin**2
    scales = {"hidden_00": (up, up), "hidden_01": (up, down), "output": (s.twin**-2, 1.0)}

    def scaled(layer: Any, kernel: float, bias: float) -> Any:
        if "dense" in layer:
            return {"dense": scaled(layer["dense"], kernel, bias)}
        return {"kernel": layer["kernel"] * kernel, "bias": layer["bias"] * bias}

    return {name: scaled(params[name], *by) for name, by in scales.items()}


def maps(s: LossSlices, vectors: jax.Array, rows, key: jax.Array) -> dict[str, Any]:
    """The loss over each plane, around the path's shadow; as far as filters are long on the random
    one, where the shadow is a dot.
    """
    _, unravel, loss = network(s)
    path = jax.vmap(unravel)(vectors)
    heights, x, y = [], [], []
    for name, plane in zip(PLANES, planes_of(path, key)):
        at = np.asarray(slices.coordinates_on(plane, path))
        middle, half = (at.max(0) + at.min(0)) / 2, (at.max(0) - at.min(0)) / 2
        half = np.maximum(half * 1.25, half.max() * 0.6)
        low, high = (
            (-np.ones(2), np.ones(2)) if name == "random" else (middle - half, middle + half)
        )
        x.append(np.linspace(low[0], high[0], s.map))
        y.append(np.linspace(low[1], high[1], s.map))
        heights.append(slices.plane_heights(loss, plane, x[-1], y[-1], rows))
    return {
        "map": (("plane", "v", "u"), np.stack(heights)),
        "map_x": (("plane", "u"), np.stack(x)),
        "map_y": (("plane", "v"), np.stack(y)),
    }
