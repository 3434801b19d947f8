"""What do optimizers do on surfaces one can see? Steps, paths, basins of attraction, animations.

Every optimizer takes the same number of updates at the best of the same learning rates. Two
dimensions are an illustration: nothing here ranks optimizers for training networks.
"""

from dataclasses import dataclass
from typing import Annotated

import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab.protocol.races import race, random_starts
from lab.study.cli import Flags, Folder, main, opened
from lab.study.flags import Whole
from lab.sweeps.trajectories import arrivals, trajectories
from lab.tasks import LANDSCAPES, Landscape
from studies.landscapes import report

RULES = {
    "descent": ("sgd", {}),
    "heavy ball": ("momentum", {}),
    "Nesterov": ("nesterov", {}),
    "AdaGrad": ("adagrad", {}),
    "RMSProp": ("rmsprop", {}),
    "Adam": ("adam", {}),
}
RACES = (
    "elongated_bowl", "saddle", "ravine", "rosenbrock", "beale", "himmelblau", "styblinski_tang",
    "rastrigin",
)  # fmt: skip
BASINS = ("himmelblau", "styblinski_tang", "rastrigin")
BASIN_RULES = ("descent", "heavy ball", "RMSProp", "Adam")
ON_A_CURVE = {0.05: "slow", 0.35: "good", 0.9: "zig-zag", 1.03: "diverges"}
STEPS = 200


@dataclass(frozen=True)
class Landscapes(Flags):
    """Flags of the landscape study; `--seeds` is the number of random starts that report."""

    size: Annotated[int, Whole(2, 4096)] = 512
    """Starts along each side of a basin picture."""


def run(flags: Landscapes) -> None:
    """Race, map the basins, draw."""
    folder = Folder(flags, "landscapes")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "landscapes"), folder)
        return
    smoke = flags.smoke
    seeds, steps, size = flags.seeds or (4 if smoke else 48), STEPS, 24 if smoke else flags.size
    rules = dict(list(RULES.items())[:2]) if smoke else RULES
    parts = {"curve": curve()}
    for name in ("saddle", "himmelblau") if smoke else RACES:
        land = LANDSCAPES[name]
        starts = [random_starts(land, range(k, k + n)) for k, n in ((0, 16), (1000, seeds))]
        parts[f"race/{name}"] = race(land, rules, starts[0], starts[1], steps)
        if name in BASINS:
            parts[f"basins/{name}"] = basins(land, parts[f"race/{name}"], size, steps)
    configuration = {"starts": seeds, "steps": steps, "size": size, "smoke": smoke}
    parts = {name: lab.records.stamp(part, configuration) for name, part in parts.items()}
    report.draw(folder.finish(parts, configuration), folder)


def curve() -> xr.Dataset:
    """Descent on x² + x, curvature 2, at four learning rates, and its edge of stability."""
    land, rates = LANDSCAPES["shifted_bowl"], np.array(list(ON_A_CURVE))
    path = trajectories(land, "sgd", [land.start], rates, 14)[:, 0, :, 0]
    tried = np.linspace(0.5, 1.5, 201)
    ends = np.abs(trajectories(land, "sgd", [land.start], tried, 2000)[:, 0, -1, 0] + 0.5)
    closer = np.isfinite(ends) & (ends < abs(land.start[0] + 0.5))
    return xr.Dataset(
        {"path": (("rate", "step"), path), "edge": ((), tried[closer].max())},
        {"rate": rates, "word": ("rate", list(ON_A_CURVE.values())), "step": np.arange(15)},
        {"landscape": land.name, "grid": float(tried[1] - tried[0])},
    )


def basins(land: Landscape, raced: xr.Dataset, size: int, steps: int) -> xr.Dataset:
    """Where a grid of starts ends, for the raced optimizers at their best rates."""
    starts, minima = land.starts(size), np.array(land.minima)
    names = [name for name in BASIN_RULES if name in raced.optimizer.values]
    least = float(min(land(jnp.asarray(m)) for m in land.minima))
    found: dict[str, list[np.ndarray]] = {"minimum": [], "settled": [], "height": []}
    for name in names:
        optimizer, numbers = RULES[name]
        rate = float(raced.rate.sel(optimizer=name))
        ends = arrivals(land, optimizer, starts, [rate], steps, numbers=numbers, tolerance=0.1)
        points = ends.points[0]
        near = _nearest(points, minima, within=0.3)
        height = np.asarray(land(jnp.asarray(points.T))) - least
        found["minimum"].append(near.astype(np.int16))
        found["settled"].append(ends.settled[0].astype(np.int16))
        found["height"].append(np.where(np.isfinite(height), height, 1e9).astype(np.float32))
    dims, shape = ("optimizer", "y", "x"), (len(names), size, size)
    low, high = np.array(land.domain, float).T
    return xr.Dataset(
        {name: (dims, np.reshape(values, shape)) for name, values in found.items()}
        | {
            "nearest": (("y", "x"), _nearest(starts, minima).reshape(size, size)),
            "rate": raced.rate.sel(optimizer=names),
        },
        {
            "optimizer": names,
            "x": np.linspace(low[0], high[0], size),
            "y": np.linspace(low[1], high[1], size),
        },
        {"landscape": land.name, "steps": steps},
    )


def _nearest(points: np.ndarray, minima: np.ndarray, within: float = np.inf) -> np.ndarray:
    """Number of the nearest minimum [N], −1 where none is `within`."""
    best, number = np.full(len(points), np.inf), np.full(len(points), -1)
    for i, minimum in enumerate(minima):
        distance = np.linalg.norm(points - minimum, axis=-1)
        closer = distance < np.minimum(best, within)
        best, number = np.where(closer, distance, best), np.where(closer, i, number)
    return number


if __name__ == "__main__":
    main(Landscapes, run)
