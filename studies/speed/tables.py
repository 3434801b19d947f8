"""Tables of what was measured: a table for each panel."""

import numpy as np
import xarray as xr

from lab.study import Record, Table
from studies.speed.executors import ONE
from studies.speed.search import timed
from studies.speed.settings import LAB, SEARCH, Speed

TOLERANCE = 0.05  # a width counts as fast as the best within so much
ON_CPU = 32  # lanes of a group at most: a sweep of fewer than a block pays for those not there


def tables(record: Record[Speed]) -> dict[str, Table]:
    """By panel, by functions of their names; of others the claims say all there is."""
    known = {name: globals()[f"_{name}"] for name in record if f"_{name}" in globals()}
    return {name: table(record[name], record.settings) for name, table in known.items()}


def _throughput(record: xr.Dataset, s: Speed) -> Table:
    ways = record.way.values.tolist()
    own = record.rate.sel(way=LAB)
    shares = own * record.flops / record.peak, own * record.moved / record.bandwidth
    rows = [
        [
            case,
            *(ranged(record.rate.sel(case=case, way=way)) for way in ways),
            *(f"{float(share.sel(case=case).median()):.0%}" for share in shares),
        ]
        for case in record.case.values.tolist()
    ]
    header = ["case", *ways, "share of peak", "share of bandwidth"]
    return Table(header, rows, title="Throughput, run-steps per second")


def _lanes(record: xr.Dataset, s: Speed) -> Table:
    counts, notes = record.lanes.values.tolist(), []
    micro = 1e6 * record.seconds.median("round")
    cases = record.case.values.tolist()
    rows = [[case, *(f"{x:.1f}" for x in micro.sel(case=case).values)] for case in cases]
    for case in cases:
        own = record.sel(case=case)
        first = own.resident.isel(round=0)
        grown = float(first[-1] - first.sel(lanes=s.few)) / (counts[-1] - s.few)
        notes.append(
            f"{case}: memory grew by {grown:,.0f} bytes a lane from {s.few} to {counts[-1]:,}; "
            f"its loss at every update takes {4 * int(own.updates):,}, parameters, gradient and "
            f"moments {int(own.state):,}, which are held for one block at a time."
        )
    header = ["case", *(f"{count:,}" for count in counts)]
    return Table(header, rows, "\n\n".join(notes), "Cost of a lane, µs of an update")


def _executors(record: xr.Dataset, s: Speed) -> Table:
    rate = record.rate.isel(case=0)
    rows = []
    for way in record.way.values.tolist():
        own, ratio = (x.sel(way=way).values for x in (rate, rate / rate.sel(way=ONE)))
        rows.append([
            way, f"{np.median(own):,.0f}", f"{own.min():,.0f} – {own.max():,.0f}",
            f"{np.median(ratio):.2f}", f"{ratio.min():.2f} – {ratio.max():.2f}",
        ])  # fmt: skip
    header = ["way", "run-steps/s", "range", f"of {ONE}", "range"]
    return Table(header, rows, title="One process and two")


def _first_figure(record: xr.Dataset, s: Speed) -> Table:
    seconds = record.seconds.median("round").transpose("part", "run").to_pandas()
    seconds.loc["all"] = seconds.sum()
    rows = [
        [str(part), *(f"{x:.2f}" for x in row)] for part, row in zip(seconds.index, seconds.values)
    ]
    header = ["part", *(f"{run}, s" for run in seconds.columns)]
    return Table(header, rows, title="Time to the first figure")


def _updates(record: xr.Dataset, s: Speed) -> Table:
    rows = []
    for size in record["size"].values.tolist():
        seconds = record.seconds.sel(size=size)
        ratio = seconds / seconds.sel(way="optax")
        low, middle, high = ratio.quantile([0.25, 0.5, 0.75], "round")
        for name in middle.sel(way="lab").sortby(-middle.sel(way="lab")).optimizer.values:
            own, other = ({"optimizer": name, "way": way} for way in ("lab", "optax"))
            rows.append(
                [
                    str(name),
                    size,
                    *(f"{1e6 * float(seconds.sel(at).median()):,.0f}" for at in (own, other)),
                    f"{float(middle.sel(own)):.2f}",
                    f"{float(low.sel(own)):.2f} – {float(high.sel(own)):.2f}",
                    f"{float(middle.sel(optimizer=name, way='optax again')):.2f}",
                ]
            )
    header = ["optimizer", "size", "lab, µs", "optax, µs", "ratio", "quartiles", "control"]
    return Table(header, rows, title="Time of one update")


def _search(record: xr.Dataset, s: Speed) -> Table:
    rows = []
    for case, trials in zip(record.case.values.tolist(), s.trials):
        for way in record.way.values.tolist():
            rate, mine = (record.rate.sel(case=case, way=w).values for w in (way, SEARCH))
            rows.append([
                case, way, str(timed(way, trials)), f"{np.median(rate):.3g}",
                f"{rate.min():.3g} – {rate.max():.3g}", f"{np.median(mine / rate):.1f}",
            ])  # fmt: skip
    header = ["space and searcher", "way", "trials", "trials/s", "range", "lab.search, times"]
    return Table(header, rows, title="Trials per second of a search")


def _widths(record: xr.Dataset, s: Speed) -> Table:
    rate = record.rate.median("round")
    rows = [
        [net, f"{state:,}", *(f"{x:,.0f}" for x in rate.sel(net=net).values)]
        for net, state in zip(record.net.values.tolist(), record.state.values)
    ]
    kept = "\n".join(f"{record.kind},{limit:.0f},{width}" for limit, width in chosen(record))
    note = f"Rows of `lab/sweeps/devices/widths.csv`:\n\n```\n{kept}\n```"
    header = ["network", "bytes of a lane", *map(str, record.width.values)]
    return Table(header, rows, note, "Widths, run-steps per second")


def chosen(record: xr.Dataset) -> list[tuple[float, int]]:
    """Rows of the table of widths: largest bytes of a lane's state, and the width.

    The largest width within a few per cent of the best, as it leaves the host the fewest calls,
    but no larger than that of a smaller size. Sizes between two go with the nearer.
    """
    rate = record.rate.median("round")
    if record.kind == "cpu":
        rate = rate.sel(width=slice(ON_CPU))
    good = rate >= (1 - TOLERANCE) * rate.max("width")
    widest = rate.width.where(good).max("width").values.astype(int)
    best = np.minimum.accumulate(widest).tolist()
    between = np.sqrt(record.state.values[1:] * record.state.values[:-1]).astype(int)
    rows = list(zip([*between.tolist(), float("inf")], best))
    return [row for row, after in zip(rows, [*rows[1:], (0, 0)]) if row[1] != after[1]]


def ranged(rates: xr.DataArray) -> str:
    """The median over rounds with the range."""
    return f"{float(rates.median()):,.0f} ({float(rates.min()):,.0f} – {float(rates.max()):,.0f})"
