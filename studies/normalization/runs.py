"""The runs of the study of normalization: networks, sweeps, and what is kept of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import xarray as xr

import lab
from lab import data, protocol
from lab.models import MLP
from lab.study import Parts, Settings, flags
from lab.tasks.supervised import problem
from lab.tasks.task import Task
from studies.normalization.measures import BothModes, gap, last, less, matched, training_loss

Net = tuple[str, int, str, str]  # a name, hidden layers, activation, initializer
NORMS: dict[str, dict[str, Any]] = {
    "none": {},
    "batch": {"normalization": "batch"},
    "layer": {"normalization": "layer"},
    "batch, after": {"normalization": "batch", "normalization_position": "after"},
}


@dataclass(frozen=True)
class Normalization(Settings):
    """Of the study of normalization."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 16
    """Fresh seeds of everything that is reported."""
    tuning: int = 2  # other seeds, which select a rate
    width: int = 32  # of hidden layers
    epochs: int = 10  # of every run: equal examples, so a larger batch has fewer updates
    batch: int = 32  # where its size is no axis
    rule: str = "momentum"  # heavy ball, β = 0.9
    rates: tuple[float, ...] = tuple(np.geomspace(3e-4, 1.0, 8).tolist())  # tried for each size
    nets: tuple[Net, ...] = (
        ("3-layer ReLU", 3, "relu", "he_normal"),
        ("10-layer sigmoid", 10, "sigmoid", "glorot_normal"),
    )
    norms: tuple[str, ...] = ("none", "batch", "layer")
    sizes: tuple[int, ...] = (1, 4, 16, 64, 256)
    wide: tuple[float, ...] = tuple((10 ** np.linspace(-3.5, 0.5, 9)).tolist())  # some are usable
    points: int = 20  # of a curve at each of these
    scales: tuple[float, ...] = tuple((10 ** np.linspace(-1.5, 1.5, 7)).tolist())  # of kernels
    depths: tuple[int, ...] = (1, 3, 6, 10)
    depth_norms: tuple[str, ...] = ("none", "batch", "batch, after")
    memories: tuple[float, ...] = (0.9, 0.99)  # usual momenta of running averages
    stale_sizes: tuple[int, ...] = (32, 256)
    usable: float = 0.9  # validation accuracy from which a rate or an initial scale is

    @property
    def split(self) -> int:
        """Of digits."""
        return self.numbers(1)[0]

    @property
    def fresh_seeds(self) -> list[int]:
        """That nothing was tuned on."""
        return self.numbers(self.seeds, protocol.REPORT)

    @property
    def rows(self) -> int:
        """That are trained on."""
        return len(digits().prepare(self.split).train)

    def updates(self, size: int) -> int:
        """Of a run at this batch size."""
        return self.epochs * self.rows // size


def parts(s: Normalization) -> Parts:
    """Each net by batch size, rate and initial scale; depth; memory of running averages."""
    for net in s.nets:
        yield f"batch_size/{net[0]}", lambda _, net=net: by_batch_size(s, net)
        yield f"rates/{net[0]}", lambda _, net=net: by_rate(s, net)
        yield f"init/{net[0]}", lambda _, net=net: by_scale(s, net)
    yield "depth", lambda _: by_depth(s)
    yield "running", lambda _: running(s, s.nets[0])


def digits() -> Any:
    """To be split."""
    return data.source(data.load("digits"))


def task(s: Normalization, net: Net, norm: str, memory: float) -> Task:
    """Digits with this network; `memory` is the momentum of its running averages."""
    _, layers, activation, initializer = net
    model = MLP(
        (s.width,) * layers, 10, activation=activation, initializer=initializer, momentum=memory,
        **NORMS[norm],
    )  # fmt: skip
    return Task(
        name="digits", problem=problem(model, digits(), ()), source=digits(),
        hypers={"init_scale": 1.0}, kind="classification",
    )  # fmt: skip


def sweep(
    s: Normalization, task: Task, seeds: Sequence[int], size: int, **more: Any
) -> xr.Dataset:  # fmt: skip
    """At a batch size, for the epochs of all runs."""
    settings: dict[str, Any] = {"evaluations": 1, "progress": False, **more}
    return lab.sweep(
        task, [s.rule], seeds=seeds, batch_size=size, budget=lab.Budget(epochs=s.epochs),
        split=s.split, **settings,
    )  # fmt: skip


def chosen(s: Normalization, task: Task, size: int, **more: Any) -> float:
    """The best of the rates by validation loss, mean over the tuning seeds."""
    seeds = s.numbers(s.tuning, protocol.TUNE)
    trials = {s.rule: [{"learning_rate": rate} for rate in s.rates]}
    found = protocol.select(sweep(s, task, seeds, size, trials=trials, **more))
    return float(found.learning_rate.item())


def tuned(
    s: Normalization, net: Net, norm: str, size: int, memory: float | None = None
) -> tuple[xr.Dataset, float]:
    """Fresh seeds at the chosen rate, watched in both modes: the sweep and the rate."""
    updates = s.updates(size)
    made = task(s, net, norm, matched(updates) if memory is None else memory)
    loss: Any = made.problem.loss
    # watched while tuned, too: one program serves both
    watch = {"probe": BothModes(loss.model), "probe_every": max(1, updates // 100)}
    rate = chosen(s, made, size, **watch)
    swept = sweep(s, made, s.fresh_seeds, size, axes={"learning_rate": [rate]}, **watch)
    return swept.isel(optimizer=0, learning_rate=0), rate


def by_batch_size(s: Normalization, net: Net) -> xr.Dataset:
    """Accuracy, loss and chosen rate of each norm at each batch size; the gap between modes."""
    kept: dict[str, list] = {"accuracy": [], "loss": [], "gap": [], "rate": []}
    for norm in s.norms:
        row = [tuned(s, net, norm, size) for size in s.sizes]
        for metric in ("accuracy", "loss"):
            kept[metric].append([last(swept, metric) for swept, _ in row])
        kept["gap"].append([gap(swept) for swept, _ in row])
        kept["rate"].append([rate for _, rate in row])
    dims = {"rate": ("norm", "batch_size")}
    return xr.Dataset(
        {k: (dims.get(k, ("norm", "batch_size", "seed")), np.array(v)) for k, v in kept.items()},
        {"norm": list(s.norms), "batch_size": list(s.sizes)},
    )


def by_rate(s: Normalization, net: Net) -> xr.Dataset:
    """Accuracy along the training at every rate: (norm, rate, seed, step)."""
    rows, steps = [], np.zeros(0)
    for norm in s.norms:
        made = task(s, net, norm, matched(s.updates(s.batch)))
        swept = sweep(s, made, s.fresh_seeds, s.batch, axes={"learning_rate": s.wide},
                      evaluations=s.points).isel(optimizer=0)  # fmt: skip
        values = swept.validation_accuracy.transpose("learning_rate", "seed", "step").values
        rows.append(np.nan_to_num(values.astype(float), posinf=0.0, neginf=0.0))
        steps = swept.updates.values.reshape(-1)[-swept.sizes["step"] :].astype(float)
    return xr.Dataset(
        {"accuracy": (("norm", "rate", "seed", "step"), np.array(rows))},
        {"norm": list(s.norms), "rate": list(s.wide), "step": steps},
    )


def by_scale(s: Normalization, net: Net) -> xr.Dataset:
    """Accuracy when initial kernels are multiplied, each norm at its rate for the usual ones."""
    rows = []
    for norm in s.norms:
        made = task(s, net, norm, matched(s.updates(s.batch)))
        axes = {"learning_rate": [chosen(s, made, s.batch)], "init_scale": s.scales}
        swept = sweep(s, made, s.fresh_seeds, s.batch, axes=axes)
        rows.append(last(swept.isel(optimizer=0, learning_rate=0), "accuracy"))
    return xr.Dataset(
        {"accuracy": (("norm", "scale", "seed"), np.array(rows))},
        {"norm": list(s.norms), "scale": list(s.scales)},
    )


def by_depth(s: Normalization) -> xr.Dataset:
    """ReLU nets by depth: accuracy, and how much better training rows are known: seeds last."""
    accuracy, overfit = [], []
    for norm in s.depth_norms:
        found = [tuned(s, ("", n, "relu", "he_normal"), norm, s.batch)[0] for n in s.depths]
        accuracy.append([last(swept, "accuracy") for swept in found])
        overfit.append([less(last(swept, "loss"), training_loss(swept)) for swept in found])
    dims = ("norm", "layers", "seed")
    return xr.Dataset(
        {"accuracy": (dims, np.array(accuracy)), "overfit": (dims, np.array(overfit))},
        {"norm": list(s.depth_norms), "layers": list(s.depths)},
    )


def running(s: Normalization, net: Net) -> xr.Dataset:
    """The gap between modes with running averages of usual memory, and of matched one."""
    found = []
    for memory in (*s.memories, None):
        row = [tuned(s, net, "batch", size, memory)[0] for size in s.stale_sizes]
        found.append([(gap(swept), last(swept, "accuracy")) for swept in row])
    values = np.array(found)  # [momentum, batch size, (gap, accuracy), S]
    dims = ("momentum", "batch_size", "seed")
    return xr.Dataset(
        {"gap": (dims, values[:, :, 0]), "accuracy": (dims, values[:, :, 1])},
        {"momentum": [*(f"{m:g}" for m in s.memories), "matched"],
         "batch_size": list(s.stale_sizes)},
    )  # fmt: skip
