"""Preferences between shapes, by test loss; and a table of the shapes."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import xarray as xr

from lab import protocol
from lab.statistics import Interval, holm_intervals, mean_interval
from lab.study import Claim, Record, Table
from studies.depth_and_width.runs import DepthAndWidth


class Preference(NamedTuple):
    """Of one shape to another, by key."""

    name: str  # on the figure
    says: str
    better: str
    worse: str


PREFERENCES = (
    Preference(
        "128-64-32 − 512", "Three narrowing layers beat one of 512 (more parameters)",
        "pyramid", "printed",
    ),
    Preference(
        "128-64-32 − one layer", "Three layers beat one layer of equal size", "pyramid", "one"
    ),
    Preference(
        "128-64-32 − three equal", "A pyramid beats equal widths of equal size",
        "pyramid", "three",
    ),
)  # fmt: skip


def claims(record: Record[DepthAndWidth]) -> Iterator[Claim]:
    """Each preference on each task; all intervals hold together."""
    found = reports(record)
    made = [(p, task) for p in PREFERENCES for task in found if p.worse in found[task]]
    pairs = [(found[task][p.better], found[task][p.worse]) for p, task in made]
    gaps = holm_intervals([losses(a) - losses(b) for a, b in pairs])
    for (p, task), pair, *gap in zip(made, pairs, *gaps):
        a, b = (100 * (1 - float(x.test_accuracy.mean())) for x in pair)
        yield Claim(
            f"{p.better}_beats_{p.worse}_{task}", p.says, Interval(*gap), record.settings.seeds,
            "seeds", high=0, where=task, digits="+.3f",
            says=f"test loss {{}}; test error {a:.1f} % against {b:.1f} %",
        )  # fmt: skip


def tables(record: Record[DepthAndWidth]) -> dict[str, Table]:
    """Every shape on every task."""
    header = ["task", "hidden layers", "parameters", "best rate", "test error %", "test loss"]
    rows = []
    for task, by_key in reports(record).items():
        for key, report in by_key.items():
            edge = bool(protocol.select(record[f"{task}/{key}/tuning"]).at_edge.item())
            rows.append([
                task, report.attrs["widths"], f"{int(report.attrs['parameters']):,}",
                f"{report.learning_rate.item():.2g}{' (edge)' * edge}",
                _spread(100 * (1 - report.test_accuracy.values.ravel()), 2),
                _spread(losses(report), 4),
            ])  # fmt: skip
    note = (
        "One split, one optimizer, one budget: other data may prefer other shapes. Mean and 95 % t "
        "interval over fresh seeds."
    )
    return {"table": Table(header, rows, note)}


def reports(record: Record[DepthAndWidth]) -> dict[str, dict[str, xr.Dataset]]:
    """The reports of every task, by shape."""
    keys = [key for key, *_ in record.settings.shapes]
    return {t: {k: record[f"{t}/{k}/report"] for k in keys} for t in record.settings.tasks}


def losses(report: xr.Dataset) -> np.ndarray:
    """Test losses in nats: [seed]."""
    return report.test_loss.values.ravel()


def _spread(values: np.ndarray, digits: int) -> str:
    mean, low, _ = mean_interval(values)
    return f"{mean:.{digits}f} ± {mean - low:.{digits}f}"
