"""The runs of the study of normalization: networks, sweeps, and what is kept of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

import lab
from lab import data, losses, models, protocol
from lab.models import MLP
from lab.tasks.supervised import Init, Loss, Metrics, Predict
from lab.tasks.task import Problem, Task
from lab.types import Snapshot

OPTIMIZER = "momentum"  # heavy ball, β = 0.9


class Net(NamedTuple):
    """A network without its normalization."""

    layers: int
    activation: str
    initializer: str


NORMS: dict[str, dict[str, Any]] = {
    "none": {},
    "batch": {"normalization": "batch"},
    "layer": {"normalization": "layer"},
    "batch, after": {"normalization": "batch", "normalization_position": "after"},
}


def matched(updates: int) -> float:
    """Momentum of running averages that remember a tenth of a run of so many updates."""
    return max(0.5, 1 - 10 / updates)


def per_example(outputs: jax.Array, targets: jax.Array) -> jax.Array:
    """Cross-entropy: [B, K], [B] -> [B]."""
    return losses.softmax_cross_entropy_with_integer_labels(outputs, targets)


def measures(outputs: jax.Array, targets: jax.Array) -> dict[str, jax.Array]:
    """Cross-entropy and hits: [B] each."""
    hit = jnp.argmax(outputs, -1) == targets
    return {"loss": per_example(outputs, targets), "accuracy": hit.astype(outputs.dtype)}


@dataclass(frozen=True)
class Bench:
    """What all runs share.

    Attributes:
      width: Units of each hidden layer.
      epochs: Of every run: equal examples, so a larger batch has fewer updates.
      rates: Learning rates tried.
      tuning: Seeds that select a rate.
      seeds: Fresh seeds that are reported.
    """

    width: int
    epochs: int
    rates: tuple[float, ...]
    tuning: int
    seeds: int

    def updates(self, batch_size: int) -> int:
        """Of a run."""
        return self.epochs * len(source().prepare(0).train) // batch_size

    def task(self, net: Net, norm: str, momentum: float) -> Task:
        """Digits with this network; `momentum` of the running averages."""
        model = MLP(
            (self.width,) * net.layers, 10, activation=net.activation,
            initializer=net.initializer, momentum=momentum, **NORMS[norm],
        )  # fmt: skip
        return Task(
            name="digits",
            problem=Problem(
                Init(model, source().n_features),
                Loss(model, per_example),
                Metrics(model, measures),
                Predict(model, jax.nn.softmax),
            ),
            source=source(),
            hypers={"init_scale": 1.0},
            kind="classification",
        )

    def sweep(self, task: Task, seeds: Sequence[int], batch_size: int, **more: Any) -> xr.Dataset:
        """A sweep of this budget."""
        settings: dict[str, Any] = {"evaluations": 1, "progress": False, **more}
        return lab.sweep(
            task, [OPTIMIZER], seeds=seeds, batch_size=batch_size,
            budget=lab.Budget(epochs=self.epochs), **settings,
        )  # fmt: skip

    def chosen(self, task: Task, batch_size: int, **more: Any) -> float:
        """The best of `rates` by validation loss, mean over the tuning seeds."""
        seeds = protocol.phase_seeds(protocol.TUNE, self.tuning)
        trials = {OPTIMIZER: [{"learning_rate": rate} for rate in self.rates]}
        found = protocol.select(self.sweep(task, seeds, batch_size, trials=trials, **more))
        return float(found.learning_rate.item())

    def report_seeds(self) -> list[int]:
        """Fresh ones."""
        return list(protocol.phase_seeds(protocol.REPORT, self.seeds))


def source():
    """Digits, to be split."""
    return data.source(data.load("digits"))


@dataclass(frozen=True)
class BothModes:
    """Probe: loss of the batch as in training, and with running averages in place of its own."""

    model: MLP

    def __call__(self, snapshot: Snapshot) -> dict[str, jax.Array]:
        """Before the update."""
        outputs, _ = models.apply(
            self.model, snapshot.params, snapshot.model_state, snapshot.batch["x"], train=False,
            hypers=snapshot.hypers.task,
        )  # fmt: skip
        return {
            "training": snapshot.loss,
            "inference": per_example(outputs, snapshot.batch["y"]).mean(),
        }


def tuned(bench: Bench, net: Net, norm: str, batch_size: int, momentum: float | None = None):
    """Fresh seeds at the chosen rate, watched in both modes: the sweep and the rate."""
    updates = bench.updates(batch_size)
    task = bench.task(net, norm, matched(updates) if momentum is None else momentum)
    loss: Any = task.problem.loss
    # watched while tuned, too: one program serves both
    watch = {"probe": BothModes(loss.model), "probe_every": max(1, updates // 100)}
    rate = bench.chosen(task, batch_size, **watch)
    swept = bench.sweep(
        task, bench.report_seeds(), batch_size, axes={"learning_rate": [rate]}, **watch
    )
    return swept.isel(optimizer=0, learning_rate=0), rate


def gap(swept: xr.Dataset) -> np.ndarray:
    """Loss in inference over loss in training, same rows and parameters, second half: [S]."""
    half = swept.isel(probe_step=slice(swept.sizes["probe_step"] // 2, None))
    means = [
        half[f"probe_{mode}"].transpose("seed", "probe_step").values.astype(float).mean(-1)
        for mode in ("inference", "training")
    ]
    return means[0] - means[1]


def last(swept: xr.Dataset, metric: str) -> np.ndarray:
    """Validation metric at the end, seeds last; a diverged run knows nothing: 0 of accuracy."""
    values = swept[f"validation_{metric}"].isel(step=-1)
    values = values.transpose(..., "seed").values.astype(float)
    return np.where(np.isfinite(values), values, 0.0 if metric == "accuracy" else np.inf)


def by_batch_size(bench: Bench, net: Net, norms: Sequence[str], sizes: Sequence[int]):
    """Accuracy, loss and chosen rate of each norm at each batch size; the gap between modes."""
    kept: dict[str, list] = {"accuracy": [], "loss": [], "gap": [], "rate": []}
    for norm in norms:
        row = [tuned(bench, net, norm, size) for size in sizes]
        for metric in ("accuracy", "loss"):
            kept[metric].append([last(swept, metric) for swept, _ in row])
        kept["gap"].append([gap(swept) for swept, _ in row])
        kept["rate"].append([rate for _, rate in row])
    dims = {"rate": ("norm", "batch_size")}
    return xr.Dataset(
        {k: (dims.get(k, ("norm", "batch_size", "seed")), np.array(v)) for k, v in kept.items()},
        {"norm": list(norms), "batch_size": list(sizes)},
    )


def by_rate(bench: Bench, net: Net, norms: Sequence[str], rates: Sequence[float], batch: int):
    """Accuracy along the training at every rate: (norm, rate, seed, step)."""
    rows, steps = [], np.zeros(0)
    for norm in norms:
        task = bench.task(net, norm, matched(bench.updates(batch)))
        swept = bench.sweep(
            task, bench.report_seeds(), batch, axes={"learning_rate": list(rates)}, evaluations=20
        ).isel(optimizer=0)
        values = swept.validation_accuracy.transpose("learning_rate", "seed", "step").values
        rows.append(np.nan_to_num(values.astype(float), posinf=0.0, neginf=0.0))
        steps = swept.updates.values.reshape(-1)[-swept.sizes["step"] :].astype(float)
    return xr.Dataset(
        {"accuracy": (("norm", "rate", "seed", "step"), np.array(rows))},
        {"norm": list(norms), "rate": list(rates), "step": steps},
    )
