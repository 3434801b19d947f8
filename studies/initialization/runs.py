"""Training from each initializer: one program for all of them, the initializer being a number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab import models, probes, protocol
from lab.models import MLP
from lab.tasks.task import Initial, Task
from lab.types import Snapshot

OPTIMIZER = "momentum"


@dataclass(frozen=True)
class AnyInit:
    """Initial parameters by the initializer whose number `initializer` names, so that it may be an
    axis: nothing else about a network depends on it.
    """

    model: MLP
    features: int
    names: tuple[str, ...]

    def __call__(self, key, hypers) -> Initial:
        """All are drawn and one is kept."""
        x = jnp.zeros((1, self.features), jnp.float32)
        drawn = [
            models.init(self.model.clone(initializer=name), key, x, hypers) for name in self.names
        ]
        number = hypers["initializer"].astype(jnp.int32)
        return Initial(*jax.tree.map(lambda *leaves: jnp.stack(leaves)[number], *drawn))


@dataclass(frozen=True)
class Bench:
    """What all runs share.

    Attributes:
      width: Units of each hidden layer.
      layers: Hidden layers.
      updates: Of every run, at batch 32.
      rates: Learning rates tried.
      tuning: Seeds that select a rate.
      seeds: Fresh seeds that are reported.
    """

    width: int
    layers: int
    updates: int
    rates: tuple[float, ...]
    tuning: int
    seeds: int

    def task(self, activation: str, names: tuple[str, ...], **options: Any) -> Task:
        """Digits with these initializers to choose from, by number; `options` of the network."""
        task = lab.tasks.CATALOG["digits"].make(
            **{"widths": (self.width,) * self.layers, "activation": activation, **options}
        )
        loss: Any = task.problem.loss
        init = AnyInit(loss.model, task.source.prepare(0).rows["x"].shape[1], names)
        problem = replace(task.problem, init=init)
        hypers = {**task.hypers, "initializer": 0.0}
        return replace(task, problem=problem, hypers=hypers, variant=None)

    def settings(self, **more: Any) -> dict[str, Any]:
        """Of every sweep."""
        return {
            "budget": lab.Budget(updates=self.updates),
            "batch_size": 32,
            "evaluations": 1,
            "progress": False,
            **more,
        }

    def report_seeds(self) -> list[int]:
        """Fresh ones."""
        return list(protocol.phase_seeds(protocol.REPORT, self.seeds))


def outcome(bench: Bench, activation: str, names: tuple[str, ...]) -> xr.Dataset:
    """Test accuracy of fresh seeds from each initializer, each at its own rate."""
    task = bench.task(activation, names)
    trials = {OPTIMIZER: [{"learning_rate": rate} for rate in bench.rates]}
    tuning = lab.sweep(
        task, [OPTIMIZER], trials=trials, seeds=protocol.phase_seeds(protocol.TUNE, bench.tuning),
        axes={"initializer": _numbers(names)}, **bench.settings(),
    )  # fmt: skip
    found = protocol.select(tuning)
    swept = protocol.report(
        task,
        [OPTIMIZER],
        protocol.chosen_trials(found),
        seeds=bench.report_seeds(),
        **bench.settings(),
    ).isel(optimizer=0)
    accuracy = swept.test_accuracy.transpose("trial", "seed").values.astype(float)
    return xr.Dataset(
        {
            "accuracy": (("initializer", "seed"), np.where(np.isfinite(accuracy), accuracy, 0.0)),
            "rate": ("initializer", found.learning_rate.isel(optimizer=0).values),
            "at_edge": ("initializer", found.at_edge.isel(optimizer=0).values),
        },
        {"initializer": list(names)},
    )


@dataclass(frozen=True)
class Apart:
    """Probe: `apart` [L], the largest difference between any unit of a hidden layer and its first,
    of incoming weights, biases and outgoing weights; and the `norm` [L] of its parameters.
    """

    def __call__(self, snapshot: Snapshot) -> dict[str, jax.Array]:
        """Of the parameters before the update; 0 is equality of every bit (but −0 = 0)."""
        params = snapshot.params
        hidden = [params[name]["dense"] for name in sorted(params) if name.startswith("hidden")]
        gaps = []
        for layer, after in zip(hidden, [*hidden[1:], params["output"]]):
            unit = jnp.concatenate(  # [W, everything that belongs to a unit]
                [layer["kernel"].T, layer["bias"][:, None], after["kernel"]], 1
            )
            gaps.append(jnp.max(jnp.abs(unit - unit[:1])))
        norms = [probes.norm(layer) for layer in hidden]
        return {"apart": jnp.stack(gaps), "norm": jnp.stack(norms)}


def symmetry(
    bench: Bench,
    activation: str,
    names: Sequence[str],
    scales: Sequence[float],
    rules: Mapping[str, float],
) -> xr.Dataset:
    """How far apart the units of each layer are, along the training, by rule, initializer, scale.

    `moved`: the largest relative change of a layer's norm since the start; 0 had it not trained.
    """
    task = bench.task(activation, tuple(names))
    found: dict[str, list] = {"apart": [], "norm": []}
    updates = np.zeros(0)
    head = ("initializer", "init_scale", "seed")
    for rule, rate in rules.items():
        axes = {"learning_rate": [rate], "initializer": _numbers(names), "init_scale": scales}
        swept = lab.sweep(
            task, [rule], axes=axes, seeds=bench.report_seeds(),
            **bench.settings(
                budget=lab.Budget(updates=bench.updates + 1), probe=Apart(),
                probe_every=max(1, bench.updates // 20),
            ),
        ).isel(optimizer=0, learning_rate=0)  # fmt: skip
        for what, kept in found.items():
            values = swept[f"probe_{what}"].transpose(*head, "probe_step", ...)
            kept.append(values.values.astype(float))
        updates = swept.probe_step.values
    norm = np.array(found["norm"])
    start = norm[..., :1, :]
    moved = np.abs(norm - start).max(-2) / np.where(start > 0, start, 1.0)[..., 0, :]
    return xr.Dataset(
        {
            "apart": (("rule", *head, "updates", "layer"), np.array(found["apart"])),
            "moved": (("rule", *head, "layer"), moved),
        },
        {
            "rule": list(rules),
            "initializer": list(names),
            "init_scale": list(scales),
            "updates": updates,
        },
    )


def _numbers(names: Sequence[str]) -> list[float]:
    return [float(number) for number in range(len(names))]
