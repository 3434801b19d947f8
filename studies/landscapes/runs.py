"""Steps on a curve, races over landscapes, and where a grid of starts ends."""

from dataclasses import dataclass
from typing import Annotated, Any

import jax.numpy as jnp
import numpy as np
import xarray as xr

from lab.protocol.races import race, random_starts
from lab.study import Parts, Settings, flags
from lab.sweeps.trajectories import arrivals, trajectories
from lab.tasks import LANDSCAPES, Landscape

RULES = (
    ("descent", "sgd"), ("heavy ball", "momentum"), ("Nesterov", "nesterov"),
    ("AdaGrad", "adagrad"), ("RMSProp", "rmsprop"), ("Adam", "adam"),
)  # fmt: skip


@dataclass(frozen=True)
class Landscapes(Settings):
    """Of the study of landscapes."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 48
    """Random starts of the races that report."""
    size: Annotated[int, flags.whole(2, 4096)] = 512
    """Starts along each side of a basin picture."""
    rules: tuple[tuple[str, str], ...] = RULES
    steps: int = 200  # of every run but those on the curve
    rate_ends: tuple[float, float] = (1e-4, 10.0)
    rates: int = 26  # between them, the same for everyone
    tuning_starts: int = 16
    first: int = 1000  # seed of the starts that report
    races: tuple[str, ...] = (
        "elongated_bowl", "saddle", "ravine", "rosenbrock", "beale", "himmelblau",
        "styblinski_tang", "rastrigin",
    )  # fmt: skip
    basins: tuple[str, ...] = ("himmelblau", "styblinski_tang", "rastrigin")
    basin_rules: tuple[str, ...] = ("descent", "heavy ball", "RMSProp", "Adam")
    settled: float = 0.1  # slope below which a run is at rest
    near: float = 0.3  # distance to a minimum that counts as in it
    curve_rates: tuple[tuple[float, str], ...] = (
        (0.05, "slow"),
        (0.35, "good"),
        (0.9, "zig-zag"),
        (1.03, "diverges"),
    )
    curve_steps: int = 14
    edge_rates: int = 201  # from 0.5 to 1.5, for the edge of stability
    edge_steps: int = 2000
    frames: int = 60  # of an animation


def parts(s: Landscapes) -> Parts:
    """The curve, and for every landscape a race and perhaps its basins."""
    yield "curve", lambda _: curve(s)
    for name in s.races:
        yield from over(s, name)


def over(s: Landscapes, name: str) -> Parts:
    """A race over a landscape; basins at the rates that were best."""
    land = LANDSCAPES[name]
    tune = random_starts(land, s.numbers(s.tuning_starts))
    told = random_starts(land, s.numbers(s.seeds, s.first))
    rates = np.geomspace(*s.rate_ends, s.rates)
    rules: Any = {label: (rule, {}) for label, rule in s.rules}
    raced = yield f"race/{name}", lambda _: race(land, rules, tune, told, s.steps, rates)
    if name in s.basins:
        yield f"basins/{name}", lambda _: basins(s, land, raced)


def curve(s: Landscapes) -> xr.Dataset:
    """Descent on x² + x, curvature 2, at four learning rates, and its edge of stability."""
    land, (rates, words) = LANDSCAPES["shifted_bowl"], (list(x) for x in zip(*s.curve_rates))
    path = trajectories(land, "sgd", [land.start], rates, s.curve_steps)[:, 0, :, 0]
    tried = np.linspace(0.5, 1.5, s.edge_rates)
    ends = np.abs(trajectories(land, "sgd", [land.start], tried, s.edge_steps)[:, 0, -1, 0] + 0.5)
    closer = np.isfinite(ends) & (ends < abs(land.start[0] + 0.5))
    return xr.Dataset(
        {"path": (("rate", "step"), path), "edge": ((), tried[closer].max())},
        {"rate": rates, "word": ("rate", words), "step": np.arange(s.curve_steps + 1)},
        {"landscape": land.name, "grid": float(tried[1] - tried[0])},
    )


def basins(s: Landscapes, land: Landscape, raced: xr.Dataset) -> xr.Dataset:
    """Where a grid of starts ends, for the raced optimizers at their best rates."""
    starts, minima, rules = land.starts(s.size), np.array(land.minima), dict(s.rules)
    names = [name for name in s.basin_rules if name in rules]
    least = float(min(land(jnp.asarray(m)) for m in land.minima))
    rate = raced.rate.sel(optimizer=names)
    found: dict[str, list[np.ndarray]] = {"minimum": [], "settled": [], "height": []}
    for name in names:
        ends = arrivals(
            land, rules[name], starts, [float(rate.sel(optimizer=name))], s.steps,
            tolerance=s.settled,
        )  # fmt: skip
        points = ends.points[0]
        height = np.asarray(land(jnp.asarray(points.T))) - least
        found["minimum"].append(nearest(points, minima, s.near).astype(np.int16))
        found["settled"].append(ends.settled[0].astype(np.int16))
        found["height"].append(np.where(np.isfinite(height), height, 1e9).astype(np.float32))
    dims, shape = ("optimizer", "y", "x"), (len(names), s.size, s.size)
    x, y = (np.linspace(*ends, s.size) for ends in land.domain)
    return xr.Dataset(
        {name: (dims, np.reshape(values, shape)) for name, values in found.items()}
        | {"nearest": (dims[1:], nearest(starts, minima).reshape(shape[1:])), "rate": rate},
        {"optimizer": names, "x": x, "y": y},
        {"landscape": land.name},
    )


def nearest(points: np.ndarray, minima: np.ndarray, within: float = np.inf) -> np.ndarray:
    """Number of the nearest minimum [N], −1 where none is `within`."""
    best, number = np.full(len(points), within), np.full(len(points), -1)
    for i, minimum in enumerate(minima):
        distance = np.linalg.norm(points - minimum, axis=-1)
        closer = distance < best
        best, number = np.where(closer, distance, best), np.where(closer, i, number)
    return number
