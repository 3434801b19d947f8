"""What does an activation do to signal and gradient, and what does it cost in the end?

Shapes and slopes of all of the lab's activations; how sigmoid and tanh units saturate with large
initial weights and with training; how ReLUs die of a large rate or a bad bias, and which of the
remedies help; and what each is worth on digits, shallow and deep, each with its own tuned rate.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from lab.study.cli import Flags, Folder, main, opened
from lab.study.once import once
from studies.activations import report
from studies.activations.runs import NAMES, SLOPES, Bench, dying, outcome, saturation, shapes

RATES = tuple(float(r) for r in np.geomspace(1e-3, 1.0, 7))  # tried for each activation
WIDE = tuple(float(r) for r in np.geomspace(1e-3, 10.0, 13))  # at which ReLUs may die
SCALES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)  # of initial kernels
BIASES = (-2.0, 0.0, 0.01, 0.5)
REMEDIES = ("leaky_relu", "elu")
DEPTHS = (2, 8)


@dataclass(frozen=True)
class Activations(Flags):
    """Flags of the study of activations."""


def run(flags: Activations) -> None:
    """Train, watch, draw."""
    folder = Folder(flags, "activations")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "activations"), folder)
        return
    smoke = flags.smoke
    bench = Bench(
        width=8 if smoke else 32,
        updates=20 if smoke else 600,
        rates=RATES[3:5] if smoke else RATES,
        tuning=2 if smoke else 4,
        seeds=flags.seeds or (2 if smoke else 16),
    )
    names = ("relu",) if smoke else NAMES
    remedies = () if smoke else REMEDIES
    rates, depths = (WIDE[::9], DEPTHS[:1]) if smoke else (WIDE, DEPTHS)
    scales, biases = (SCALES[2:4], BIASES[1:3]) if smoke else (SCALES, BIASES)
    rules = ("adam",) if smoke else ("sgd", "adam")
    told = {
        "smoke": smoke, "width": bench.width, "updates": bench.updates, "trials": len(bench.rates),
        "tuning": bench.tuning, "seeds": bench.seeds, "names": list(names),
        "remedies": list(remedies), "depths": list(depths), "biases": list(biases),
    }  # fmt: skip
    plan: dict[str, Callable[[], xr.Dataset]] = {
        "shapes": lambda: shapes(names, 401),
        "saturation": lambda: saturation(bench, tuple(SLOPES)[smoke:], scales),
        "dying/relu": lambda: dying(bench, "relu", rules, rates, biases),
    }
    for name in remedies:
        plan[f"dying/{name}"] = lambda name=name: dying(bench, name, rules, rates, (0.0,))
    for name in names:
        plan[f"outcome/{name}"] = lambda name=name: outcome(bench, name, depths)
    parts = {
        label: once(folder, label.replace("/", "_"), told, make) for label, make in plan.items()
    }
    report.draw(folder.finish(parts, told), folder)


if __name__ == "__main__":
    main(Activations, run)
