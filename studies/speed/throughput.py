"""Run-steps per second of `lab.sweep` beside what one would otherwise write, and the machine.

Same networks, rows, optimizer and number of updates; each way in a process of its own, so that the
settings and threads of none touch another's; one after the other, round by round.
"""

import statistics
from collections.abc import Iterator

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from studies.speed.bars import throughputs
from studies.speed.cases import CASES, LANES, Case
from studies.speed.limits import bandwidth, peak
from studies.speed.panel import Scope, Table, apart, at_least, here, left_out
from studies.speed.peers import installed
from studies.speed.ways import WAYS, rate

ROUNDS = 3
LAB, LOOP = "lab.sweep", "Python loop of jitted steps"
SHARES = {Case(64, 128, 64): 0.62, Case(64, 32, 32): 0.32}  # of the peak, at least
RATIOS = {  # of run-steps per second, at least
    Case(64, 128, 64): {
        LOOP: 2.7, "Keras fit": 3.5, "torch.func.vmap": 3.5, "PyTorch eager": 8.0,
    },
    Case(64, 32, 32): {
        LOOP: 17.0, "Keras fit": 28.0, "torch.func.vmap": 7.0, "PyTorch eager": 55.0,
    },
    Case(64, 32, 8): {LOOP: 25.0},
}  # fmt: skip


def measure(scope: Scope) -> xr.Dataset:
    """Time all ways in turn, round after round."""
    cases, rounds = CASES, scope.rounds or ROUNDS
    ways = [way for way in WAYS if installed(way)]
    if scope.smoke:
        cases, ways = (Case(64, 32, 256),), [LOOP, LAB]
    rates = np.empty((len(cases), len(ways), rounds))
    limits = np.empty((len(cases), 2, rounds))
    with here() if scope.smoke else apart(ways) as ask:
        for i, case in enumerate(cases):
            for way in ways:
                ask(way, rate, way, case)  # compiles
            for r in range(rounds):
                for j, way in enumerate(ways):
                    rates[i, j, r] = ask(way, rate, way, case)
                limits[i, :, r] = ask(LAB, peak), ask(LAB, bandwidth)
            told = (f"{way} {statistics.median(rates[i, j]):,.0f}" for j, way in enumerate(ways))
            print(f"{case.name}: {', '.join(told)} /s", flush=True)
    by, units = ("case", "way", "round"), {"long_name": "run-steps per second", "units": "1/s"}
    return xr.Dataset(
        {
            "rate": (by, rates, units),
            "peak": (("case", "round"), limits[:, 0], {"units": "flop/s"}),
            "bandwidth": (("case", "round"), limits[:, 1], {"units": "B/s"}),
            "flops": ("case", [case.flops for case in cases], {"units": "flop"}),
            "moved": ("case", [case.nbytes for case in cases], {"units": "B"}),
            "batch": ("case", [case.batch for case in cases]),
            "net": ("case", [case.net for case in cases]),
        },
        {"case": [case.name for case in cases], "way": ways},
    )


def drawn(record: xr.Dataset, machine: str) -> tuple[Figure, Table]:
    """Figure, table and verdicts, from the record alone."""
    shares = xr.Dataset(
        {
            "share": record.rate.sel(way=LAB) * record.flops / record.peak,
            "traffic": record.rate.sel(way=LAB) * record.moved / record.bandwidth,
        }
    )
    ways = record.way.values.tolist()
    header = ["case", *ways, "share of peak", "share of bandwidth"]
    rows = [
        [
            case,
            *(_spread(record.rate.sel(case=case, way=way).values) for way in ways),
            *(f"{float(shares[name].sel(case=case).median()):.0%}" for name in shares),
        ]
        for case in record.case.values.tolist()
    ]
    text = (
        f"Run-steps per second: medians of {record.sizes['round']} interleaved rounds with their "
        f"range. {LANES} lanes where runs go together, Adam, float32; {machine}. Peak: a large "
        f"matrix product on each device, {float(record.peak.median()) / 1e9:.0f} GFLOP/s; of an "
        "update, the products that are executed. Bandwidth: a large sum on each, "
        f"{float(record.bandwidth.median()) / 1e9:.0f} GB/s; of an update, parameters and moments "
        "read and written once; above 100% they stay in caches." + left_out(WAYS, ways)
    )
    verdicts = "".join(f"\n- {sentence}" for sentence in claims(record, shares))
    return throughputs(record, shares, text), Table(
        "Throughput", header, rows, text + "\n" + verdicts
    )


def claims(record: xr.Dataset, shares: xr.Dataset) -> Iterator[str]:
    """What was expected of the sweep, and whether it held."""
    known = record.case.values.tolist()
    for case, share in SHARES.items():
        if case.name in known:
            found = shares.share.sel(case=case.name).values
            yield f"{case.name}: at least {share:.0%} of the peak: {at_least(found, share)}."
    for case, limits in RATIOS.items():
        for way, limit in limits.items():
            if case.name in known and way in record.way:
                rates = record.rate.sel(case=case.name)
                ratio = (rates.sel(way=LAB) / rates.sel(way=way)).values
                yield f"{case.name}: at least {limit:g} times {way}: {at_least(ratio, limit)}."


def _spread(rates: np.ndarray) -> str:
    return f"{np.median(rates):,.0f} ({rates.min():,.0f} – {rates.max():,.0f})"
