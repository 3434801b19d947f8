"""How many lanes should a group hold? The table that `lab.sweep` goes by, measured.

A row for each size of a lane's state, a column for each width: run-steps per second of training.
The width of a size is the largest that is within a few per cent of the best, as it leaves the host
the fewest calls, but no larger than that of a smaller size, which has more room, and on CPU 32 at
most, as a sweep of fewer lanes than a block pays for those that are not there. Sizes between two
measured ones go with the nearer. `widths.csv` is what the lab reads.
"""

from unittest import mock

import jax
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

import lab
from lab.sweeps.devices import widths as known
from studies.speed.bars import by_width
from studies.speed.cases import Case, task
from studies.speed.panel import Scope, Table

BATCHES, ROUNDS, TOLERANCE = (8, 64), 3, 0.05
NETS = ((64, 8), (64, 16), (64, 32), (64, 64), (64, 128), (64, 256), (784, 256), (784, 512))
WIDTHS = (1, 2, 4, 8, 16, 32, 64)
ON_CPU = 32  # lanes at most
ACCELERATED = (64, 128, 256, 512, 1024, 2048, 4096)


def measure(scope: Scope) -> xr.Dataset:
    """Time all widths in turn, round after round."""
    lab.use_all_cores()
    nets = NETS[: 1 if scope.smoke else None]
    widths = WIDTHS if jax.default_backend() == "cpu" else ACCELERATED
    widths = widths[2:4] if scope.smoke else widths
    rounds = 1 if scope.smoke else scope.rounds or ROUNDS
    rate = np.empty((len(nets), len(widths), rounds))
    for i, net in enumerate(nets):
        cases = [Case(*net, batch) for batch in BATCHES]
        for r in range(rounds):
            for j, width in enumerate(widths):
                each = [trained(case, width, scope.smoke) for case in cases]
                rate[i, j, r] = np.sqrt(np.prod(each))
        print(cases[0].net, dict(zip(widths, np.median(rate[i], -1).round().tolist())), flush=True)
    by, told = ("net", "width", "round"), {"long_name": "run-steps per second", "units": "1/s"}
    return xr.Dataset(
        {
            "rate": (by, rate, told),
            "state": ("net", [Case(*net, 1).state for net in nets], {"units": "B"}),
        },
        {"net": [Case(*net, 1).net for net in nets], "width": list(widths)},
        {"batches": list(BATCHES), "kind": jax.default_backend()},
    )


def trained(case: Case, width: int, smoke: bool) -> float:
    """Run-steps per second of a sweep with so many lanes in a group."""
    lanes = 2 * width * jax.device_count()
    updates = 8 if smoke else max(8, case.updates * 16 // lanes)
    with mock.patch.object(known, "table", return_value=((float("inf"), width),)):
        for budget in (1, updates):  # the first compiles
            record = lab.sweep(
                task(case), ["adam"], axes={"learning_rate": [1e-3]}, seeds=lanes,
                budget=lab.Budget(updates=budget), batch_size=case.batch, evaluations=1,
                progress=False,
            )  # fmt: skip
    return record.attrs["lane_updates"] / record.attrs["seconds_training"]


def chosen(record: xr.Dataset) -> list[tuple[float, int]]:
    """Rows of the table: largest bytes of a lane's state, and the width."""
    rate = record.rate.median("round")
    if record.attrs["kind"] == "cpu":
        rate = rate.sel(width=slice(ON_CPU))
    good = rate >= (1 - TOLERANCE) * rate.max("width")
    widest = rate.width.where(good).max("width").values.astype(int)
    best = np.minimum.accumulate(widest).tolist()
    between = np.sqrt(record.state.values[1:] * record.state.values[:-1]).astype(int)
    rows = list(zip([*between.tolist(), float("inf")], best))
    return [row for row, after in zip(rows, [*rows[1:], (0, 0)]) if row[1] != after[1]]


def drawn(record: xr.Dataset, machine: str) -> tuple[Figure, Table]:
    """Figure and table, from the record alone."""
    rate, kind = record.rate.median("round"), record.attrs["kind"]
    widths = record.width.values.tolist()
    rows = [
        [
            net,
            f"{int(record.state.sel(net=net)):,}",
            *(f"{float(rate.sel(net=net, width=width)):,.0f}" for width in widths),
        ]
        for net in record.net.values.tolist()
    ]
    text = (
        "Run-steps per second of training by lanes in a group: geometric mean over batches "
        f"of {' and '.join(map(str, record.attrs['batches']))}, Adam, float32; {machine}; medians "
        f"of {record.sizes['round']} interleaved rounds."
    )
    table = "\n".join(f"{kind},{limit:.0f},{width}" for limit, width in chosen(record))
    return by_width(record, text), Table(
        "Widths",
        ["network", "bytes of a lane", *map(str, widths)],
        rows,
        f"{text}\n\nRows of `lab/sweeps/devices/widths.csv`:\n\n```\n{table}\n```",
    )
