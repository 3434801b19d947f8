"""Does training drive the sharpness to the edge of stability, and what does looking cost?

A tanh network on 500 digits, full batches. The largest eigenvalue of the Hessian, by Lanczos, is
followed beside the training and set against the edge of a quadratic: 2/η for gradient descent,
(2 + 2β)/η for heavy ball, and 38/η for the curvature that Adam's preconditioner leaves over.
Cohen et al., arXiv:2103.00065 and arXiv:2207.14484.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import numpy as np
import xarray as xr

import lab
from lab import probes, schedules
from lab.data.streams import init_key
from lab.study.cli import Flags, Folder, main, opened
from lab.study.once import once
from lab.tasks.task import Problem, Task
from lab.types import Snapshot
from studies.edge_of_stability import report
from studies.edge_of_stability.price import cases, price
from studies.edge_of_stability.probes import (
    B1,
    LANCZOS,
    ROWS,
    WIDTHS,
    AdamCurvature,
    Curvature,
    cross_entropy,
    digits_task,
    half_squared,
)

MOMENTUM = 0.9
FACTORS = np.array([0.3, 0.6, 1.2, 1.6, 2.0])  # rates, in edges of the sharpness at the start
ADAM_RATES = np.array([1e-3, 3e-3, 5.5e-3, 1e-2])
UPDATES, EVERY = 4000, 40
REPEATS = 8  # of the price


def warmed(peak: Any, steps: Any):
    """A constant rate, after a linear rise over the first quarter."""
    return schedules.warmup_constant_schedule(0.01 * peak, peak, steps // 4)


class Arm(NamedTuple):
    """A loss, a rule, and where its edge lies."""

    per_example: Callable[[Any, Any], jax.Array]
    optimizer: str
    edge: float  # times 1/η
    rates: Callable[[float], np.ndarray]  # tried, from the mean sharpness at the start
    probe: Callable[[Problem], Callable[[Snapshot], Any]] = Curvature
    # Heavy ball that starts beyond its edge diverges before it can find a flatter place.
    schedule: str | Callable[..., Any] = "constant_schedule"
    by_start: bool = True  # whether rates follow from the start


def _times(edge: float) -> Callable[[float], np.ndarray]:
    return lambda start: FACTORS * edge / start


_HEAVY = 2 + 2 * MOMENTUM
ARMS = {
    "gradient descent": Arm(half_squared, "sgd", 2.0, _times(2.0)),
    "gradient descent, cross-entropy": Arm(cross_entropy, "sgd", 2.0, _times(2.0)),
    "heavy ball": Arm(half_squared, "momentum", _HEAVY, _times(_HEAVY), schedule=warmed),
    "Adam": Arm(
        half_squared, "adam", 2 * (1 + B1) / (1 - B1), lambda _: ADAM_RATES,
        probe=AdamCurvature, by_start=False,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class EdgeOfStability(Flags):
    """Flags of the study of sharpness; `--seeds` is the number of initial networks."""


def run(flags: EdgeOfStability) -> None:
    """Follow the sharpness of every arm, price the probes, draw."""
    folder = Folder(flags, "edge_of_stability")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "edge_of_stability"), folder)
        return
    configuration = {
        "smoke": flags.smoke, "seeds": flags.seeds or (2 if flags.smoke else 8),
        "updates": 40 if flags.smoke else UPDATES, "every": 10 if flags.smoke else EVERY,
        "lanczos": LANCZOS, "rows": ROWS, "widths": list(WIDTHS),
        "arms": list(ARMS)[: 1 if flags.smoke else None],
    }  # fmt: skip
    parts = {
        _label(name): once(
            folder, _label(name), configuration, lambda name=name: followed(name, configuration)
        )
        for name in configuration["arms"]
    }
    task = digits_task(half_squared)
    priced = cases(task, ROWS, Curvature(task.problem))
    parts["price"] = once(
        folder,
        "price",
        configuration,
        lambda: price([priced[0]._replace(stage=5)], 2) if flags.smoke else price(priced, REPEATS),
    )
    report.draw(folder.finish(parts, configuration), folder)


def _label(name: str) -> str:
    return name.replace(", ", "_").replace(" ", "_")


def starting_sharpness(task: Task, seeds: int) -> np.ndarray:
    """λ₁ of each seed's initial network: [S]."""
    rows = {k: jax.numpy.asarray(v) for k, v in task.source.prepare(0).rows.items()}

    def loss(params, batch):
        return task.problem.loss(params, {}, batch, None, dict(task.hypers))[0]

    def one(key):
        params = task.problem.init(key, dict(task.hypers)).params
        return probes.sharpness(loss, params, rows, key, 2 * LANCZOS)

    return np.asarray([jax.jit(one)(init_key(seed)) for seed in range(seeds)])


def followed(name: str, told: dict[str, Any]) -> xr.Dataset:
    """Sharpness and loss of every rate and seed of one arm, along its training."""
    arm = ARMS[name]
    task = digits_task(arm.per_example)
    rates = arm.rates(float(starting_sharpness(task, told["seeds"]).mean()))
    swept = lab.sweep(
        task, [arm.optimizer], axes={"learning_rate": rates}, seeds=told["seeds"],
        budget=lab.Budget(updates=told["updates"] + 1), batch_size=ROWS, schedule=arm.schedule,
        evaluations=1, probe=arm.probe(task.problem), probe_every=told["every"], progress=False,
    ).isel(optimizer=0)  # fmt: skip
    found = {
        what: swept[f"probe_{what}"].transpose("learning_rate", "seed", "probe_step").astype(float)
        for what in ("sharpness", "bound", "loss")
    }
    kept = xr.Dataset(found).drop_vars("optimizer", errors="ignore")
    kept.attrs = {
        "arm": name,
        "edge": arm.edge,
        "warmup": int(arm.schedule is warmed),
        "by_start": int(arm.by_start),
    }
    return kept


if __name__ == "__main__":
    main(EdgeOfStability, run)
