"""Which initial weights keep signal and gradient alive, and what becomes of those that do not?

Outputs and gradients layer by layer before any training, for every initializer of the lab; the
second moment of ReLU signals over 50 layers against theory; hidden units that begin equal and stay
so to the last bit; and what a deep net learns from each initializer at a rate of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from lab.study.cli import Flags, Folder, main, opened
from lab.study.once import once
from studies.initialization import report
from studies.initialization.runs import Bench, outcome, symmetry
from studies.initialization.signal import distributions, propagation

NAMES = (
    "zeros", "constant", "small_normal", "large_normal", "uniform_half", "lecun_normal",
    "glorot_normal", "glorot_logistic_normal", "he_normal", "orthogonal",
)  # fmt: skip
ACTIVATIONS = ("sigmoid", "tanh", "relu")
RATES = tuple(float(r) for r in np.geomspace(1e-3, 1.0, 7))
WIDTHS = (64, 128, 256, 512, 1024)  # of the nets that are 50 layers deep
SYMMETRIC = {"sgd": 0.05, "momentum": 0.01, "adam": 0.003}  # rates at which units are compared
SCALED = (0.1, 1.0)  # times ½: the constants whose units are watched


@dataclass(frozen=True)
class Initialization(Flags):
    """Flags of the study of initialization."""


def run(flags: Initialization) -> None:
    """Look at the start, train, draw."""
    folder = Folder(flags, "initialization")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "initialization"), folder)
        return
    smoke = flags.smoke
    bench = Bench(
        width=8 if smoke else 32,
        layers=2 if smoke else 10,
        updates=10 if smoke else 600,
        rates=RATES[4:5] if smoke else RATES,
        tuning=2 if smoke else 4,
        seeds=flags.seeds or (2 if smoke else 16),
    )
    shallow = Bench(bench.width, 2, bench.updates // 2, (), 0, bench.seeds)
    names = NAMES[8:9] if smoke else NAMES
    activations = ACTIVATIONS[2:] if smoke else ACTIVATIONS
    equal = ("constant",) if smoke else ("zeros", "constant")
    rules = {"momentum": SYMMETRIC["momentum"]} if smoke else SYMMETRIC
    widths, deep, many = ((16,), 5, 8) if smoke else (WIDTHS, 50, 64)
    told = {
        "smoke": smoke, "width": bench.width, "layers": bench.layers, "updates": bench.updates,
        "shallow": [shallow.layers, shallow.updates], "trials": len(bench.rates),
        "tuning": bench.tuning, "seeds": bench.seeds, "many": many, "names": list(names),
        "activations": list(activations),
    }  # fmt: skip
    plan: dict[str, Callable[[], xr.Dataset]] = {
        "start": lambda: distributions(
            activations, names, bench.layers, 2 * bench.width, 256, bench.seeds
        ),
        "depth": lambda: propagation(("he_normal", "lecun_normal"), widths, deep, many),
        "symmetry": lambda: symmetry(shallow, "tanh", equal, SCALED, rules),
    }
    for activation in activations:
        plan[f"outcome/{activation}"] = lambda a=activation: outcome(bench, a, names)
    parts = {
        label: once(folder, label.replace("/", "_"), told, make) for label, make in plan.items()
    }
    report.draw(folder.finish(parts, told), folder)


if __name__ == "__main__":
    main(Initialization, run)
