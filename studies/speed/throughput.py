"""Run-steps per second of `lab.sweep` beside what one would otherwise write, and the machine.

Same networks, rows, optimizer and number of updates; each way in a process of its own, so that the
settings and threads of none touch another's; one after the other, round by round.
"""

import numpy as np
import xarray as xr

from studies.speed.cases import Case
from studies.speed.limits import bandwidth, peak
from studies.speed.panel import asking
from studies.speed.peers import installed
from studies.speed.settings import LAB, Speed
from studies.speed.ways import rate


def measure(s: Speed) -> xr.Dataset:
    """Time all ways in turn, round after round; those that are not installed are left out."""
    cases = [Case(*net, batch) for net in s.nets for batch in s.batches]
    ways = [way for way in s.ways if installed(way)]
    rates = np.empty((len(cases), len(ways), s.rounds))
    limits = np.empty((len(cases), 2, s.rounds))
    with asking(s, ways) as ask:
        for i, case in enumerate(cases):
            for way in ways:
                ask(way, rate, way, case)  # compiles
            for r in range(s.rounds):
                for j, way in enumerate(ways):
                    rates[i, j, r] = ask(way, rate, way, case)
                limits[i, :, r] = ask(LAB, peak), ask(LAB, bandwidth)
            told = zip(ways, np.median(rates[i], -1))
            print(f"{case.name}: {', '.join(f'{w} {x:,.0f}' for w, x in told)} /s", flush=True)
    return xr.Dataset(
        {
            "rate": (("case", "way", "round"), rates, {"units": "1/s"}),
            "peak": (("case", "round"), limits[:, 0], {"units": "1/s", "long_name": "flop/s"}),
            "bandwidth": (("case", "round"), limits[:, 1], {"units": "1/s", "long_name": "B/s"}),
            "flops": ("case", [case.flops for case in cases]),
            "moved": ("case", [case.nbytes for case in cases], {"long_name": "bytes"}),
            "batch": ("case", [case.batch for case in cases]),
            "net": ("case", [case.net for case in cases]),
        },
        {"case": [case.name for case in cases], "way": ways},
    )
