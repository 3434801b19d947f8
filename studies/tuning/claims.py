"""Claims about one search, and its best trials, from the record alone."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from lab.statistics import mean_interval, paired_difference
from lab.statistics.intervals import Interval
from lab.study import Claim, Record, Table, span
from studies.tuning.runs import OUTCOMES, Tuning

SHOWN = 10


def claims(record: Record[Tuning]) -> Iterator[Claim]:
    """Of the page."""
    yield _mattered(record["importances"].importance)
    label, network, others = errors(record)
    better = {
        "default": ("the default one", paired_difference(network["default"], network["best"])),
        "linear": ("a linear model", mean_interval(others["linear"] - network["best"])),
    }
    for name, (whom, gain) in better.items():
        yield Claim(
            f"beats_{name}", f"The network that was found beats {whom}", gain, low=0,
            n=record.settings.seeds, unit="seeds", where="on this split", digits=".2f",
            says=f"test {label} lower by {{}}, {record.settings.seeds} seeds",
        )  # fmt: skip


def tables(record: Record[Tuning]) -> dict[str, Table]:
    """The best trials by validation loss."""
    trials = record["trials"].sortby("loss").isel(trial=slice(SHOWN))
    names = [str(n) for n in trials.data_vars if n not in OUTCOMES]
    single = [n for n in names if not n.startswith(("units_", "dropout_"))]
    rows = []
    for number, one in trials.to_dataframe().to_dict("index").items():
        layers = (
            "-".join(_word(one[n]) for n in names if n.startswith(kind) and one[n] == one[n])
            for kind in ("units_", "dropout_")
        )
        rows.append([str(number), *(_word(one[n]) for n in single), *layers, f"{one['loss']:.4f}"])
    note = (
        f"The {len(rows)} best of {record['trials'].sizes['trial']} trials. The best network is in "
        "best.npz, for lab.load_predictor."
    )
    return {"table": Table(["trial", *single, "units", "dropout", "validation loss"], rows, note)}


def errors(record: Record[Tuning]) -> tuple[str, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """On the test rows: what is measured, of the networks by setting [seed], and of baselines."""
    report, baselines = record["report"], record["baselines"]
    classes = "test_accuracy" in report
    metric = "test_accuracy" if classes else "test_rmse"

    def shown(part: xr.Dataset, dim: str) -> dict[str, np.ndarray]:
        values = 100 * (1 - part[metric]) if classes else part[metric]
        return dict(zip(part[dim].values.tolist(), values.transpose(dim, ...).values))

    label = "error (%)" if classes else "root mean squared error"
    return label, shown(report, "setting"), shown(baselines, "baseline")


def _mattered(importance: xr.DataArray) -> Claim:
    shares = importance.transpose("parameter", "forest")
    shares = shares.isel(parameter=shares.mean("forest").argsort().values[::-1])
    first, second, *_ = (
        f"{name} {span(Interval(x.mean(), x.min(), x.max()), '.2f')}"
        for name, x in zip(shares.parameter.values, shares.values)
    )
    forests: Any = {"n": shares.sizes["forest"], "unit": "forests"}
    return Claim(
        "two_matter", "Two parameters matter more than any other",
        paired_difference(shares.values[1], shares.values[2]), low=0, digits=".2f",
        source="Bergstra & Bengio 2012",
        says="shares of the variance of the log-loss that a parameter explains (forests, least to "
        f"largest): {first}, {second}, every other at most {shares.values[2:].max():.2f}; the "
        "second less the third {}", **forests,
    )  # fmt: skip


def _word(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.2g}" if value != int(value) else str(int(value))
