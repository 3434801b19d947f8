"""Why do deep nets fail to train, and what revives them?

A sigmoid net of ten layers that stalls at chance at every learning rate; five remedies, each of
which changes one thing of it, and two that do not help; the region of depth, rate and scale of
initial weights that can be trained; and the gradient of every layer, followed along the training.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from lab.study.cli import Flags, Folder, main, opened
from lab.study.once import once
from studies.gradient_flow import report
from studies.gradient_flow.runs import REMEDIES, STALLED, VIEWS, flow, region, remedy, stalled
from studies.initialization.runs import Bench

RATES = {
    "momentum": tuple(float(r) for r in np.geomspace(1e-3, 1.0, 7)),
    "adam": tuple(float(r) for r in np.geomspace(1e-4, 1e-1, 7)),
}
DEPTHS, SCALES = (2, 4, 6, 8, 10), (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
ACTIVATIONS = ("sigmoid", "tanh", "relu")
WATCHED = 0.01  # rate at which all nets are followed


@dataclass(frozen=True)
class GradientFlow(Flags):
    """Flags of the study of gradient flow."""


def run(flags: GradientFlow) -> None:
    """Stall, revive, follow, draw."""
    folder = Folder(flags, "gradient_flow")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "gradient_flow"), folder)
        return
    smoke = flags.smoke
    bench = Bench(
        width=8 if smoke else 64, layers=2 if smoke else 10, updates=6 if smoke else 1000,
        rates=(), tuning=2 if smoke else 3, seeds=flags.seeds or (2 if smoke else 16),
    )  # fmt: skip
    rules = ("momentum",) if smoke else tuple(RATES)
    tried = slice(4, 6) if smoke else slice(None)
    trials = {rule: [{"learning_rate": rate} for rate in RATES[rule][tried]] for rule in rules}
    remedies = ("ReLU",) if smoke else tuple(REMEDIES)
    activations, views = (ACTIVATIONS[:1], ("plain",)) if smoke else (ACTIVATIONS, tuple(VIEWS))
    short = replace(bench, updates=6 if smoke else 300)
    narrow = replace(short, width=32)
    told = {
        "smoke": smoke, "width": bench.width, "layers": bench.layers, "updates": bench.updates,
        "tuning": bench.tuning, "seeds": bench.seeds, "rules": list(rules),
        "trials": len(trials["momentum"]), "remedies": list(remedies), "short": short.updates,
        "narrow": narrow.width, "watched": WATCHED, "activations": list(activations),
    }  # fmt: skip
    plan: dict[str, Callable[[], xr.Dataset]] = {
        "stalled": lambda: stalled(bench, trials, STALLED[: 1 if smoke else None]),
    }
    if not smoke:
        plan["region"] = lambda: region(narrow, DEPTHS, SCALES, RATES["momentum"][2:])
    for name in remedies:
        plan[f"remedies/{name}"] = lambda name=name: remedy(bench, trials, REMEDIES[name])
    for name in activations:
        plan[f"flow/{name}"] = lambda name=name: flow(short, name, views, WATCHED)
    parts = {label: once(folder, _label(label), told, make) for label, make in plan.items()}
    report.draw(folder.finish(parts, told), folder)


def _label(name: str) -> str:
    return name.replace("/", "_").replace(" ", "_").replace("×", "x")


if __name__ == "__main__":
    main(GradientFlow, run)
