"""The runs of the study of activations: networks, sweeps, and what is kept of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab import models, probes, protocol
from lab.models import ACTIVATIONS
from lab.tasks.task import Initial, Task
from lab.types import Snapshot

# In the order of their history; `silu` is another name of swish.
NAMES = (
    "step", "linear", "sigmoid", "hard_sigmoid", "tanh", "softplus", "relu", "leaky_relu", "prelu",
    "elu", "selu", "gelu", "swish", "mish",
)  # fmt: skip
# Initial weights as the papers of each ask for; those that no paper speaks of get Glorot's.
INITIALIZER = {
    **dict.fromkeys(("step", "linear", "sigmoid", "hard_sigmoid", "tanh"), "glorot_normal"),
    **dict.fromkeys(("softplus", "relu", "leaky_relu", "prelu", "elu"), "he_normal"),
    **dict.fromkeys(("gelu", "swish", "mish"), "he_normal"),
    "selu": "lecun_normal",
}
SLOPES = {"sigmoid": 0.25, "tanh": 1.0}  # the largest derivative of those that saturate
SATURATED = 0.05  # of the largest derivative: below it a unit is saturated
OUTCOME, DEEP = "momentum", 4  # optimizer of the outcome; layers of nets that saturate


class Bench(NamedTuple):
    """What all runs share."""

    width: int  # units of each hidden layer
    updates: int
    rates: tuple[float, ...]  # tried
    tuning: int  # seeds that select a rate
    seeds: int  # fresh ones that are reported

    def task(self, activation: str, layers: int) -> Task:
        """Digits with a net of this activation."""
        return lab.tasks.CATALOG["digits"].make(
            widths=(self.width,) * layers,
            activation=activation,
            initializer=INITIALIZER[activation],
        )

    def settings(self, **more: Any) -> dict[str, Any]:
        """Of every sweep."""
        return {
            "budget": lab.Budget(updates=self.updates),
            "batch_size": 32,
            "evaluations": 1,
            "progress": False,
            **more,
        }

    def chosen(self, task: Task, **more: Any) -> protocol.Selection:
        """The best of `rates` by validation loss on the tuning seeds."""
        trials = {OUTCOME: [{"learning_rate": rate} for rate in self.rates]}
        seeds = protocol.phase_seeds(protocol.TUNE, self.tuning)
        tuning = lab.sweep(task, [OUTCOME], trials=trials, seeds=seeds, **self.settings(**more))
        return protocol.select(tuning)

    def report_seeds(self) -> list[int]:
        """Fresh ones."""
        return list(protocol.phase_seeds(protocol.REPORT, self.seeds))


def shapes(names: Sequence[str], points: int) -> xr.Dataset:
    """f, f' on a grid, and what the derivative does to a gradient at z ~ N(0, 1): √E f'(z)²."""
    x = np.linspace(-4.0, 4.0, points)
    nodes, weights = np.polynomial.hermite_e.hermegauss(200)
    weights = weights / weights.sum()
    everywhere = jnp.asarray(np.concatenate([x, nodes]), jnp.float32)
    values, slopes, factors = [], [], []
    for name in names:
        value, slope = jax.jvp(ACTIVATIONS[name], (everywhere,), (jnp.ones_like(everywhere),))
        values.append(value[:points])
        slopes.append(slope[:points])
        factors.append(np.sqrt(weights @ np.asarray(slope[points:]) ** 2))
    return xr.Dataset(
        {
            "value": (("activation", "x"), np.array(values)),
            "slope": (("activation", "x"), np.array(slopes)),
            "factor": (("activation",), np.array(factors)),
        },
        {"activation": list(names), "x": x.astype(np.float32)},
    )


def saturation(bench: Bench, names: Sequence[str], scales: Sequence[float]) -> xr.Dataset:
    """Saturated share by layer and time, accuracy: each scale of initial weights at its rate."""
    kept: dict[str, list] = {"saturated": [], "accuracy": [], "rate": []}
    updates = np.zeros(0)
    for name in names:
        task = bench.task(name, DEEP)
        found = bench.chosen(task, axes={"init_scale": list(scales)})
        loss: Any = task.problem.loss
        watch = probes.Signal(loss.model, ACTIVATIONS[name], SATURATED * SLOPES[name])
        swept = protocol.report(
            task,
            [OUTCOME],
            protocol.chosen_trials(found),
            seeds=bench.report_seeds(),
            **bench.settings(probe=watch, probe_every=max(1, bench.updates // 40)),
        ).isel(optimizer=0)
        layer = next(d for d in swept.probe_saturated.dims if "saturated" in str(d))
        seen = swept.probe_saturated.transpose("trial", "seed", "probe_step", layer)
        kept["saturated"].append(seen.values)
        kept["accuracy"].append(swept.test_accuracy.transpose("trial", "seed").values)
        kept["rate"].append(found.learning_rate.isel(optimizer=0).values)
        updates = swept.probe_step.values
    head = ("activation", "scale")
    return xr.Dataset(
        {
            "saturated": ((*head, "seed", "updates", "layer"), np.array(kept["saturated"])),
            "accuracy": ((*head, "seed"), np.array(kept["accuracy"])),
            "rate": (head, np.array(kept["rate"])),
        },
        {
            "activation": list(names),
            "scale": list(scales),
            "updates": updates,
            "layer": np.arange(1, DEEP + 1),
        },
    )


@dataclass(frozen=True)
class Biased:
    """Initial parameters whose hidden biases are the number `bias`, so that it may be an axis."""

    init: Any

    def __call__(self, key, hypers) -> Initial:
        """As `init` draws them, then biased."""
        params, state = self.init(key, hypers)

        def at(path, leaf):
            names = [getattr(part, "key", "") for part in path]
            hidden = str(names[0]).startswith("hidden") and names[-1] == "bias"
            return leaf + jnp.asarray(hypers["bias"], leaf.dtype) if hidden else leaf

        return Initial(jax.tree_util.tree_map_with_path(at, params), state)


def with_bias(task: Task) -> Task:
    """The task with one more number: `bias`, of hidden units at the start."""
    problem = replace(task.problem, init=Biased(task.problem.init))
    return replace(task, problem=problem, hypers={**task.hypers, "bias": 0.0}, variant=None)


@lru_cache(maxsize=1)
def training_inputs() -> np.ndarray:
    """All training rows of digits: what a dead unit must be silent on, [N, 64]."""
    split = lab.tasks.CATALOG["digits"].make().source.prepare(0)
    return np.asarray(split.rows["x"])[np.asarray(split.train)]


@dataclass(frozen=True)
class Dead:
    """Probe: the share of hidden units with f' = 0 on every training row, layer by layer: [L]."""

    model: Any
    activation: str

    def __call__(self, snapshot: Snapshot) -> jax.Array:
        """With the parameters before the update."""
        given = models.hidden(
            self.model, snapshot.params, snapshot.model_state, training_inputs(), of="preactivation"
        )
        return probes.stacked(probes.dead_fraction(given, ACTIVATIONS[self.activation]))


def dying(
    bench: Bench, name: str, optimizers: Sequence[str], rates: Sequence[float],
    biases: Sequence[float], layers: int = 2,
) -> xr.Dataset:  # fmt: skip
    """Dead share of the hidden units at start and end, and accuracy, by rate and initial bias."""
    task = with_bias(bench.task(name, layers))
    loss: Any = task.problem.loss
    # the last probe sees what the update before it left: one more is taken than is looked at
    budget = lab.Budget(updates=bench.updates + 1)
    swept = lab.sweep(
        task,
        list(optimizers),
        axes={"learning_rate": list(rates), "bias": list(biases)},
        seeds=bench.report_seeds(),
        **bench.settings(budget=budget, probe=Dead(loss.model, name), probe_every=bench.updates),
    )
    head = ("optimizer", "bias", "learning_rate", "seed")
    layer = next(d for d in swept.probe.dims if d not in (*head, "probe_step"))
    dead = swept.probe.transpose(*head, "probe_step", layer)
    accuracy = swept.validation_accuracy.isel(step=-1).transpose(*head).values.astype(float)
    return xr.Dataset(
        {
            "dead": ((*head, "when", "layer"), dead.values),
            "accuracy": (head, np.where(np.isfinite(accuracy), accuracy, 0.0)),
        },
        {
            "optimizer": list(optimizers),
            "bias": list(biases),
            "learning_rate": list(rates),
            "when": ["start", "end"],
        },
    )


def outcome(bench: Bench, name: str, depths: Sequence[int]) -> xr.Dataset:
    """Test accuracy and log-loss of fresh seeds, each depth at its chosen rate."""
    rows = []
    for depth in depths:
        task = bench.task(name, depth)
        found = bench.chosen(task)
        swept = protocol.report(
            task,
            [OUTCOME],
            protocol.chosen_trials(found),
            seeds=bench.report_seeds(),
            **bench.settings(),
        ).isel(optimizer=0, trial=0)
        rows.append(
            (
                swept.test_accuracy.values,
                swept.test_loss.values,
                float(found.learning_rate.item()),
                bool(found.at_edge.item()),
            )
        )
    accuracy, loss, rate, edge = (np.array(column) for column in zip(*rows))
    dims = ("layers", "seed")
    return xr.Dataset(
        {
            "accuracy": (dims, accuracy),
            "loss": (dims, loss),
            "rate": ("layers", rate),
            "at_edge": ("layers", edge),
        },
        {"layers": list(depths)},
    )
