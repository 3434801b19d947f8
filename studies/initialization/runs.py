"""Training from each initializer: one program for all of them, the initializer being a number."""

from dataclasses import dataclass
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab import probes, protocol
from lab.study import Parts, Settings, flags
from lab.tasks.any_initializer import any_initializer, numbered
from lab.tasks.task import Task
from lab.types import Snapshot
from studies.initialization.signal import distributions, propagation


@dataclass(frozen=True)
class Initialization(Settings):
    """Of the study of initialization."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 16
    """Initial networks, and fresh seeds of what is trained."""
    tuning: int = 4  # other seeds, which select a rate
    width: int = 32  # of hidden layers
    layers: int = 10
    updates: int = 600
    batch: int = 32
    rule: str = "momentum"
    rates: tuple[float, ...] = tuple(np.geomspace(1e-3, 1.0, 7).tolist())  # tried for each net
    activations: tuple[str, ...] = ("sigmoid", "tanh", "relu")
    names: tuple[str, ...] = (
        "zeros", "constant", "small_normal", "large_normal", "uniform_half", "lecun_normal",
        "glorot_normal", "glorot_logistic_normal", "he_normal", "orthogonal",
    )  # fmt: skip
    start_width: int = 64  # of nets that are looked at before any training
    start_rows: int = 256
    bins: int = 40
    deep_widths: tuple[int, ...] = (64, 128, 256, 512, 1024)
    deep_layers: int = 50
    deep_nets: int = 64
    deep_names: tuple[str, ...] = ("he_normal", "lecun_normal")
    equal: tuple[str, ...] = ("zeros", "constant")  # whose units are compared
    equal_scales: tuple[float, ...] = (0.1, 1.0)  # times 0 or ½
    equal_rules: tuple[tuple[str, float], ...] = (("sgd", 0.05), ("momentum", 0.01), ("adam", 3e-3))
    equal_activation: str = "tanh"
    equal_layers: int = 2
    equal_updates: int = 300

    @property
    def split(self) -> int:
        """Of digits."""
        return self.numbers(1)[0]

    @property
    def fresh_seeds(self) -> list[int]:
        """That nothing was tuned on."""
        return self.numbers(self.seeds, protocol.REPORT)

    @property
    def how(self) -> dict[str, Any]:
        """Every sweep is run."""
        return {"batch_size": self.batch, "split": self.split, "evaluations": 1, "progress": False}


def parts(s: Initialization) -> Parts:
    """The start; signals through fifty layers; equal units; what is learnt from each."""
    yield "start", lambda _: distributions(
        s.activations, s.names, (s.start_width,) * s.layers, s.start_rows, s.split,
        s.numbers(s.seeds), s.bins,
    )  # fmt: skip
    yield (
        "depth",
        lambda _: propagation(s.deep_names, s.deep_widths, s.deep_layers, s.numbers(s.deep_nets)),
    )
    yield "symmetry", lambda _: symmetry(s)
    for name in s.activations:
        yield f"outcome/{name}", lambda _, name=name: outcome(s, name)


def net(s: Initialization, activation: str, names: tuple[str, ...], layers: int) -> Task:
    """Digits with these initializers to choose from, by number."""
    task = lab.tasks.CATALOG["digits"].make(widths=(s.width,) * layers, activation=activation)
    return any_initializer(task, names)


def outcome(s: Initialization, activation: str) -> xr.Dataset:
    """Test accuracy of fresh seeds from each initializer, each at its own rate."""
    task = net(s, activation, s.names, s.layers)
    budget = lab.Budget(updates=s.updates)
    tuning = lab.sweep(
        task, [s.rule], trials={s.rule: [{"learning_rate": rate} for rate in s.rates]},
        axes={"initializer": numbered(s.names)}, seeds=s.numbers(s.tuning, protocol.TUNE),
        budget=budget, **s.how,
    )  # fmt: skip
    found = protocol.select(tuning)
    chosen = protocol.chosen_trials(found)
    swept = protocol.report(task, [s.rule], chosen, seeds=s.fresh_seeds, budget=budget, **s.how)
    accuracy = swept.isel(optimizer=0).test_accuracy.transpose("trial", "seed").values.astype(float)
    return xr.Dataset(
        {
            "accuracy": (("initializer", "seed"), np.where(np.isfinite(accuracy), accuracy, 0.0)),
            "rate": ("initializer", found.learning_rate.isel(optimizer=0).values),
            "at_edge": ("initializer", found.at_edge.isel(optimizer=0).values),
        },
        {"initializer": list(s.names)},
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


def symmetry(s: Initialization) -> xr.Dataset:
    """How far apart the units of each layer are, along the training, by rule, initializer, scale.

    `moved`: the largest relative change of a layer's norm since the start; 0 had it not trained.
    """
    task = net(s, s.equal_activation, s.equal, s.equal_layers)
    found: dict[str, list] = {"apart": [], "norm": []}
    updates = np.zeros(0)
    head = ("initializer", "init_scale", "seed")
    for rule, rate in s.equal_rules:
        swept = lab.sweep(
            task, [rule], seeds=s.fresh_seeds, budget=lab.Budget(updates=s.equal_updates + 1),
            axes={"learning_rate": [rate], "initializer": numbered(s.equal),
                  "init_scale": s.equal_scales},
            probe=Apart(), probe_every=max(1, s.equal_updates // 20), **s.how,
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
            "rule": [rule for rule, _ in s.equal_rules],
            "initializer": list(s.equal),
            "init_scale": list(s.equal_scales),
            "updates": updates,
        },
    )
