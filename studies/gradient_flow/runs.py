"""The runs of the study of gradient flow: the stalled net, its remedies, the region, the flow."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

import lab
from lab import probes, protocol
from lab.optimizers import CATALOG
from lab.tasks.task import Task
from studies.initialization.runs import Bench

Trials = Mapping[str, list[dict[str, Any]]]
GLOROT = ("glorot_normal",)
PLAIN = ("glorot_normal", "he_normal", "uniform_half", "glorot_logistic_normal")
STALLED = PLAIN[:3]
REMEDIES: dict[str, dict[str, Any]] = {  # each changes one thing of a sigmoid net under Glorot
    "fewer layers": {"layers": 2},
    "ReLU": {"activation": "relu"},
    "batch norm": {"normalization": "batch"},
    "residual": {"residual": True},
    "Glorot × 4": {"names": PLAIN[3:]},
}
VIEWS: dict[str, dict[str, Any]] = {  # of the flow; the first has all of `PLAIN`
    "plain": {"names": PLAIN},
    "4 layers": {"layers": 4},
    "batch norm": {"normalization": "batch"},
    "residual": {"residual": True},
}


def network(
    bench: Bench,
    activation: str = "sigmoid",
    names: tuple[str, ...] = GLOROT,
    layers: int | None = None,
    **options: Any,
) -> Task:
    """The net of the bench with one thing changed, or none."""
    return replace(bench, layers=layers or bench.layers).task(activation, names, **options)


def _numbers(names: Sequence[str]) -> list[float]:
    return [float(number) for number in range(len(names))]


def _accuracy(swept: xr.Dataset, metric: str, *dims: str) -> np.ndarray:
    """A diverged run knows nothing: 0."""
    values = swept[metric].transpose(*dims, "seed").values.astype(float)
    return np.where(np.isfinite(values), values, 0.0)


def stalled(bench: Bench, trials: Trials, names: tuple[str, ...] = STALLED) -> xr.Dataset:
    """Test accuracy at every rate, from every plain initializer: nothing is selected."""
    crossed = {
        rule: [
            {**setting, "initializer": number} for number in _numbers(names) for setting in settings
        ]
        for rule, settings in trials.items()
    }
    swept = protocol.report(
        network(bench, names=names),
        list(trials),
        crossed,
        seeds=bench.report_seeds(),
        **bench.settings(batch_size=16),
    )
    values = _accuracy(swept, "test_accuracy", "optimizer", "trial")
    shape = (len(trials), len(names), -1, bench.seeds)
    rates = [[setting["learning_rate"] for setting in settings] for settings in trials.values()]
    return xr.Dataset(
        {
            "accuracy": (("optimizer", "initializer", "rate", "seed"), values.reshape(shape)),
            "learning_rate": (("optimizer", "rate"), np.array(rates)),
        },
        {"optimizer": list(trials), "initializer": list(names)},
    )


def remedy(bench: Bench, trials: Trials, changed: Mapping[str, Any]) -> xr.Dataset:
    """Test accuracy of fresh seeds, each optimizer at the best rate of the tuning seeds."""
    task = network(bench, **changed)
    tuning = lab.sweep(
        task,
        list(trials),
        trials=trials,
        seeds=protocol.phase_seeds(protocol.TUNE, bench.tuning),
        **bench.settings(batch_size=16),
    )
    found = protocol.select(tuning)
    swept = protocol.report(
        task,
        list(trials),
        protocol.chosen_trials(found),
        seeds=bench.report_seeds(),
        **bench.settings(batch_size=16),
    ).isel(trial=0)
    return xr.Dataset(
        {
            "accuracy": (("optimizer", "seed"), _accuracy(swept, "test_accuracy", "optimizer")),
            "rate": ("optimizer", found.learning_rate.values),
            "at_edge": ("optimizer", found.at_edge.values),
        },
        {"optimizer": list(trials)},
    )


def region(
    bench: Bench, depths: Sequence[int], scales: Sequence[float], rates: Sequence[float]
) -> xr.Dataset:
    """Validation accuracy of sigmoid nets by depth, scale of Glorot's weights, and rate."""
    head = ("init_scale", "learning_rate")
    rows = []
    for depth in depths:
        swept = lab.sweep(
            network(bench, layers=depth),
            ["momentum"],
            seeds=bench.report_seeds(),
            axes={"learning_rate": list(rates), "init_scale": list(scales)},
            **bench.settings(batch_size=16),
        ).isel(optimizer=0, step=-1)
        rows.append(_accuracy(swept, "validation_accuracy", *head))
    return xr.Dataset(
        {"accuracy": (("layers", *head, "seed"), np.array(rows))},
        {"layers": list(depths), "init_scale": list(scales), "learning_rate": list(rates)},
    )


def flow(bench: Bench, activation: str, views: Sequence[str], rate: float) -> xr.Dataset:
    """Gradient norm and relative change of each layer along the training, view by view.

    The last layer is the output; NaN where a net has fewer layers or has diverged.
    """
    watch = probes.together(flow=probes.Flow(depth=1), since=probes.Since(depth=1))
    rule = {"momentum": probes.remembering(CATALOG["momentum"])}
    labels: list[str] = []
    found: dict[str, list[np.ndarray]] = {"flow_gradient_norm": [], "since_relative_change": []}
    updates = np.zeros(0)
    for view in views:
        changed = VIEWS[view]
        names = changed.get("names", GLOROT)
        swept = lab.sweep(
            network(bench, activation, **changed), rule, seeds=bench.report_seeds(),
            axes={"learning_rate": [rate], "initializer": _numbers(names)},
            **bench.settings(
                batch_size=16, budget=lab.Budget(updates=bench.updates + 1), probe=watch,
                probe_every=max(1, bench.updates // 30),
            ),
        ).isel(optimizer=0, learning_rate=0)  # fmt: skip
        labels += list(names) if len(names) > 1 else [view]
        for what, kept in found.items():
            values = swept[f"probe_{what}"].transpose("initializer", "seed", "probe_step", ...)
            shown = values.values.astype(float)
            missing = bench.layers + 1 - shown.shape[-1]
            padded = np.pad(shown, ((0, 0),) * 3 + ((0, missing),), constant_values=np.nan)
            kept += list(np.where(np.isfinite(padded), padded, np.nan))
        updates = swept.probe_step.values
    dims = ("view", "seed", "updates", "layer")
    return xr.Dataset(
        {
            "gradient": (dims, np.array(found["flow_gradient_norm"])),
            "change": (dims, np.array(found["since_relative_change"])),
        },
        {"view": labels, "updates": updates, "layer": np.arange(1, bench.layers + 2)},
    )
