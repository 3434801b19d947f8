"""What does it cost to evaluate once per epoch?

Two numbers: what a record reports apart as evaluating, over what it reports as training, and how
much longer the whole sweep takes than one that is evaluated at its end alone, whose training is not
cut at epochs either.
"""

import numpy as np
import xarray as xr

import lab
from studies.speed.cases import Case
from studies.speed.settings import Speed

SPENT = ("evaluating", "training", "whole sweep", "whole sweep, evaluated once")


def measure(s: Speed) -> xr.Dataset:
    """Sweeps with an evaluation per epoch and with one, in turn."""
    cases = [Case(*case) for case in s.cases]
    seconds = np.empty((len(cases), len(s.evaluated_lanes), len(SPENT), s.rounds))
    for i, case in enumerate(cases):
        took(case, s.evaluated_lanes[0], s.epochs, 1)  # compiles, for any number of lanes
        for j, count in enumerate(s.evaluated_lanes):
            for r in range(s.rounds):
                once, often = (took(case, count, s.epochs, n) for n in (1, s.epochs))
                own = [often[f"seconds{part}"] for part in ("_evaluating", "_training", "")]
                seconds[i, j, :, r] = [*own, once["seconds"]]
            shares = seconds[i, j, 0] / seconds[i, j, 1]
            print(f"{case.name}, {count} lanes: {np.median(shares):.3f}", flush=True)
    split = lab.tasks.CATALOG["digits"].make().source.prepare(0)
    return xr.Dataset(
        {"seconds": (("case", "lanes", "spent", "round"), seconds, {"units": "s"})},
        {"case": [c.name for c in cases], "lanes": list(s.evaluated_lanes), "spent": list(SPENT)},
        {"rows": len(split.train), "evaluated": len(split.validation)},
    )


def took(case: Case, lanes: int, epochs: int, evaluations: int) -> dict[str, float]:
    """What a sweep of such networks on the digits says of its time."""
    rates = np.geomspace(1e-4, 1e-2, 2)
    return lab.sweep(
        lab.tasks.CATALOG["digits"].make(widths=(case.width, case.width)), ["adam"],
        axes={"learning_rate": rates}, seeds=lanes // len(rates), batch_size=case.batch,
        budget=lab.Budget(epochs=epochs), evaluations=evaluations, progress=False,
    ).attrs  # fmt: skip
