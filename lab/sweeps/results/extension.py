"""Lanes that a record already holds are taken over, not run again."""

import itertools
import json
from collections.abc import Mapping
from typing import Any

import xarray as xr

from lab.records import manifest
from lab.sweeps.planning.identity import check_same, json_words, of_job, predictions
from lab.sweeps.results.record import Record

REPEATED = "repeated"  # a coordinate: True where a lane is not taken over though it is held
MADE, REMEDY = "the record to extend", "extend it by the same sweep, or run the whole anew"


def take_over(record: Record, earlier: xr.Dataset, where: Mapping[str, Any]) -> None:
    """Copy every lane of a plan that an earlier record holds; `where` is the machine that trains.

    Raises:
      InputError: If it was made otherwise; names the first thing that differs.
    """
    plan, configuration = record.plan, manifest(earlier)["configuration"]
    shared, found = json_words(plan.shared), configuration.get("identity", {})
    check_same(configuration, shared, MADE, REMEDY, [name for name in shared if name != "fixed"])
    ours, theirs = (
        shared["fixed"],
        configuration["fixed"],
    )  # but for what trials name in one and not another
    both = [name for name in ours if name in theirs]
    check_same(theirs, ours, MADE, REMEDY, both)
    check_same(found, json_words(where), MADE, REMEDY, sorted(where))
    if "outputs" in earlier:
        rows = predictions(plan)
        check_same(found, rows, MADE, REMEDY, sorted({*rows} & {*found}))
    held = _lanes_of(earlier)
    variables = {str(name): v for name, v in earlier.data_vars.items()}
    wanted: dict[tuple[int, ...], tuple[int, ...]] = {}  # cells there by cells here
    lanes = sorted((lane for job in plan.jobs for lane in job.lanes), key=lambda lane: lane.cell)
    for lane in lanes:
        if same := held.get(_labels(lane.setting)):
            wanted[lane.cell] = same.pop(0)
    for job in plan.jobs:
        cells = {number: wanted.get(lane.cell) for number, lane in enumerate(job.lanes)}
        taken = {number: cell for number, cell in cells.items() if cell is not None}
        if not taken:
            continue
        expected = json_words(of_job(job.of(list(taken))))
        check_same(found, expected, MADE, REMEDY, sorted(expected))
        for number, cell in taken.items():
            lane = job.lanes[number]
            for name, variable in variables.items():
                inner = tuple(str(dim) for dim in variable.dims[len(cell) :])
                record.put(name, inner, lane.cell, variable.values[cell])
            record.done[lane.cell] = True


def timed(record: xr.Dataset | None) -> dict[str, float]:
    """The seconds per update that a record was charged by, so that they are measured once."""
    return {} if record is None else manifest(record)["configuration"].get("seconds_per_update", {})


def _lanes_of(record: xr.Dataset) -> dict[str, list[tuple[int, ...]]]:
    """The cells of the lanes of a record, by their labels.

    Several lanes may have the same ones, as functions of one name do: their order tells them apart.
    """
    fixed = manifest(record)["configuration"]["fixed"]
    dims = [str(dim) for dim in record["diverged_at"].dims]
    labels = {dim: record[dim].values.tolist() for dim in dims}
    tried = [str(k) for k, v in record.coords.items() if v.dims == ("optimizer", "trial")]
    lanes: dict[str, list[tuple[int, ...]]] = {}
    repeated = record.coords.get(REPEATED)
    for cell in itertools.product(*(range(len(labels[dim])) for dim in dims)):
        if repeated is not None and repeated.values[cell]:
            continue
        at = dict(zip(dims, cell))
        setting = fixed | {dim: labels[dim][i] for dim, i in at.items() if dim != "trial"}
        for name in tried:
            value = record[name].values[at["optimizer"], at["trial"]].item()
            if value == value and value != "":
                setting[name] = value
        lanes.setdefault(_labels(setting), []).append(cell)
    return lanes


def _labels(setting: dict[str, Any]) -> str:
    configuration = {
        k: int(v) if isinstance(v, bool) else v for k, v in setting.items()
    }  # or NaN's float
    return json.dumps(json_words(configuration), sort_keys=True)
