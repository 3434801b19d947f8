"""Statements, tables and figures of the study of normalization, from its record alone."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from lab import plots, records, statistics
from lab.statistics.intervals import Interval
from lab.study.cli import Folder
from lab.study.tables import comma_separated, markdown
from studies.normalization import figures
from studies.normalization.measures import usable_decades
from studies.normalization.verdict import Found, verdict

LEVEL = 0.9  # validation accuracy from which a rate or an initial scale counts as usable


def draw(record: xr.DataTree, folder: Folder) -> None:
    """Everything that is printed or drawn."""
    told = records.manifest(record)["configuration"]
    parts = {name: node.to_dataset() for name, node in record.items()}
    found = Found(
        **{
            kind: {name: parts[f"{_label(name)}_{kind}"] for name in told["nets"]}
            for kind in ("batch_size", "rates", "init")
        },
        depth=parts.get("depth"),
        running=parts.get("running"),
        level=LEVEL,
    )
    how = (
        f"Digits, {told['width']} units a layer, SGD with momentum 0.9, {told['epochs']} epochs of "
        f"{told['rows']:,} rows at a constant rate"
    )
    interval = f"mean over {told['seeds']} fresh seeds, 95 % t interval"
    tuned = (
        f"the best of {len(told['rates'])} rates by validation loss on {told['tuning']} tuning "
        "seeds, for each norm and batch size"
    )
    texts = {
        "batch_size": f"{how}: equal examples, so a batch twice as large has half the updates; "
        f"{tuned}. Above: {interval}; below: differences seed by seed (symmetric logarithmic "
        "scale). Running averages remember a tenth of the run.",
        "usable": f"{how}, batch {told['batch']}; {interval}. Above: every rate; below: initial "
        f"kernels multiplied, at the rate chosen for the usual ones. Dotted: {LEVEL:.0%}, from "
        "which a rate or scale counts as usable.",
        "prices": f"{how}; {tuned}; {interval}. Gap: same rows and parameters in both modes, "
        "second half of the training.",
    }
    plots.save(
        figures.against_batch_size(found.batch_size, texts["batch_size"]),
        folder.path / "batch_size.png",
    )
    plots.save(
        figures.usable(found.rates, found.init, LEVEL, texts["usable"]), folder.path / "usable.png"
    )
    if found.depth is not None and found.running is not None:
        plots.save(
            figures.prices(found.batch_size, found.running, found.depth, texts["prices"]),
            folder.path / "prices.png",
        )
    header, rows = by_batch_size_table(found.batch_size)
    other, lines = usable_table(found.rates, found.init)
    text = (
        f"# Normalization\n\n{markdown(header, rows)}\n{how}; {tuned}; {interval}. Accuracy on "
        f"validation rows in %; gain: points above no normalization, seed by seed.\n\n"
        f"{markdown(other, lines)}\nBatch {told['batch']}. Decades of tried rates and of initial "
        f"scales with at least {LEVEL:.0%}, counted seed by seed.\n\n"
        f"## Verdict\n\n{verdict(found)}"
    )
    folder.text("table.md", text)
    folder.text("table.csv", comma_separated(header, rows))
    print(f"{text}\nfigures, tables and record: {folder.path}")


def _label(name: str) -> str:
    return name.replace("-", "_").replace(" ", "_")


def by_batch_size_table(nets: Mapping[str, xr.Dataset]) -> tuple[list[str], list[list[str]]]:
    """Accuracy, gain and chosen rate of every norm at every batch size."""
    header = ["net", "norm", "batch", "rate", "accuracy", "gain"]
    rows = []
    for name, net in nets.items():
        for norm in net.norm.values.tolist():
            for size in net.batch_size.values.tolist():
                one = net.sel(norm=norm, batch_size=size)
                base = net.accuracy.sel(norm="none", batch_size=size).values
                gain = statistics.paired_difference(100 * one.accuracy.values, 100 * base)
                rows.append([
                    name, norm, str(size), f"{float(one.rate):.2g}",
                    _span(statistics.mean_interval(100 * one.accuracy.values), ".1f"),
                    "" if norm == "none" else _span(gain, "+.1f"),
                ])  # fmt: skip
    return header, rows


def usable_table(rates: Mapping[str, xr.Dataset], init: Mapping[str, xr.Dataset]):
    """Decades of usable rates and initial scales."""
    header = ["net", "norm", "decades of rates", "largest rate", "decades of initial scales"]
    rows = []
    for name in rates:
        ends, scales = rates[name].accuracy.isel(step=-1), init[name].accuracy
        for norm in ends.norm.values.tolist():
            fine = (ends.sel(norm=norm) >= LEVEL).transpose("rate", "seed").mean("seed")
            most = ends.rate.values[fine.values >= 0.5]
            rows.append([
                name, norm, _span(_decades(ends.sel(norm=norm), "rate"), ".2f"),
                f"{most.max():.2g}" if len(most) else "none",
                _span(_decades(scales.sel(norm=norm), "scale"), ".2f"),
            ])  # fmt: skip
    return header, rows


def _decades(accuracy: xr.DataArray, axis: str) -> Interval:
    return statistics.mean_interval(usable_decades(accuracy, axis, LEVEL))


def _span(x: Any, digits: str) -> str:
    estimate, low, high = (format(float(np.asarray(v)), digits) for v in x)
    return f"{estimate} ({low} to {high})"
