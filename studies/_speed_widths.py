"""How many lanes should one device hold at once? The table that `lab.sweep` goes by, measured.

A row for each size of a lane's state, a column for each width: run-steps per second of training.
The width of a size is the least that is within a few per cent of the best, as it needs the least
memory; sizes between two measured ones go with the nearer. `widths.csv` is what the lab reads.
"""

from unittest import mock

import jax
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

import lab
from lab.plots.speed import by_width
from lab.sweeps import widths as known
from studies._speed_cases import Case, task
from studies._speed_panel import Scope, Table

BATCHES, ROUNDS, TOLERANCE = (8, 64), 3, 0.03
NETS = ((64, 8), (64, 16), (64, 32), (64, 64), (64, 128), (64, 256), (784, 256), (784, 512))
WIDTHS = (1, 2, 4, 8, 16, 32, 64)
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
    """Run-steps per second of a sweep with so many lanes on each device."""
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
    good = (rate >= (1 - TOLERANCE) * rate.max("width")).values
    best = record.width.values[good.argmax(axis=1)].tolist()
    between = np.sqrt(record.state.values[1:] * record.state.values[:-1]).astype(int)
    rows = list(zip([*between.tolist(), float("inf")], best))
    return [row for row, after in zip(rows, [*rows[1:], (0, 0)]) if row[1] != after[1]]


def drawn(record: xr.Dataset, machine: str) -> tuple[Figure, Table]:
    """Figure and table, from the record alone."""
    rate, kind = record.rate.median("round"), record.attrs["kind"]
    widths = record.width.values.tolist()
    rows = [
        [net, f"{int(record.state.sel(net=net)):,}",
         *(f"{float(rate.sel(net=net, width=width)):,.0f}" for width in widths)]
        for net in record.net.values.tolist()
    ]  # fmt: skip
    text = (
        "Run-steps per second of training by lanes held by a device: geometric mean over batches "
        f"of {' and '.join(map(str, record.attrs['batches']))}, Adam, float32; {machine}; medians "
        f"of {record.sizes['round']} interleaved rounds."
    )
    table = "\n".join(f"{kind},{limit:.0f},{width}" for limit, width in chosen(record))
    return by_width(record, text), Table(
        "Widths", ["network", "bytes of a lane", *map(str, widths)], rows,
        f"{text}\n\nRows of `lab/sweeps/widths.csv`:\n\n```\n{table}\n```",
    )  # fmt: skip
