"""The runs of the study of gradient flow: the stalled net, its remedies, the region, the flow."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import xarray as xr

import lab
from lab import probes, protocol
from lab.optimizers import CATALOG
from lab.study import Parts, Settings, flags
from lab.tasks.any_initializer import any_initializer, numbered
from lab.tasks.task import Task

GLOROT = ("glorot_normal",)
PLAIN = ("glorot_normal", "he_normal", "uniform_half", "glorot_logistic_normal")
Changes = tuple[tuple[str, Any], ...]  # arguments of `net`, of a sigmoid net under Glorot


@dataclass(frozen=True)
class GradientFlow(Settings):
    """Of the study of gradient flow."""

    seeds: Annotated[int, flags.whole(2, 100_000)] = 16
    """Fresh seeds of everything that is reported."""
    tuning: int = 3  # other seeds, which select a rate
    width: int = 64  # of hidden layers
    layers: int = 10
    updates: int = 1000
    batch: int = 16
    rules: tuple[tuple[str, tuple[float, ...]], ...] = (  # with rates
        ("momentum", tuple(np.geomspace(1e-3, 1.0, 7).tolist())),
        ("adam", tuple(np.geomspace(1e-4, 1e-1, 7).tolist())),
    )
    stalled: tuple[str, ...] = PLAIN[:3]
    remedies: tuple[tuple[str, Changes], ...] = (  # each changes one thing
        ("fewer layers", (("layers", 2),)),
        ("ReLU", (("activation", "relu"),)),
        ("batch norm", (("normalization", "batch"),)),
        ("residual", (("residual", True),)),
        ("Glorot × 4", (("names", PLAIN[3:]),)),
    )
    activations: tuple[str, ...] = ("sigmoid", "tanh", "relu")  # of nets that are followed
    views: tuple[tuple[str, Changes], ...] = (
        ("plain", (("names", PLAIN),)),
        ("4 layers", (("layers", 4),)),
        ("batch norm", (("normalization", "batch"),)),
        ("residual", (("residual", True),)),
    )
    watched: float = 0.01  # rate at which all nets are followed
    short: int = 300  # updates, of nets that are followed and of the region
    region_width: int = 32
    region_rates: tuple[float, ...] = tuple(np.geomspace(1e-3, 1.0, 7)[2:].tolist())
    depths: tuple[int, ...] = (2, 4, 6, 8, 10)
    scales: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)

    @property
    def split(self) -> int:
        """Of digits."""
        return self.numbers(1)[0]

    @property
    def fresh_seeds(self) -> list[int]:
        """That nothing was tuned on."""
        return self.numbers(self.seeds, protocol.REPORT)

    @property
    def trials(self) -> dict[str, list[dict[str, Any]]]:
        """Rates of every optimizer."""
        return {rule: [{"learning_rate": rate} for rate in rates] for rule, rates in self.rules}

    @property
    def how(self) -> dict[str, Any]:
        """Every sweep is run."""
        return {"batch_size": self.batch, "split": self.split, "evaluations": 1, "progress": False}


def parts(s: GradientFlow) -> Parts:
    """The stalled net; depth, scale and rate; remedies; gradients along the training."""
    yield "stalled", lambda _: stalled(s)
    yield "region", lambda _: region(s)
    for name, changes in s.remedies:
        yield f"remedies/{name}", lambda _, changed=dict(changes): remedy(s, **changed)
    for name in s.activations:
        yield f"flow/{name}", lambda _, name=name: flow(s, name)


def net(
    s: GradientFlow, *, activation: str = "sigmoid", names: tuple[str, ...] = GLOROT,
    layers: int | None = None, width: int | None = None, **options: Any,
) -> Task:  # fmt: skip
    """The net that stalls, on digits, with one thing changed, or none."""
    widths = (width or s.width,) * (layers or s.layers)
    made = lab.tasks.CATALOG["digits"].make(widths=widths, activation=activation, **options)
    return any_initializer(made, names)


def accuracy(swept: xr.Dataset, metric: str, *dims: str) -> np.ndarray:
    """A diverged run knows nothing: 0."""
    values = swept[metric].transpose(*dims, "seed").values.astype(float)
    return np.where(np.isfinite(values), values, 0.0)


def stalled(s: GradientFlow) -> xr.Dataset:
    """Test accuracy at every rate, from every plain initializer: nothing is selected."""
    crossed = {
        rule: [{**one, "initializer": number} for number in numbered(s.stalled) for one in trials]
        for rule, trials in s.trials.items()
    }
    swept = protocol.report(
        net(s, names=s.stalled), list(crossed), crossed, seeds=s.fresh_seeds,
        budget=lab.Budget(updates=s.updates), **s.how,
    )  # fmt: skip
    values = accuracy(swept, "test_accuracy", "optimizer", "trial")
    shape = (len(s.rules), len(s.stalled), -1, s.seeds)
    return xr.Dataset(
        {
            "accuracy": (("optimizer", "initializer", "rate", "seed"), values.reshape(shape)),
            "learning_rate": (("optimizer", "rate"), np.array([rates for _, rates in s.rules])),
        },
        {"optimizer": list(crossed), "initializer": list(s.stalled)},
    )


def remedy(s: GradientFlow, **changed: Any) -> xr.Dataset:
    """Test accuracy of fresh seeds, each optimizer at the best rate of the tuning seeds."""
    task, rules, budget = net(s, **changed), list(s.trials), lab.Budget(updates=s.updates)
    seeds = s.numbers(s.tuning, protocol.TUNE)
    tuning = lab.sweep(task, rules, trials=s.trials, seeds=seeds, budget=budget, **s.how)
    found = protocol.select(tuning)
    chosen = protocol.chosen_trials(found)
    swept = protocol.report(task, rules, chosen, seeds=s.fresh_seeds, budget=budget, **s.how)
    values = accuracy(swept.isel(trial=0), "test_accuracy", "optimizer")
    return xr.Dataset(
        {
            "accuracy": (("optimizer", "seed"), values),
            "rate": ("optimizer", found.learning_rate.values),
            "at_edge": ("optimizer", found.at_edge.values),
        },
        {"optimizer": rules},
    )


def region(s: GradientFlow) -> xr.Dataset:
    """Validation accuracy of sigmoid nets by depth, scale of Glorot's weights, and rate."""
    axes = {"learning_rate": s.region_rates, "init_scale": s.scales}
    head = ("init_scale", "learning_rate")
    rows = []
    for depth in s.depths:
        swept = lab.sweep(
            net(s, layers=depth, width=s.region_width), ["momentum"], seeds=s.fresh_seeds,
            axes=axes, budget=lab.Budget(updates=s.short), **s.how,
        ).isel(optimizer=0, step=-1)  # fmt: skip
        rows.append(accuracy(swept, "validation_accuracy", *head))
    return xr.Dataset(
        {"accuracy": (("layers", *head, "seed"), np.array(rows))},
        {
            "layers": list(s.depths),
            "init_scale": list(s.scales),
            "learning_rate": list(s.region_rates),
        },
    )


def flow(s: GradientFlow, activation: str) -> xr.Dataset:
    """Gradient norm and relative change of each layer along the training, view by view.

    The last layer is the output; NaN where a net has fewer layers or has diverged.
    """
    watch = probes.together(flow=probes.Flow(depth=1), since=probes.Since(depth=1))
    rule = {"momentum": probes.remembering(CATALOG["momentum"])}
    labels: list[str] = []
    found: dict[str, list[np.ndarray]] = {"flow_gradient_norm": [], "since_relative_change": []}
    updates = np.zeros(0)
    for view, changes in s.views:
        names = dict(changes).get("names", GLOROT)
        swept = lab.sweep(
            net(s, activation=activation, **dict(changes)), rule, seeds=s.fresh_seeds,
            axes={"learning_rate": [s.watched], "initializer": numbered(names)},
            budget=lab.Budget(updates=s.short + 1), probe=watch,
            probe_every=max(1, s.short // 30), **s.how,
        ).isel(optimizer=0, learning_rate=0)  # fmt: skip
        labels += list(names) if len(names) > 1 else [view]
        for what, kept in found.items():
            values = swept[f"probe_{what}"].transpose("initializer", "seed", "probe_step", ...)
            shown = values.values.astype(float)
            missing = s.layers + 1 - shown.shape[-1]
            padded = np.pad(shown, ((0, 0),) * 3 + ((0, missing),), constant_values=np.nan)
            kept += list(np.where(np.isfinite(padded), padded, np.nan))
        updates = swept.probe_step.values
    gradient, change = (np.array(kept) for kept in found.values())
    dims = ("view", "seed", "updates", "layer")
    return xr.Dataset(
        {"gradient": (dims, gradient), "change": (dims, change)},
        {"view": labels, "updates": updates, "layer": np.arange(1, s.layers + 2)},
    )
