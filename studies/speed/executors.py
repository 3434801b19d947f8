"""Run-steps per second in one process, and handed to two processes of half the cores each.

One way after the other, round by round; the other processes wait meanwhile.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

import lab
from lab.sweeps.execution.process_pool import take_share
from studies.speed.bars import speeds
from studies.speed.panel import Scope, Table, at_least

WIDTHS, BATCH, RATES = (32, 32), 32, 4
ROUNDS, LANES, UPDATES = 6, 256, 20_000  # about a minute a sweep on two cores
ONE, POOL, DASK = "one process", "process pool of 2", "Dask, 2 workers"
LIMIT = 0.95  # of the same cores in one process


def measure(scope: Scope) -> xr.Dataset:
    """Train by all ways in turn, round after round; the smoke form in this process alone."""
    if scope.smoke:
        return recorded({ONE: [train(None, 4, 1), train(None, 4, 1)]}, 4, 1)
    with ExitStack() as stack:
        ways: dict[str, Any] = {ONE: None, POOL: stack.enter_context(lab.ProcessPool(2))}
        if find_spec("distributed"):
            ways[DASK] = stack.enter_context(dask())
        rates: dict[str, list[float]] = {way: [] for way in ways}
        for executor in ways.values():
            train(executor, LANES, 100)  # compiles
        for _ in range(scope.rounds or ROUNDS):
            for way, executor in ways.items():
                rates[way].append(train(executor, LANES, UPDATES))
                print(f"{way}: {rates[way][-1]:,.0f} run-steps/s", flush=True)
    return recorded(rates, LANES, UPDATES)


@contextmanager
def dask() -> Iterator[Any]:
    """Two workers of this machine with half of its cores each."""
    from distributed import Client, LocalCluster  # pyright: ignore[reportMissingImports]

    with LocalCluster(n_workers=2, threads_per_worker=1) as cluster, Client(cluster) as client:
        for number, worker in enumerate(client.scheduler_info()["workers"]):
            client.submit(take_share, number, 2, workers=[worker], pure=False).result()
        yield client.get_executor(retries=2)


def recorded(rates: dict[str, list[float]], lanes: int, updates: int) -> xr.Dataset:
    """Run-steps per second of each way, round by round, with what was trained."""
    widths, rate = "-".join(map(str, (64, *WIDTHS, 10))), np.array([[*rates.values()]])
    return xr.Dataset(
        {"rate": (("case", "way", "round"), rate, {"units": "1/s"})},
        {"case": [f"{widths}, batch {BATCH}"], "way": [*rates], "round": range(rate.shape[-1])},
        {"lanes": lanes, "updates": updates},
    )


def train(executor: Any, lanes: int, updates: int) -> float:
    """Run-steps per second of a sweep, from its call to its record."""
    start = time.perf_counter()
    record = lab.sweep(
        lab.tasks.CATALOG["digits"].make(widths=WIDTHS),
        ["adam"],
        axes={"learning_rate": np.geomspace(1e-4, 1e-2, RATES)},
        seeds=lanes // RATES,
        budget=lab.Budget(updates=updates),
        batch_size=BATCH,
        evaluations=1,
        progress=False,
        executor=executor,
    )
    return record.attrs["lane_updates"] / (time.perf_counter() - start)


def drawn(record: xr.Dataset, machine: str) -> tuple[Figure, Table]:
    """Figure, table and verdict, from the record alone."""
    (case,), ways = record.case.values.tolist(), record.way.values.tolist()
    rate = record.rate.isel(case=0)
    base = rate.sel(way=ONE).values
    rows = []
    for way in ways:
        own = rate.sel(way=way).values
        ratio = own / base
        span = f"{own.min():,.0f} – {own.max():,.0f}"
        of_one = [f"{np.median(ratio):.2f}", f"{ratio.min():.2f} – {ratio.max():.2f}"]
        rows.append([way, f"{np.median(own):,.0f}", span, *of_one])
    text = (
        f"{case}, Adam, {record.attrs['lanes']} lanes of {record.attrs['updates']:,} updates, "
        f"float32, digits; {machine}. Medians of {record.sizes['round']} "
        "interleaved rounds with their range; ratios are formed within a round."
    )
    for way in ways[1:]:
        reached = at_least(rate.sel(way=way).values / base, LIMIT)
        text += f" {way} reaches {LIMIT} of the same cores in one process: {reached}."
    header = ["way", "run-steps/s", "range", f"of {ONE}", "range"]
    return speeds(record.rate, text), Table("One process and two", header, rows, text)
