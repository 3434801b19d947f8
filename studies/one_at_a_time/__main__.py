"""Is it enough to change one hyper-parameter at a time?

Every number of a small network is varied by itself around a baseline, the others fixed. Then pairs
of them are varied together on a grid: what is found one at a time against what is found jointly.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from lab.study.cli import Flags, Folder, main, opened
from lab.study.once import once
from studies.one_at_a_time import report, runs

BASELINE = {
    "learning_rate": 0.01, "momentum": 0.9, "batch_size": 32, "init_scale": 1.0, "l2": 1e-4,
    "dropout_rate": 0.0,
}  # fmt: skip
VALUES: dict[str, tuple] = {  # the baseline's among them
    "learning_rate": tuple(float(f"{x:.2g}") for x in np.geomspace(1e-4, 1.0, 9)),
    "momentum": (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99),
    "batch_size": (8, 16, 32, 64, 128),
    "init_scale": (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
    "l2": (0.0, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1),
    "dropout_rate": (0.0, 0.1, 0.2, 0.3, 0.5, 0.7),
}
PAIRS = tuple(("learning_rate", other) for other in ("momentum", "batch_size", "init_scale", "l2"))


@dataclass(frozen=True)
class OneAtATime(Flags):
    """Flags of the study of one change at a time."""


def run(flags: OneAtATime) -> None:
    """Vary one, vary two, draw."""
    folder = Folder(flags, "one_at_a_time")
    if flags.from_ is not None:
        report.draw(opened(flags.from_, "one_at_a_time"), folder)
        return
    smoke = flags.smoke
    bench = runs.Bench(
        baseline=BASELINE,
        width=4 if smoke else 32,
        epochs=0.5 if smoke else 10,
        tuning=2 if smoke else 4,
        seeds=flags.seeds or (2 if smoke else 16),
    )
    values = {n: v[:: len(v) - 1] for n, v in VALUES.items()} if smoke else VALUES
    values = {n: tuple(sorted({*v, BASELINE[n]})) for n, v in values.items()}
    names = ("learning_rate", "momentum") if smoke else tuple(values)
    pairs = PAIRS[:1] if smoke else PAIRS
    told = {
        "smoke": smoke, "width": bench.width, "epochs": bench.epochs, "tuning": bench.tuning,
        "seeds": bench.seeds, "baseline": BASELINE, "pairs": [list(pair) for pair in pairs],
        "names": list(names),
    }  # fmt: skip
    plan: dict[str, Callable[[], xr.Dataset]] = {
        f"alone/{name}": lambda n=name: runs.grid(bench, {n: values[n]}) for name in names
    }
    for pair in pairs:
        plan["pairs/" + " ".join(pair)] = lambda p=pair: runs.grid(bench, {n: values[n] for n in p})
    parts = {
        label: once(folder, label.replace("/", "_").replace(" ", "_"), told, make)
        for label, make in plan.items()
    }
    alone = {name: parts[f"alone/{name}"] for name in names}
    parts["together"] = once(folder, "together", told, lambda: runs.together(bench, alone))
    report.draw(folder.finish(parts, told), folder)


if __name__ == "__main__":
    main(OneAtATime, run)
