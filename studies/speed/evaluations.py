"""What does it cost to evaluate once per epoch?

Two numbers: what a record reports apart as evaluating, over what it reports as training, and how
much longer the whole sweep takes than one that is evaluated at its end alone, whose training is not
cut at epochs either.
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

import lab
from studies.speed.bars import overheads
from studies.speed.cases import Case
from studies.speed.lanes import CASES
from studies.speed.panel import Scope, Table, at_most

LANES, EPOCHS, ROUNDS = (32, 256), 30, 5
LIMIT = 0.15  # of the time of training
KINDS = ("reported as evaluating", "whole sweep, more than evaluated once")


def measure(scope: Scope) -> xr.Dataset:
    """Sweeps with an evaluation per epoch and with one, in turn."""
    lab.use_all_cores()
    cases, lanes, epochs, rounds = CASES, LANES, EPOCHS, scope.rounds or ROUNDS
    if scope.smoke:
        cases, lanes, epochs, rounds = CASES[:1], (2,), 2, 1
    over = np.empty((len(cases), len(lanes), len(KINDS), rounds))
    for i, case in enumerate(cases):
        took(case, lanes[0], epochs, 1)  # compiles, for any number of lanes
        for j, count in enumerate(lanes):
            for r in range(rounds):
                once, often = (took(case, count, epochs, n) for n in (1, epochs))
                over[i, j, 0, r] = often["seconds_evaluating"] / often["seconds_training"]
                over[i, j, 1, r] = often["seconds"] / once["seconds"] - 1
            print(f"{case.name}, {count} lanes", np.median(over[i, j], -1).round(3), flush=True)
    split = lab.tasks.CATALOG["digits"].make().source.prepare(0)
    by, told = ("case", "lanes", "kind", "round"), {"long_name": "share of the time without"}
    return xr.Dataset(
        {"over": (by, over, told)},
        {"case": [case.name for case in cases], "lanes": list(lanes), "kind": list(KINDS)},
        {"epochs": epochs, "rows": len(split.train), "evaluated": len(split.validation)},
    )


def took(case: Case, lanes: int, epochs: int, evaluations: int) -> dict[str, float]:
    """What a sweep of such networks on the digits says of its time."""
    rates = np.geomspace(1e-4, 1e-2, 2)
    record = lab.sweep(
        lab.tasks.CATALOG["digits"].make(widths=(case.width, case.width)), ["adam"],
        axes={"learning_rate": rates}, seeds=lanes // len(rates), batch_size=case.batch,
        budget=lab.Budget(epochs=epochs), evaluations=evaluations, progress=False,
    )  # fmt: skip
    return record.attrs


def drawn(record: xr.Dataset, machine: str) -> tuple[Figure, Table]:
    """Figure, table and verdicts, from the record alone."""
    middle = record.over.median("round")
    cells = [(case, lanes) for case in record.case.values for lanes in record.lanes.values]
    header = ["case", "lanes", *KINDS]
    rows = [
        [case, str(lanes), *(f"{float(x):.1%}" for x in middle.sel(case=case, lanes=lanes))]
        for case, lanes in cells
    ]
    text = (
        f"Time for evaluating {record.evaluated} rows of digits once per epoch, over "
        f"{record.epochs} epochs of {record.rows:,} rows: medians of {record.sizes['round']} "
        f"interleaved rounds, bars: range. Adam, float32; {machine}."
    )
    verdicts = "".join(
        f"\n- {case}, {lanes} lanes: {kind}, at most {LIMIT:.0%}: "
        f"{at_most(record.over.sel(case=case, lanes=lanes, kind=kind).values, LIMIT)}."
        for case, lanes in cells
        for kind in KINDS
    )
    table = Table("Cost of evaluating", header, rows, text + "\n" + verdicts)
    return overheads(100 * record.over, 100 * LIMIT, text), table
