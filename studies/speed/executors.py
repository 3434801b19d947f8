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

import lab
from lab.sweeps.execution.process_pool import take_share
from studies.speed.cases import Case
from studies.speed.settings import Speed

CASE, RATES = Case(64, 32, 32), 4
ONE, POOL, DASK = "one process", "process pool of 2", "Dask, 2 workers"


def measure(s: Speed) -> xr.Dataset:
    """Train by all ways in turn, round after round."""
    with ExitStack() as stack:
        ways: dict[str, Any] = {ONE: None}
        if s.processes == "own":
            ways[POOL] = stack.enter_context(lab.ProcessPool(2))
            if find_spec("distributed"):
                ways[DASK] = stack.enter_context(dask())
        rates: dict[str, list[float]] = {way: [] for way in ways}
        for executor in ways.values():
            train(executor, s.executor_lanes, min(100, s.executor_updates))  # compiles
        for _ in range(s.rounds):
            for way, executor in ways.items():
                rates[way].append(train(executor, s.executor_lanes, s.executor_updates))
                print(f"{way}: {rates[way][-1]:,.0f} run-steps/s", flush=True)
    return recorded(rates, s.executor_lanes, s.executor_updates)


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
    rate = np.array([[*rates.values()]])
    return xr.Dataset(
        {"rate": (("case", "way", "round"), rate, {"units": "1/s"})},
        {"case": [CASE.name], "way": [*rates], "round": range(rate.shape[-1])},
        {"lanes": lanes, "updates": updates},
    )


def train(executor: Any, lanes: int, updates: int) -> float:
    """Run-steps per second of a sweep, from its call to its record."""
    start = time.perf_counter()
    record = lab.sweep(
        lab.tasks.CATALOG["digits"].make(widths=(CASE.width, CASE.width)), ["adam"],
        axes={"learning_rate": np.geomspace(1e-4, 1e-2, RATES)}, seeds=lanes // RATES,
        budget=lab.Budget(updates=updates), batch_size=CASE.batch, evaluations=1, progress=False,
        executor=executor,
    )  # fmt: skip
    return record.attrs["lane_updates"] / (time.perf_counter() - start)
