"""Run-steps per second over CPU devices, in one process and in two that share a sweep by loopback.

Each way has processes of its own, which compile once and then wait: in a round one way trains after
the other, and those whose turn it is not take no time.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lab.errors import require
from lab.plots import speeds
from studies._speed_hosts_process import BATCH, WIDTHS, train
from studies._speed_panel import Scope, Table, at_least

ROUNDS, LANES, UPDATES = 7, 256, 1000
ONE, TWO = "4 devices", "2 processes of 2"
WAYS = {"1 device": (1, 1), "2 devices": (1, 2), ONE: (1, 4), TWO: (2, 2)}  # processes, devices
LIMIT = 0.9  # of the same devices in one process
Processes = list[subprocess.Popen[str]]


def measure(scope: Scope) -> xr.Dataset:
    """Train by all ways in turn, round after round; the smoke form in this process alone."""
    if scope.smoke:
        return recorded({ONE: [train(4, 1), train(4, 1)]}, 4, 1)
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    with ExitStack() as stack:
        ready = {way: stack.enter_context(waiting(*WAYS[way])) for way in WAYS}
        for way, processes in ready.items():
            require(_told(processes) == "ready", f"{way} failed, as was said above.")
        for _ in range(scope.rounds or ROUNDS):
            for way, processes in ready.items():
                for process in processes:
                    print("train", file=process.stdin, flush=True)
                rates[way].append(float(_told(processes)))
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
def waiting(count: int, devices: int) -> Iterator[Processes]:
    """So many processes, each of so many devices, that train when they are given a line."""
    command = [sys.executable, "-m", "studies._speed_hosts_process"]
    command += map(str, (devices, LANES, UPDATES))
    address = _free_address()
    started = [
        subprocess.Popen(
            [*command, *((address, str(count), str(i)) if count > 1 else ())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | {"JAX_PLATFORMS": "cpu"},
        )
        for i in range(count)
    ]  # fmt: skip
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


def _free_address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def _told(processes: Processes) -> str:
    """The next line of the first process; empty if it has ended."""
    told = processes[0].stdout
    return "" if told is None else told.readline().strip()


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
