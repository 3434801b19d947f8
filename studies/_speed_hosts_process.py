"""One process of a way to train: `python -m studies._speed_hosts_process DEVICES LANES UPDATES`.

With HOST:PORT PROCESSES PROCESS after them it shares the sweep with others. It compiles, and then
trains whenever it is given a line; each time it prints the run-steps per second.
"""

import sys
import time
import warnings
from contextlib import nullcontext

import numpy as np

import lab
from lab.sweeps import hosts

WIDTHS, BATCH, RATES = (32, 32), 32, 4


def train(lanes: int, updates: int) -> float:
    """Run-steps per second of a sweep, once all processes are there."""
    hosts.exchange(b"")
    begin = time.perf_counter()
    record = lab.sweep(
        lab.tasks.CATALOG["digits"].make(widths=WIDTHS), ["adam"],
        axes={"learning_rate": np.geomspace(1e-4, 1e-2, RATES)}, seeds=lanes // RATES,
        budget=lab.Budget(updates=updates), batch_size=BATCH, evaluations=1, progress=False,
    )  # fmt: skip
    return record.attrs["lane_updates"] / (time.perf_counter() - begin)


def main(devices: str, lanes: str, updates: str, address="", processes="1", process="0") -> None:
    """Train as often as asked."""
    warnings.simplefilter("ignore")  # one device leaves cores idle, as is meant
    lab.use_all_cores(int(devices))
    others = lab.distributed(address, int(processes), int(process)) if address else nullcontext()
    with others:
        train(int(lanes), int(updates))
        print("ready", flush=True)
        for _ in sys.stdin:
            print(train(int(lanes), int(updates)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
