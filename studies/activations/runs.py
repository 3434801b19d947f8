"""The runs of the study of activations: networks, sweeps, and what is kept of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab import probes, protocol
from lab.models import ACTIVATIONS
from lab.study import Parts, Settings, flags
from lab.tasks.task import Task
from studies.activations.dead_units import Dead, with_bias

# Initial weights as the papers of each ask for; those that no paper speaks of get Glorot's.
GLOROT, HE, LECUN = "glorot_normal", "he_normal", "lecun_normal"


@dataclass(frozen=True)
class Activations(Settings):
    """Of the study of activations."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 16
    """Fresh seeds of everything that is reported."""
    tuning: int = 4  # other seeds, which select a rate
    width: int = 32  # of hidden layers
    updates: int = 600
    batch: int = 32
    rule: str = "momentum"  # but for what dies
    rates: tuple[float, ...] = tuple(np.geomspace(1e-3, 1.0, 7).tolist())  # tried for each net
    # in the order of their history, with initial weights; `silu` is another name of swish
    activations: tuple[tuple[str, str], ...] = (
        ("step", GLOROT), ("linear", GLOROT), ("sigmoid", GLOROT), ("hard_sigmoid", GLOROT),
        ("tanh", GLOROT), ("softplus", HE), ("relu", HE), ("leaky_relu", HE), ("prelu", HE),
        ("elu", HE), ("selu", LECUN), ("gelu", HE), ("swish", HE), ("mish", HE),
    )  # fmt: skip
    depths: tuple[int, ...] = (2, 8)  # at which all are compared
    points: int = 401  # of a shape
    saturating: tuple[tuple[str, float], ...] = (("sigmoid", 0.25), ("tanh", 1.0))  # largest slopes
    saturated: float = 0.05  # of the largest slope: below it a unit is saturated
    saturating_layers: int = 4
    scales: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)  # times Glorot's weights
    killers: tuple[str, ...] = ("sgd", "adam")  # optimizers
    remedies: tuple[str, ...] = ("leaky_relu", "elu")
    deadly_rates: tuple[float, ...] = tuple(np.geomspace(1e-3, 10.0, 13).tolist())
    biases: tuple[float, ...] = (-2.0, 0.0, 0.01, 0.5)  # of ReLUs at the start
    dying_layers: int = 2
    usable: float = 0.9  # validation accuracy; at rates where it is reached a net has trained

    @property
    def split(self) -> int:
        """Of digits."""
        return self.numbers(1)[0]

    @property
    def how(self) -> dict[str, Any]:
        """Every sweep is run."""
        return {
            "budget": lab.Budget(updates=self.updates), "batch_size": self.batch,
            "split": self.split, "evaluations": 1, "progress": False,
        }  # fmt: skip


def parts(s: Activations) -> Parts:
    """Shapes; saturation; what dies of which rate and bias; the outcome of each activation."""
    yield "shapes", lambda _: shapes([name for name, _ in s.activations], s.points)
    yield "saturation", lambda _: saturation(s)
    yield "dying/relu", lambda _: dying(s, "relu", s.biases)
    for name in s.remedies:
        yield f"dying/{name}", lambda _, n=name: dying(s, n, (0.0,))
    for one in s.activations:
        yield f"outcome/{one[0]}", lambda _, one=one: outcome(s, *one)


def net(s: Activations, activation: str, initializer: str, layers: int) -> Task:
    """Digits with a net of this activation."""
    return lab.tasks.CATALOG["digits"].make(
        widths=(s.width,) * layers, activation=activation, initializer=initializer
    )


def tuned(
    s: Activations, task: Task, axes: dict[str, Any], **watched: Any
) -> tuple[protocol.Selection, xr.Dataset]:
    """The best rate by validation loss, in each cell of `axes`; fresh seeds at it."""
    trials = {s.rule: [{"learning_rate": rate} for rate in s.rates]}
    seeds = s.numbers(s.tuning, protocol.TUNE)
    found = protocol.select(
        lab.sweep(task, [s.rule], trials=trials, axes=axes, seeds=seeds, **s.how)
    )
    chosen, fresh = protocol.chosen_trials(found), s.numbers(s.seeds, protocol.REPORT)
    swept = protocol.report(task, [s.rule], chosen, seeds=fresh, **s.how, **watched)
    return found, swept.isel(optimizer=0)


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


def saturation(s: Activations) -> xr.Dataset:
    """Saturated share by layer and time, accuracy: each scale of initial weights at its rate."""
    kept: dict[str, list] = {"saturated": [], "accuracy": [], "rate": []}
    updates = np.zeros(0)
    for name, steepest in s.saturating:
        task = net(s, name, GLOROT, s.saturating_layers)
        loss: Any = task.problem.loss
        watch = probes.Signal(loss.model, ACTIVATIONS[name], s.saturated * steepest)
        found, swept = tuned(
            s, task, {"init_scale": s.scales}, probe=watch, probe_every=max(1, s.updates // 40)
        )
        seen = swept.probe_saturated.transpose("trial", "seed", "probe_step", ...)
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
            "activation": [name for name, _ in s.saturating],
            "scale": list(s.scales),
            "updates": updates,
            "layer": np.arange(1, s.saturating_layers + 1),
        },
    )


def dying(s: Activations, name: str, biases: Sequence[float]) -> xr.Dataset:
    """Dead share of the hidden units at start and end, and accuracy, by rate and initial bias."""
    task = with_bias(net(s, name, HE, s.dying_layers))
    loss: Any = task.problem.loss
    # the last probe sees what the update before it left: one more is taken than is looked at
    longer: dict[str, Any] = {**s.how, "budget": lab.Budget(updates=s.updates + 1)}
    swept = lab.sweep(
        task, s.killers, axes={"learning_rate": s.deadly_rates, "bias": biases},
        seeds=s.numbers(s.seeds, protocol.REPORT), probe=Dead(loss.model, name, s.split),
        probe_every=s.updates, **longer,
    )  # fmt: skip
    head = ("optimizer", "bias", "learning_rate", "seed")
    dead = swept.probe.transpose(*head, "probe_step", ...)
    accuracy = swept.validation_accuracy.isel(step=-1).transpose(*head).values.astype(float)
    return xr.Dataset(
        {
            "dead": ((*head, "when", "layer"), dead.values),
            "accuracy": (head, np.where(np.isfinite(accuracy), accuracy, 0.0)),
        },
        {
            "optimizer": list(s.killers),
            "bias": list(biases),
            "learning_rate": list(s.deadly_rates),
            "when": ["start", "end"],
        },
    )


def outcome(s: Activations, name: str, initializer: str) -> xr.Dataset:
    """Test accuracy and log-loss of fresh seeds, each depth at its chosen rate."""
    rows = []
    for depth in s.depths:
        found, swept = tuned(s, net(s, name, initializer, depth), {})
        one = swept.isel(trial=0)
        rate, edge = found.learning_rate.item(), found.at_edge.item()
        rows.append((one.test_accuracy.values, one.test_loss.values, rate, edge))
    accuracy, loss, rate, edge = (np.array(column) for column in zip(*rows))
    dims = ("layers", "seed")
    return xr.Dataset(
        {
            "accuracy": (dims, accuracy),
            "loss": (dims, loss),
            "rate": ("layers", rate),
            "at_edge": ("layers", edge),
        },
        {"layers": list(s.depths)},
    )
