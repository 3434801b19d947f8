"""Does a lane cost more among a thousand than among thirty-two, in time and in memory?

Lanes run a block at a time, so that a sweep of many holds no more of them than one of a few; what
grows with their number is the record.
"""

import time

import numpy as np
import xarray as xr

from studies.speed.cases import Case
from studies.speed.panel import asking
from studies.speed.settings import Speed
from studies.speed.ways import lab_sweep

SHARE = 4  # of the updates that throughput is measured with, one in so many


def measure(s: Speed) -> xr.Dataset:
    """Sweeps of ever more lanes, round after round, each network in a process of its own."""
    cases = [Case(*case) for case in s.cases]
    names = [case.name for case in cases]
    seconds, resident = np.empty((2, len(cases), len(s.counts), s.rounds))
    with asking(s, names) as ask:
        for i, case in enumerate(cases):
            ask(case.name, took, case, 1)  # compiles
            for r in range(s.rounds):
                for j, lanes in enumerate(s.counts):
                    seconds[i, j, r], resident[i, j, r] = ask(case.name, took, case, lanes)
            print(case.name, dict(zip(s.counts, 1e6 * np.median(seconds[i], -1))), flush=True)
    by = ("case", "lanes", "round")
    return xr.Dataset(
        {
            "seconds": (by, seconds, {"units": "s", "long_name": "of a run-step"}),
            "resident": (by, resident, {"units": "B", "long_name": "largest so far"}),
            "state": ("case", [case.state for case in cases]),
            "updates": ("case", [case.updates // SHARE for case in cases]),
        },
        {"case": names, "lanes": list(s.counts)},
    )


def took(case: Case, lanes: int) -> tuple[float, float]:
    """Seconds of a run-step, and the largest resident memory of this process so far, in bytes."""
    import resource  # of POSIX: the other panels run on Windows, too

    run = lab_sweep(case, lanes, case.updates // SHARE)
    begin = time.perf_counter()
    steps = run()
    passed = time.perf_counter() - begin
    return passed / steps, 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
