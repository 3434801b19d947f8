"""Does a lane cost more among a thousand than among thirty-two, in time and in memory?

Lanes run a block at a time, so that a sweep of many holds no more of them than one of a few; what
grows with their number is the record.
"""

import time

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from studies.speed.bars import by_lanes
from studies.speed.cases import Case
from studies.speed.panel import Scope, Table, apart, at_least, here
from studies.speed.ways import lab_sweep

CASES = (Case(64, 32, 32), Case(64, 128, 64))
COUNTS = tuple(2**k for k in range(11))
FEW, MANY, ROUNDS = 32, 1024, 3
SHARE = 4  # of the updates that throughput is measured with, one in so many


def measure(scope: Scope) -> xr.Dataset:
    """Sweeps of ever more lanes, round after round, each network in a process of its own."""
    cases, counts, rounds = CASES, COUNTS, scope.rounds or ROUNDS
    if scope.smoke:
        cases, counts, rounds = CASES[:1], (1, 2), 1
    seconds = np.empty((len(cases), len(counts), rounds))
    resident = seconds.copy()
    names = [case.name for case in cases]
    with here() if scope.smoke else apart(names) as ask:
        for i, case in enumerate(cases):
            ask(case.name, took, case, 1)  # compiles
            for r in range(rounds):
                for j, lanes in enumerate(counts):
                    seconds[i, j, r], resident[i, j, r] = ask(case.name, took, case, lanes)
            middle = np.median(1e6 * seconds[i], axis=-1).round(1).tolist()
            print(case.name, dict(zip(counts, middle)))
    by = ("case", "lanes", "round")
    return xr.Dataset(
        {
            "seconds": (by, seconds, {"units": "s", "long_name": "of a run-step"}),
            "resident": (by, resident, {"units": "B", "long_name": "largest so far"}),
            "state": ("case", [case.state for case in cases], {"units": "B"}),
            "updates": ("case", [case.updates // SHARE for case in cases]),
        },
        {"case": names, "lanes": list(counts)},
    )


def took(case: Case, lanes: int) -> tuple[float, float]:
    """Seconds of a run-step, and the largest resident memory of this process so far, in bytes."""
    import resource  # of POSIX: the other panels run on Windows, too

    run = lab_sweep(case, lanes, case.updates // SHARE)
    begin = time.perf_counter()
    steps = run()
    passed = time.perf_counter() - begin
    return passed / steps, 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def drawn(record: xr.Dataset, machine: str) -> tuple[Figure, Table]:
    """Figure, table and verdicts, from the record alone."""
    micro = 1e6 * record.seconds
    counts = record.lanes.values.tolist()
    header = ["case", *(f"{lanes:,}" for lanes in counts)]
    rows = [
        [case, *(f"{float(micro.sel(case=case, lanes=lanes).median()):.1f}" for lanes in counts)]
        for case in record.case.values.tolist()
    ]
    text = (
        f"Microseconds of an update of one lane, by lanes of the sweep, its planning and "
        f"evaluations included: medians of {record.sizes['round']} interleaved rounds, bars: "
        f"range. Adam, float32; {machine}."
    )
    verdicts = "".join(f"\n- {sentence}" for sentence in claims(record))
    return by_lanes(micro, text), Table("Cost of a lane", header, rows, text + "\n" + verdicts)


def claims(record: xr.Dataset):
    """What was expected of many lanes, and whether it held."""
    if not {FEW, MANY} <= set(record.lanes.values.tolist()):
        return
    for case in record.case.values.tolist():
        own = record.sel(case=case)
        ratio = (own.seconds.sel(lanes=FEW) / own.seconds.sel(lanes=MANY)).values
        yield f"{case}: a lane of {MANY:,} costs no more than one of {FEW}: {at_least(ratio, 1.0)}."
        first = own.resident.isel(round=0)
        grown = float(first.sel(lanes=MANY) - first.sel(lanes=FEW)) / (MANY - FEW)
        traces = 4 * int(own.updates)
        yield (
            f"{case}: memory grew by {grown:,.0f} bytes a lane from {FEW} to {MANY:,}; its loss at "
            f"every update takes {traces:,}, parameters, gradient and moments "
            f"{int(own.state):,}, which are held for one block at a time."
        )
