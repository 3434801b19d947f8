"""How many lanes should a group hold? Run-steps per second by size of a lane's state and width."""

from unittest import mock

import jax
import numpy as np
import xarray as xr

import lab
from lab.sweeps.devices import widths as known
from studies.speed.cases import Case, task
from studies.speed.settings import Speed


def measure(s: Speed) -> xr.Dataset:
    """Time all widths in turn, round after round."""
    kind = jax.default_backend()
    widths = s.widths if kind == "cpu" else s.accelerated
    rate = np.empty((len(s.width_nets), len(widths), s.rounds))
    for i, net in enumerate(s.width_nets):
        cases = [Case(*net, batch) for batch in s.width_batches]
        for r in range(s.rounds):
            for j, width in enumerate(widths):
                each = [trained(case, width, s.width_lanes * case.updates) for case in cases]
                rate[i, j, r] = np.sqrt(np.prod(each))
        print(cases[0].net, dict(zip(widths, np.median(rate[i], -1).round().tolist())), flush=True)
    return xr.Dataset(
        {
            "rate": (("net", "width", "round"), rate, {"units": "1/s"}),
            "state": ("net", [Case(*net, 1).state for net in s.width_nets]),
        },
        {"net": [Case(*net, 1).net for net in s.width_nets], "width": list(widths)},
        {"kind": kind},
    )


def trained(case: Case, width: int, steps: int) -> float:
    """Run-steps per second of a sweep with so many lanes in a group."""
    lanes = 2 * width * jax.device_count()
    with mock.patch.object(known, "table", return_value=((float("inf"), width),)):
        for updates in (1, max(8, steps // lanes)):  # the first compiles
            record = lab.sweep(
                task(case), ["adam"], axes={"learning_rate": [1e-3]}, seeds=lanes,
                budget=lab.Budget(updates=updates), batch_size=case.batch, evaluations=1,
                progress=False,
            )  # fmt: skip
    return record.attrs["lane_updates"] / record.attrs["seconds_training"]
