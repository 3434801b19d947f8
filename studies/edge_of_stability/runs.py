"""The runs of the study of sharpness: every arm is followed along its training."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np
import xarray as xr

import lab
from lab import probes, schedules
from lab.data.streams import init_key
from lab.study import Parts
from lab.tasks.task import Task
from studies.edge_of_stability.price import price
from studies.edge_of_stability.probes import Curvature, cross_entropy, digits_task, half_squared
from studies.edge_of_stability.settings import EdgeOfStability


def warmed(peak: Any, steps: Any):
    """A constant rate, after a linear rise over the first quarter."""
    return schedules.warmup_constant_schedule(0.01 * peak, peak, steps // 4)


class Arm(NamedTuple):
    """A loss, a rule, and where its edge lies."""

    per_example: Callable[[Any, Any], jax.Array]
    optimizer: str
    edge: float  # times 1/η
    # Heavy ball that starts beyond its edge diverges before it can find a flatter place.
    schedule: str | Callable[..., Any] = "constant_schedule"


def arms(s: EdgeOfStability) -> dict[str, Arm]:
    """All of them."""
    return {
        "gradient descent": Arm(half_squared, "sgd", 2.0),
        "gradient descent, cross-entropy": Arm(cross_entropy, "sgd", 2.0),
        "heavy ball": Arm(half_squared, "momentum", 2 + 2 * s.momentum, warmed),
        "Adam": Arm(half_squared, "adam", 2 * (1 + s.b1) / (1 - s.b1)),
    }


def parts(s: EdgeOfStability) -> Parts:
    """The sharpness of every arm, and what looking costs."""
    for name in s.arms:
        yield label(name), lambda _, name=name: followed(s, name)
    task = digits_task(s, half_squared)
    yield "price", lambda _: price(s, task, Curvature(task.problem, s.lanczos))


def label(arm: str) -> str:
    """Of its part."""
    return arm.replace(", ", "_").replace(" ", "_")


def starting_sharpness(s: EdgeOfStability, task: Task) -> np.ndarray:
    """λ₁ of each seed's initial network: [S]."""
    rows = {k: jax.numpy.asarray(v) for k, v in task.source.prepare(s.split).rows.items()}

    def loss(params, batch):
        return task.problem.loss(params, {}, batch, None, dict(task.hypers))[0]

    def one(key):
        params = task.problem.init(key, dict(task.hypers)).params
        return probes.sharpness(loss, params, rows, key, 2 * s.lanczos)

    return np.asarray([jax.jit(one)(init_key(seed)) for seed in s.numbers(s.seeds)])


def followed(s: EdgeOfStability, name: str) -> xr.Dataset:
    """Sharpness and loss of every rate and seed of one arm, along its training."""
    arm = arms(s)[name]
    task = digits_task(s, arm.per_example)
    adam = arm.optimizer == "adam"
    start = float(starting_sharpness(s, task).mean())
    rates = np.array(s.adam_rates) if adam else np.array(s.factors) * arm.edge / start
    swept = lab.sweep(
        task, [arm.optimizer], axes={"learning_rate": rates}, seeds=s.numbers(s.seeds),
        split=s.split, budget=lab.Budget(updates=s.updates + 1), batch_size=s.rows,
        schedule=arm.schedule, evaluations=1, probe_every=s.every, progress=False,
        probe=Curvature(task.problem, s.lanczos, (s.b1, s.b2) if adam else None),
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
        "by_start": int(not adam),
    }
    return kept
