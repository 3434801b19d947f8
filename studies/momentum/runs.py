"""Contraction on quadratics, swings, and races over landscapes."""

from dataclasses import dataclass
from typing import Annotated, Any

import jax
import numpy as np
import xarray as xr

from lab import optimizers
from lab.protocol.races import race, random_starts
from lab.study import Parts, Settings, flags
from lab.sweeps.trajectories import arrivals, trajectories
from lab.tasks import LANDSCAPES
from lab.tasks import quadratics as q
from studies.momentum.noisy_quadratic import updates_by_batch

SHOWN = 400  # updates of the runs that are drawn
METHODS = {  # rules with their best numbers for known curvatures
    "gradient descent": ("sgd", q.best_descent),
    "heavy ball": ("momentum", q.best_heavy_ball),
    "Nesterov, textbook numbers": ("nesterov", q.textbook_nesterov),
    "Nesterov, best numbers": ("nesterov", q.best_nesterov),
}
RADII = {"momentum": q.contraction_heavy_ball, "nesterov": q.contraction_nesterov}
LABELS = ["heavy ball", "Nesterov"]  # of these


@dataclass(frozen=True)
class Momentum(Settings):
    """Of the study of momentum."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 100
    """Random starts of the races that report."""
    condition: Annotated[float, flags.number(1, 1e6)] = 100.0
    """κ of the heat maps."""
    conditions: tuple[float, ...] = (10.0, 100.0, 1000.0)  # of the contraction
    points: int = 72  # along each axis of a heat map
    steps: int = 300
    swing_points: int = 60
    swing_steps: int = 400
    momentum: float = 0.9  # of the races, and of the one swing that is drawn
    swing_rate: float = 0.1  # of that
    races: tuple[str, ...] = ("elongated_bowl", "ravine", "plateau", "saddle")
    race_steps: int = 600
    ridge: float = 1e-3  # starts at the saddle lie near its ridge, where the slope is least
    rate_ends: tuple[float, float] = (1e-4, 10.0)
    rates: int = 26  # between them, the same for everyone
    tuning_starts: int = 16
    first: int = 1000  # seed of the starts that report
    momenta: tuple[float, ...] = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99)  # of the noisy quadratic
    batches: int = 13  # sizes, by powers of 2
    batch_rates: int = 40
    target: float = 0.01  # of the first loss
    dimension: int = 100
    limit: int = 20_000  # updates


def parts(s: Momentum) -> Parts:
    """Quadratics without and with noise, and a race over each landscape."""
    yield "contraction", lambda _: contraction(s.conditions)
    yield "heat", lambda _: heat(s)
    yield "oscillation", lambda _: oscillation(s)
    yield (
        "batch",
        lambda _: updates_by_batch(
            s.momenta, s.batches, s.batch_rates, s.target, s.dimension, s.limit
        ),
    )
    for name in s.races:
        yield f"race/{name}", lambda _, name=name: raced(s, name)


def raced(s: Momentum, name: str) -> xr.Dataset:
    """Descent against both kinds of momentum, each at the best of the same rates."""
    land, more = LANDSCAPES[name], {"momentum": s.momentum}
    rules = {
        "gradient descent": ("sgd", {}),
        "heavy ball": ("momentum", more),
        "Nesterov": ("nesterov", more),
    }
    near = np.array([1.0, s.ridge if name == "saddle" else 1.0])
    tune = near * random_starts(land, s.numbers(s.tuning_starts))
    told = near * random_starts(land, s.numbers(s.seeds, s.first))
    rates = np.geomspace(*s.rate_ends, s.rates)
    return race(land, rules, tune, told, s.race_steps, rates)


def contraction(conditions: tuple[float, ...]) -> xr.Dataset:
    """Theory, spectral radius of the rule's own matrix, the slope of a run, and its start."""
    cells = [contracted(*method, kappa) for method in METHODS.values() for kappa in conditions]
    theory, radius, fitted, error = (
        np.reshape(x, (len(METHODS), len(conditions), -1)) for x in zip(*cells)
    )
    dims = ("rule", "condition")
    numbers = {"theory": theory, "radius": radius, "fitted": fitted}
    return xr.Dataset(
        {k: (dims, x[..., 0]) for k, x in numbers.items()} | {"error": ((*dims, "step"), error)},
        {"rule": list(METHODS), "condition": list(conditions), "step": np.arange(SHOWN)},
    )


def contracted(optimizer: str, tuned: Any, kappa: float) -> tuple[float, float, float, np.ndarray]:
    """Of one rule at one κ, in float64.

    The error of a double root is (a + bt)ρᵗ, whose slope approaches ln ρ only like 1/t: the fit
    is over the updates in which the error falls from e⁻⁴⁰ to e⁻⁸⁰ (e⁻⁵ to e⁻¹⁵ for descent).
    """
    rate, momentum, theory = tuned(1 / kappa, 1.0)
    plain, model = optimizer == "sgd", q.quadratic(kappa)
    numbers = {} if plain else {"momentum": momentum}
    first, last = (int(np.ceil(f / -np.log(theory))) for f in ((5, 15) if plain else (40, 80)))
    with jax.enable_x64(True):
        rule = optimizers.CATALOG[optimizer].by_hand(rate, **numbers)
        radius = max(q.spectral_radius(q.iteration_matrix(rule, h)) for h in model.curvatures)
        path = trajectories(model, optimizer, [[1.0, 1.0]], [rate], last, numbers=numbers)[0, 0]
    error = np.linalg.norm(path, axis=-1)
    slope = np.polyfit(np.arange(first, last + 1), np.log(error[first:]), 1)[0]
    start = np.full(SHOWN, np.nan)
    start[: len(error)] = error[:SHOWN] / error[0]
    return theory, radius, float(np.exp(slope)), start


def plane(rates: np.ndarray, momenta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rate and momentum of every point of a grid."""
    rate, momentum = np.meshgrid(rates, momenta)
    return rate.ravel(), momentum.ravel()


def over_plane(rates: np.ndarray, momenta: np.ndarray, **values: list[np.ndarray]) -> xr.Dataset:
    """Lists of what each rule has at every point, as (rule, momentum, rate)."""
    shape = (len(LABELS), len(momenta), len(rates))
    return xr.Dataset(
        {k: (("rule", "momentum", "rate"), np.reshape(v, shape)) for k, v in values.items()},
        {"rule": LABELS, "momentum": momenta, "rate": rates},
    )


def heat(s: Momentum) -> xr.Dataset:
    """Contraction per update over momentum × learning rate: measured and in theory."""
    model = q.quadratic(s.condition)
    grid = np.geomspace(0.02, 5, s.points), np.linspace(0, 0.99, s.points)
    rate, momentum = plane(*grid)
    curvatures = np.asarray(model.curvatures)[:, None]
    measured, theory = [], []
    for name, radius in RADII.items():
        with jax.enable_x64(True):
            numbers = {"momentum": momentum}
            ends = arrivals(model, name, [[1.0, 1.0]], rate, s.steps, numbers=numbers)
        size = np.abs(ends.points[:, 0]).max(-1)  # of a start at 1; a sum of squares overflows
        measured.append(size ** (1 / s.steps))
        theory.append(radius(rate, momentum, curvatures).max(0))
    return over_plane(*grid, measured=measured, theory=theory)


def oscillation(s: Momentum) -> xr.Dataset:
    """How far beyond the minimum of ½w² each rule swings, at equal learning rate and momentum."""
    grid = np.geomspace(0.02, 1.3, s.swing_points), np.linspace(0.3, 0.98, s.swing_points)
    rate, momentum = plane(*grid)
    bowl = q.Quadratic((1.0,))

    def paths(name, rate, steps, momentum):
        with jax.enable_x64(True):
            numbers = {"momentum": momentum}
            return trajectories(bowl, name, [[1.0]], rate, steps, numbers=numbers)[:, 0, :, 0]

    # the way travelled beyond the straight way to the minimum
    detours = [
        np.abs(np.diff(paths(name, rate, s.swing_steps, momentum))).sum(-1) - 1 for name in RADII
    ]
    shown = [paths(name, [s.swing_rate], 60, s.momentum)[0] for name in RADII]
    radii = [radius(rate, momentum, 1.0) for radius in RADII.values()]
    found = over_plane(*grid, detour=detours, radius=radii)
    return found.assign(path=(("rule", "step"), np.array(shown)))
