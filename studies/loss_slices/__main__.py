"""Does a picture of the loss tell the truth about the path?

Training runs of a small network are laid on planes through its 3,466 parameters, and the loss a
plane shows below each point is set against the loss of the point itself. Then: which of small and
large batches ends in the sharper minimum, with and without normalized filters.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jax.flatten_util import ravel_pytree

import lab
from lab import protocol, records
from lab.data.streams import init_key, noise_key
from lab.study.cli import Flags, Folder, main, opened
from lab.tasks import slices
from lab.types import Snapshot
from studies.loss_slices import report


class Arm(NamedTuple):
    """A way to train; its rate is tuned."""

    optimizer: str
    batch_size: int
    rates: np.ndarray  # tried ones


ARMS = {
    "SGD, batch 16": Arm("sgd", 16, np.geomspace(0.02, 1.5, 7)),
    "SGD, batch 512": Arm("sgd", 512, np.geomspace(0.02, 1.5, 7)),
    "Adam, batch 32": Arm("adam", 32, np.geomspace(3e-4, 0.03, 7)),
}
UPDATES, EVERY = 1000, 10  # of a run; between points of its path
LEVEL = 0.02  # training loss at which batch sizes are compared, declared beforehand
REACH = np.linspace(-1.0, 1.0, 17)  # of one-dimensional slices, in lengths of the direction
BETWEEN = np.linspace(0.0, 1.0, 51)  # start and end of a path
PLANES = ("principal", "chord", "random")
PLACES = ("level", "end", "twin")  # where random directions start
COLUMNS = {
    "true": ("point",), "coordinates": ("plane", "point", "axis"), "shown": ("plane", "point"),
    "share": ("plane",), "chord": ("between",), "level_point": (), "level_reached": (),
    "line": ("place", "kind", "reach"),
}  # fmt: skip
RAW_LENGTH = 10.0  # of directions without normalized filters: about that of the parameters
TWIN = 3.0  # both hidden layers times this, the output's kernel over its square: the same function


@dataclass(frozen=True)
class LossSlices(Flags):
    """Flags of the study of slices."""


def run(flags: LossSlices) -> None:
    """Train, slice, draw."""
    folder = Folder(flags, "loss_slices")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "loss_slices"), folder)
        return
    smoke = flags.smoke
    configuration = {
        "smoke": smoke, "updates": 40 if smoke else UPDATES, "every": 4 if smoke else EVERY,
        "level": 1.0 if smoke else LEVEL, "tuning_seeds": 2 if smoke else 4,
        "trials": 2 if smoke else 7, "seeds": flags.seeds or (2 if smoke else 16),
        "directions": 2 if smoke else 8, "map": 9 if smoke else 61, "raw_length": RAW_LENGTH,
        "twin": TWIN, "arms": list(ARMS)[: 2 if smoke else None],
    }  # fmt: skip
    parts = {}
    for name in configuration["arms"]:
        label = name.replace(", ", "_").replace(" ", "_")
        parts[label] = folder.part(
            label,
            lambda held, name=name: (
                held
                if held is not None and records.manifest(held)["configuration"] == configuration
                else records.stamp(measured(name, configuration), configuration)
            ),
        )
    report.draw(folder.finish(parts, configuration), folder)


def parameters(snapshot: Snapshot):
    """All of them as one vector, before the update."""
    return ravel_pytree(snapshot.params)[0]


@lru_cache(maxsize=1)
def _task():
    return lab.tasks.CATALOG["digits"].make(widths=(32, 32))


def _unravel(vector: jax.Array) -> Any:
    """The tree of parameters that a vector [P] was."""
    return _unravelling()(vector)


@lru_cache(maxsize=1)
def _unravelling() -> Callable[[jax.Array], Any]:
    task = _task()
    with jax.ensure_compile_time_eval():
        return ravel_pytree(task.problem.init(init_key(0), task.hypers).params)[1]


def training_loss(params, rows) -> jax.Array:
    """Mean cross-entropy of the network over `rows`."""
    task = _task()
    return task.problem.loss(params, {}, rows, None, dict(task.hypers))[0]


def measured(name: str, told: dict[str, Any]) -> xr.Dataset:
    """Tune the rate of an arm, follow fresh seeds at it, and slice the loss around them."""
    arm, task = ARMS[name], _task()
    rates = arm.rates if told["trials"] == len(arm.rates) else arm.rates[3 : 3 + told["trials"]]
    # the last probe sees what the update before it left: one more is taken than is looked at
    settings = {
        "budget": lab.Budget(updates=told["updates"] + 1),
        "batch_size": arm.batch_size,
        "progress": False,
    }
    tuning = lab.sweep(
        task,
        [arm.optimizer],
        trials={arm.optimizer: [{"learning_rate": float(rate)} for rate in rates]},
        seeds=protocol.phase_seeds(protocol.TUNE, told["tuning_seeds"]),
        evaluations=1,
        **settings,
    )
    chosen = protocol.select(tuning)
    seeds = protocol.phase_seeds(protocol.REPORT, told["seeds"])
    runs = lab.sweep(
        task, [arm.optimizer], axes={"learning_rate": [float(chosen.learning_rate.item())]},
        seeds=seeds, evaluations=1, probe=parameters, probe_every=told["every"], **settings,
    ).isel(optimizer=0, learning_rate=0)  # fmt: skip
    vectors = jnp.asarray(runs.probe.transpose("seed", "probe_step", ...).values)  # [S, T, P]
    split = task.source.prepare(0)
    rows = {k: jnp.asarray(v[split.train]) for k, v in split.rows.items()}
    keys = [noise_key(seed) for seed in seeds]
    found = [_sliced(v, rows, k, told["level"], told["directions"]) for v, k in zip(vectors, keys)]
    columns = {
        column: (("seed", *dims), np.stack([np.asarray(one[column]) for one in found]))
        for column, dims in COLUMNS.items()
    }
    return xr.Dataset(
        columns | _maps(vectors[0], rows, keys[0], told["map"]) | {
            "rate": ((), float(chosen.learning_rate.item())),
            "at_edge": ((), bool(chosen.at_edge.item())),
        },
        {
            "seed": seeds, "updates": ("point", runs.probe_step.values.astype(int)),
            "plane": list(PLANES), "between": BETWEEN, "place": list(PLACES), "reach": REACH,
            "kind": ["raw", "filters"],
        },
        {"arm": name, "parameters": vectors.shape[-1], "rows": len(split.train)},
    )  # fmt: skip


def planes_of(path: Any, key: jax.Array) -> tuple[slices.Plane, ...]:
    """The `PLANES` that pictures are drawn on; all through the end of the path."""
    end = jax.tree.map(lambda leaf: leaf[-1], path)
    drawn = [
        slices.filter_normalized(slices.random_direction(k, end), end)
        for k in jax.random.split(jax.random.fold_in(key, 1))
    ]
    return slices.principal_plane(path), slices.chord_plane(path), slices.Plane(end, *drawn)


@partial(jax.jit, static_argnames="count")
def _sliced(vectors: jax.Array, rows, key, level, count: int) -> dict[str, jax.Array]:
    """Everything measured on one seed's path [T, P], as `COLUMNS`."""
    path = jax.vmap(_unravel)(vectors)
    true = slices.path_heights(training_loss, path, rows)
    planes = planes_of(path, key)
    coordinates = [slices.coordinates_on(plane, path) for plane in planes]
    shown = [
        slices.heights(training_loss, plane.origin, plane[1:], at, rows)
        for plane, at in zip(planes, coordinates)
    ]
    start, end = _unravel(vectors[0]), _unravel(vectors[-1])
    along = jax.tree.map(jnp.subtract, end, start)
    reached = true <= level
    point = jnp.where(reached.any(), jnp.argmax(reached), len(true) - 1)
    places = _unravel(vectors[point]), end, _twin(end)
    keys = jax.random.split(jax.random.fold_in(key, 2), count)
    return {
        "true": true,
        "coordinates": jnp.stack(coordinates),
        "shown": jnp.stack(shown),
        "share": jnp.stack([slices.share_of_variance(plane, path) for plane in planes]),
        "chord": slices.line_heights(training_loss, start, along, BETWEEN, rows),
        "level_point": point,
        "level_reached": reached.any(),
        "line": jnp.stack([_lines(params, rows, keys) for params in places]),
    }


def _lines(params: Any, rows, keys: jax.Array) -> jax.Array:
    """Loss along random directions, one per key, averaged: [kind, reach]."""

    def one(key):
        drawn = slices.random_direction(key, params)
        length = jnp.linalg.norm(ravel_pytree(drawn)[0])
        kinds = (
            jax.tree.map(lambda d: d * (RAW_LENGTH / length), drawn),
            slices.filter_normalized(drawn, params),
        )
        return jnp.stack(
            [slices.line_heights(training_loss, params, d, REACH, rows) for d in kinds]
        )

    return jax.lax.map(one, keys).mean(0)


def _twin(params: Any) -> Any:
    """Another network that computes the same function: ReLU is homogeneous."""
    kernels = {"hidden_00": (TWIN, TWIN), "hidden_01": (TWIN, TWIN**2), "output": (TWIN**-2, 1.0)}

    def scaled(layer: Any, by: tuple[float, float]) -> Any:
        inner = layer.get("dense", layer)
        new = {"kernel": inner["kernel"] * by[0], "bias": inner["bias"] * by[1]}
        return {"dense": new} if "dense" in layer else new

    return {name: scaled(params[name], by) for name, by in kernels.items()}


def _around(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    middle, half = (at.max(0) + at.min(0)) / 2, (at.max(0) - at.min(0)) / 2
    half = np.maximum(half * 1.25, half.max() * 0.6)
    return middle - half, middle + half


def _as_far_as_filters_are_long(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return -np.ones(2), np.ones(2)  # the path's shadow is a dot there


def _maps(vectors: jax.Array, rows, key: jax.Array, size: int) -> dict[str, Any]:
    """The loss over each plane, around the path's shadow."""
    path = jax.vmap(_unravel)(vectors)
    heights, x, y = [], [], []
    for name, plane in zip(PLANES, planes_of(path, key)):
        at = np.asarray(slices.coordinates_on(plane, path))
        low, high = EXTENTS[name](at)
        x.append(np.linspace(low[0], high[0], size))
        y.append(np.linspace(low[1], high[1], size))
        heights.append(slices.plane_heights(training_loss, plane, x[-1], y[-1], rows))
    return {
        "map": (("plane", "v", "u"), np.stack(heights)),
        "map_x": (("plane", "u"), np.stack(x)),
        "map_y": (("plane", "v"), np.stack(y)),
    }


# How much of each plane of `PLANES` a map shows, by the coordinates of the path.
EXTENTS = {"principal": _around, "chord": _around, "random": _as_far_as_filters_are_long}


if __name__ == "__main__":
    main(LossSlices, run)
