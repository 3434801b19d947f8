"""How much does momentum help, where, and does Nesterov's oscillate less?

On quadratics the measured contraction is set against theory, the iteration matrix being read off
the rule's own code; on curved ravines, plateaus and bowls every rule gets the best of the same
learning rates; on the noisy quadratic model momentum is asked what it buys at each batch size.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import jax
import numpy as np
import xarray as xr

import lab
from lab import optimizers
from lab.protocol.races import race, random_starts
from lab.study.cli import Flags, Folder, main, opened
from lab.study.flags import Number
from lab.sweeps.trajectories import arrivals, trajectories
from lab.tasks import LANDSCAPES
from lab.tasks import quadratics as q
from studies.momentum import report
from studies.momentum.noisy_quadratic import updates_by_batch

RACES = ("elongated_bowl", "ravine", "plateau", "saddle")
RIDGE = {"saddle": 1e-3}  # starts there lie near the ridge, where the slope that leaves it is least
RULES = {
    "gradient descent": ("sgd", {}),
    "heavy ball": ("momentum", {"momentum": 0.9}),
    "Nesterov": ("nesterov", {"momentum": 0.9}),
}


class Method(NamedTuple):
    """A rule with its best numbers for known curvatures."""

    optimizer: str
    tuned: Callable[[float, float], q.Tuned]


METHODS = {
    "gradient descent": Method("sgd", q.best_descent),
    "heavy ball": Method("momentum", q.best_heavy_ball),
    "Nesterov, textbook numbers": Method("nesterov", q.textbook_nesterov),
    "Nesterov, best numbers": Method("nesterov", q.best_nesterov),
}


@dataclass(frozen=True)
class Momentum(Flags):
    """Flags of the momentum study; `--seeds` is the number of random starts of the races."""

    condition: Annotated[float, Number(1, 1e6)] = 100.0
    """κ of the heat maps."""


def run(flags: Momentum) -> None:
    """Measure all parts, then draw."""
    folder = Folder(flags, "momentum")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "momentum"), folder)
        return
    smoke, seeds = flags.smoke, flags.seeds or (4 if flags.smoke else 100)
    configuration = {"condition": flags.condition, "starts": seeds, "smoke": smoke}
    parts = {
        "contraction": contraction((10.0,) if smoke else (10.0, 100.0, 1000.0)),
        "heat": heat(flags.condition, 8 if smoke else 72, 100 if smoke else 300),
        "oscillation": oscillation(12 if smoke else 60),
        "batch": updates_by_batch(6 if smoke else 13, 12 if smoke else 40),
    }
    for name in RACES[: 2 if smoke else None]:
        land = LANDSCAPES[name]
        starts = [random_starts(land, range(k, k + n)) for k, n in ((0, 16), (1000, seeds))]
        starts = [s * np.array([1.0, RIDGE.get(name, 1.0)]) for s in starts]
        parts[f"race/{name}"] = race(land, RULES, starts[0], starts[1], 50 if smoke else 600)
    parts = {name: lab.records.stamp(part, configuration) for name, part in parts.items()}
    report.draw(folder.finish(parts, configuration), folder)


def contraction(conditions: tuple[float, ...]) -> xr.Dataset:
    """Theory, spectral radius of the rule's own matrix, and the slope of a run, float64.

    The error of a double root is (a + bt)ρᵗ, whose slope approaches ln ρ only like 1/t: the fit
    is over the updates in which the error falls from e⁻⁴⁰ to e⁻⁸⁰ (e⁻⁵ to e⁻¹⁵ for descent).
    """
    shape = (len(METHODS), len(conditions))
    theory, radius, fitted = np.empty(shape), np.empty(shape), np.empty(shape)
    errors = np.full((*shape, 400), np.nan)
    for i, (optimizer, tuned) in enumerate(METHODS.values()):
        for j, kappa in enumerate(conditions):
            rate, momentum, theory[i, j] = tuned(1 / kappa, 1.0)
            numbers = {} if optimizer == "sgd" else {"momentum": momentum}
            model = q.quadratic(kappa)
            folds = (5, 15) if optimizer == "sgd" else (40, 80)
            first, last = (int(np.ceil(f / -np.log(theory[i, j]))) for f in folds)
            with jax.enable_x64(True):
                rule = optimizers.CATALOG[optimizer].by_hand(rate, **numbers)
                radius[i, j] = max(
                    q.spectral_radius(q.iteration_matrix(rule, h)) for h in model.curvatures
                )
                path = trajectories(model, optimizer, [[1.0, 1.0]], [rate], last, numbers=numbers)
            error = np.linalg.norm(path[0, 0], axis=-1)
            updates = np.arange(first, last + 1)
            fitted[i, j] = np.exp(np.polyfit(updates, np.log(error[first:]), 1)[0])
            shown = error[: errors.shape[-1]]
            errors[i, j, : len(shown)] = shown / error[0]
    dims = ("rule", "condition")
    return xr.Dataset(
        {
            "theory": (dims, theory),
            "radius": (dims, radius),
            "fitted": (dims, fitted),
            "error": ((*dims, "step"), errors),
        },
        {"rule": list(METHODS), "condition": list(conditions), "step": np.arange(400)},
    )


def heat(kappa: float, points: int, steps: int) -> xr.Dataset:
    """Contraction per update over momentum × learning rate: measured and in theory."""
    model = q.quadratic(kappa)
    rates, momenta = np.geomspace(0.02, 5, points), np.linspace(0, 0.99, points)
    rate_of, momentum_of = (x.ravel() for x in np.meshgrid(rates, momenta))
    h = np.asarray(model.curvatures)[:, None]
    measured, theory = [], []
    for name, radius in (
        ("momentum", q.contraction_heavy_ball),
        ("nesterov", q.contraction_nesterov),
    ):
        with jax.enable_x64(True):
            ends = arrivals(
                model, name, [[1.0, 1.0]], rate_of, steps, numbers={"momentum": momentum_of}
            )
        size = np.abs(ends.points[:, 0]).max(-1)  # of a start at 1; a sum of squares overflows
        measured.append(size ** (1 / steps))
        theory.append(radius(rate_of, momentum_of, h).max(0))
    dims, shape = ("rule", "momentum", "rate"), (2, points, points)
    return xr.Dataset(
        {
            "measured": (dims, np.reshape(measured, shape)),
            "theory": (dims, np.reshape(theory, shape)),
        },
        {"rule": ["heavy ball", "Nesterov"], "momentum": momenta, "rate": rates},
        {"condition": kappa, "steps": steps},
    )


def oscillation(points: int) -> xr.Dataset:
    """How far beyond the minimum of ½w² each rule swings, at equal learning rate and momentum.

    Only pairs at which both converge and heavy ball swings at all are compared.
    """
    rates, momenta = np.geomspace(0.02, 1.3, points), np.linspace(0.3, 0.98, points)
    rate_of, momentum_of = (x.ravel() for x in np.meshgrid(rates, momenta))
    shape = (2, points, points)
    swings, shown = [], []
    for name in ("momentum", "nesterov"):
        with jax.enable_x64(True):
            paths = trajectories(
                q.Quadratic((1.0,)), name, [[1.0]], rate_of, 400, numbers={"momentum": momentum_of}
            )[:, 0, :, 0]
            shown.append(
                trajectories(
                    q.Quadratic((1.0,)), name, [[1.0]], [0.1], 60, numbers={"momentum": 0.9}
                )[0, 0, :, 0]
            )
        # the way travelled beyond the straight way to the minimum
        swings.append(np.abs(np.diff(paths)).sum(-1) - 1)
    radius = np.stack(
        [f(rate_of, momentum_of, 1.0) for f in (q.contraction_heavy_ball, q.contraction_nesterov)]
    )
    return xr.Dataset(
        {
            "detour": (("rule", "momentum", "rate"), np.reshape(swings, shape)),
            "radius": (("rule", "momentum", "rate"), radius.reshape(shape)),
            "path": (("rule", "step"), np.stack(shown)),
        },
        {"rule": ["heavy ball", "Nesterov"], "momentum": momenta, "rate": rates},
    )


if __name__ == "__main__":
    main(Momentum, run)
