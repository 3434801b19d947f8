"""Lanes that a record already holds are taken over, not run again."""

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from lab.records import manifest
from lab.sweeps.planning.plan import Job, Plan
from lab.validation.errors import require

REPEATED = "repeated"  # a coordinate: True where a lane is not taken over though it is held
Put = Callable[[str, tuple[str, ...], tuple[int, ...], Any], None]


def take_over(plan: Plan, configuration: dict[str, Any], record: xr.Dataset, put: Put) -> list[Job]:
    """Copy every lane of `plan` that `record` holds; returns the jobs that remain.

    Raises:
      InputError: If the record was made with another configuration; says where they differ.
    """
    found = manifest(record)["configuration"]
    asked = json.loads(json.dumps(configuration, default=str))
    for name, value in asked.items():
        require(
            found.get(name) == value,
            f"the record to extend was made with {name}={found.get(name)}, "
            f"and this sweep asks for {value}.",
        )
    held = _lanes_of(record)
    variables = {str(name): v for name, v in record.data_vars.items()}
    jobs = []
    for job in plan.jobs:
        missing = []
        for lane in job.lanes:
            cell = held.get(_identity(lane.setting))
            if cell is None:
                missing.append(lane)
                continue
            for name, variable in variables.items():
                inner = tuple(str(dim) for dim in variable.dims[len(cell) :])
                put(name, inner, lane.cell, variable.values[cell])
        if missing:
            jobs.append(replace(job, lanes=missing))
    return jobs


def timed(record: xr.Dataset | None) -> dict[str, float]:
    """The seconds per update that a record was charged by, so that they are measured once."""
    return {} if record is None else manifest(record)["configuration"].get("seconds_per_update", {})


def _lanes_of(record: xr.Dataset) -> dict[str, tuple[int, ...]]:
    """The cell of each lane of a record, by what tells it from others."""
    fixed = manifest(record)["configuration"]["fixed"]
    dims = [str(dim) for dim in record["diverged_at"].dims]
    labels = {dim: record[dim].values.tolist() for dim in dims}
    tried = [str(k) for k, v in record.coords.items() if v.dims == ("optimizer", "trial")]
    lanes = {}
    repeated = record[REPEATED].values if REPEATED in record.coords else None
    for cell in itertools.product(*(range(len(labels[dim])) for dim in dims)):
        if repeated is not None and repeated[cell]:
            continue
        at = dict(zip(dims, cell))
        setting = fixed | {dim: labels[dim][i] for dim, i in at.items() if dim != "trial"}
        for name in tried:
            value = record[name].values[at["optimizer"], at["trial"]].item()
            if not (isinstance(value, float) and np.isnan(value)):
                setting[name] = value
        lanes[_identity(setting)] = cell
    return lanes


def _identity(setting: dict[str, Any]) -> str:
    return json.dumps(setting, sort_keys=True)
