"""Run-steps per second over CPU devices, in one process and in two that share a sweep by loopback.

Each way has processes of its own, which wait while others train: one way after the other, round by
round.
"""

import atexit
import multiprocessing
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager

import jax
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

import lab
from lab.plots import speeds
from lab.sweeps import hosts
from studies._speed_panel import Scope, Table, at_least

WIDTHS, BATCH, RATES = (32, 32), 32, 4
ROUNDS, LANES, UPDATES = 7, 256, 1000
ONE, TWO = "4 devices", "2 processes of 2"
WAYS = {"1 device": (1, 1), "2 devices": (1, 2), ONE: (1, 4), TWO: (2, 2)}  # processes, devices
LIMIT = 0.9  # of the same devices in one process
Train = Callable[[int, int], float]  # lanes and updates -> run-steps per second


def measure(scope: Scope) -> xr.Dataset:
    """Train by all ways in turn, round after round; the smoke form in this process alone."""
    if scope.smoke:
        return recorded({ONE: [train(4, 1), train(4, 1)]}, 4, 1)
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    with ExitStack() as stack:
        ready = {way: stack.enter_context(processes(*WAYS[way])) for way in WAYS}
        for trained in ready.values():
            trained(LANES, UPDATES)  # compiles
        for _ in range(scope.rounds or ROUNDS):
            for way, trained in ready.items():
                rates[way].append(trained(LANES, UPDATES))
                print(f"{way}: {rates[way][-1]:,.0f} run-steps/s", flush=True)
    return recorded(rates, LANES, UPDATES)


def recorded(rates: dict[str, list[float]], lanes: int, updates: int) -> xr.Dataset:
    """Run-steps per second of each way, round by round, with what was trained."""
    widths, rate = "-".join(map(str, (64, *WIDTHS, 10))), np.array([[*rates.values()]])
    return xr.Dataset(
        {"rate": (("case", "way", "round"), rate, {"units": "1/s"})},
        {"case": [f"{widths}, batch {BATCH}"], "way": [*rates], "round": range(rate.shape[-1])},
        {"lanes": lanes, "updates": updates},
    )


@contextmanager
def processes(count: int, devices: int) -> Iterator[Train]:
    """`train` in so many processes at the same time, each of so many devices."""
    spawn = multiprocessing.get_context("spawn")
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with ExitStack() as stack:
        pools = [
            stack.enter_context(ProcessPoolExecutor(1, spawn, begin, (devices, address, count, i)))
            for i in range(count)
        ]

        def trained(lanes: int, updates: int) -> float:
            told = [pool.submit(train, lanes, updates) for pool in pools]
            return min([future.result() for future in told])

        yield trained


def begin(devices: int, address: str, count: int, process: int) -> None:
    """In a process of its own: devices, and the others that take part, until it ends."""
    warnings.simplefilter("ignore")  # one device leaves a core idle, as is meant
    jax.config.update("jax_platforms", "cpu")
    lab.use_all_cores(devices)
    if count > 1:
        joined = lab.distributed(address, count, process)
        joined.__enter__()
        atexit.register(joined.__exit__, None, None, None)


def train(lanes: int, updates: int) -> float:
    """Run-steps per second of a sweep, from when all processes are there."""
    hosts.exchange(b"")
    start = time.perf_counter()
    record = lab.sweep(
        lab.tasks.CATALOG["digits"].make(widths=WIDTHS), ["adam"],
        axes={"learning_rate": np.geomspace(1e-4, 1e-2, RATES)}, seeds=lanes // RATES,
        budget=lab.Budget(updates=updates), batch_size=BATCH, evaluations=1, progress=False,
    )  # fmt: skip
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
        rows.append([
            way, f"{np.median(own):,.0f}", f"{own.min():,.0f} – {own.max():,.0f}",
            f"{np.median(ratio):.2f}", f"{ratio.min():.2f} – {ratio.max():.2f}",
        ])  # fmt: skip
    text = (
        f"{case}, Adam, {record.attrs['lanes']} lanes of {record.attrs['updates']:,} updates, "
        f"float32, digits; {machine}. Medians of {record.sizes['round']} "
        "interleaved rounds with their range; ratios are formed within a round."
    )
    if TWO in ways:
        reached = at_least(rate.sel(way=TWO).values / base, LIMIT)
        text += f" Two processes reach {LIMIT} of the same devices in one: {reached}."
    header = ["way", "run-steps/s", "range", f"of {ONE}", "range"]
    return speeds(record.rate, text), Table("One process and two", header, rows, text)
