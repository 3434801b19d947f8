"""A picture for each panel of speed, with what it shows written below."""

from collections.abc import Iterable

import xarray as xr
from matplotlib.figure import Figure

from lab.records import manifest
from lab.study import Record
from studies.speed import bars
from studies.speed.cases import LANES
from studies.speed.checkpoints import BATCH as KEPT_BATCH
from studies.speed.checkpoints import LANES as KEPT_LANES
from studies.speed.claims import EVALUATED
from studies.speed.settings import LAB, Speed


def figures(record: Record[Speed]) -> dict[str, Figure]:
    """By panel, by functions of their names; each may be of a machine of its own."""
    drawn = {}
    for name, part in record.items():
        made = manifest(part)["provenance"]
        over = f"{made['devices']} {made['device']} devices"
        drawn[name] = globals()[f"_{name}"](part, record.settings, over, record.settings.rounds)
    return drawn


def _throughput(record: xr.Dataset, s: Speed, machine: str, rounds: int) -> Figure:
    own = record.rate.sel(way=LAB)
    shares = {
        "share": own * record.flops / record.peak,
        "traffic": own * record.moved / record.bandwidth,
    }
    return bars.throughputs(
        record.assign(shares),
        f"Run-steps per second: medians of {rounds} interleaved rounds with their range. {LANES} "
        f"lanes where runs go together, Adam, float32; {machine}. Peak: a large matrix product on "
        f"each device, {float(record.peak.median()) / 1e9:.0f} GFLOP/s; of an update, the products "
        "that are executed. Bandwidth: a large sum on each, "
        f"{float(record.bandwidth.median()) / 1e9:.0f} GB/s; of an update, parameters and moments "
        "read and written once; above 100% they stay in caches."
        + left_out(s.ways, record.way.values),
    )


def _lanes(record: xr.Dataset, s: Speed, machine: str, rounds: int) -> Figure:
    return bars.lines(
        1e6 * record.seconds,
        "Microseconds of an update of one lane, by lanes of the sweep, its planning and "
        f"evaluations included: medians of {rounds} interleaved rounds, bars: range. Adam, "
        f"float32; {machine}.",
        "lanes of the sweep",
        "time of an update of one lane, µs",
        log=True,
    )


def _evaluations(record: xr.Dataset, s: Speed, machine: str, rounds: int) -> Figure:
    evaluating, training, whole, once = record.seconds.transpose("spent", ...)
    kinds = ["reported as evaluating", "whole sweep, more than evaluated once"]
    over = xr.concat([evaluating / training, whole / once - 1], "kind").assign_coords(kind=kinds)
    return bars.overheads(
        100 * over,
        EVALUATED,
        f"Time for evaluating {record.evaluated} rows of digits once per epoch, over {s.epochs} "
        f"epochs of {record.rows:,} rows: medians of {rounds} interleaved rounds, bars: range. "
        f"Adam, float32; {machine}.",
    )


def _executors(record: xr.Dataset, s: Speed, machine: str, rounds: int) -> Figure:
    return bars.speeds(
        record.rate,
        f"{record.case.values[0]}, Adam, {record.lanes} lanes of {record.updates:,} updates, "
        f"float32, digits; {machine}. Medians of {rounds} interleaved rounds with their range.",
    )


def _first_figure(record: xr.Dataset, s: Speed, machine: str, rounds: int) -> Figure:
    return bars.stacked(
        record.seconds.sel(run=["cold", "warm"]).median("round"),
        f"Seconds until the first figure: 32 lanes of 64-128-128-10, {s.updates:,} updates of "
        f"batch 64, Adam, digits; {machine}. Medians of {rounds} rounds.",
    )


def _updates(record: xr.Dataset, s: Speed, machine: str, rounds: int) -> Figure:
    return bars.update_ratios(
        record.seconds,
        f"Time of one jitted update, float32, {machine}: dots are medians over interleaved rounds "
        "of lab over optax, lines their quartiles; the band holds the same medians of optax "
        "against itself.",
    )


def _search(record: xr.Dataset, s: Speed, machine: str, rounds: int) -> Figure:
    return bars.searches(
        record,
        f"Breast cancer, Adam, batch {record.batch}, {s.search_epochs} epochs a trial, networks of "
        f"two layers of 32 or of the space; {machine}. Every search begins in a process where "
        f"nothing is compiled; {rounds} interleaved rounds."
        + left_out(s.search_ways, record.way.values),
    )


def _checkpoints(record: xr.Dataset, s: Speed, machine: str, rounds: int) -> Figure:
    size = f"{record.megabytes:.0f} MB of live state"
    rate = KEPT_LANES * s.kept_updates / record.seconds.sel(spent="passed", drop=True)
    return bars.speeds(
        rate.expand_dims(case=[size]),
        f"Run-steps per second of a sweep with {size}; bars: median over {rounds} rounds, lines: "
        f"least and most. Batch {KEPT_BATCH}, Adam; {machine}.",
    )


def _widths(record: xr.Dataset, s: Speed, machine: str, rounds: int) -> Figure:
    return bars.lines(
        100 * record.rate / record.rate.median("round").max("width"),
        "Run-steps per second of training by lanes in a group: geometric mean over batches of "
        f"{' and '.join(map(str, s.width_batches))}, Adam, float32; {machine}; medians of {rounds} "
        "interleaved rounds.",
        "lanes in a group",
        "run-steps per second, % of best",
        log=False,
    )


def left_out(ways: Iterable[str], shown: Iterable[str]) -> str:
    """Words for the ways that are not installed, each a sentence."""
    shown = set(shown)
    return "".join(f" Not installed, and left out: {way}." for way in ways if way not in shown)
