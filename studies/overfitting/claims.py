"""Claims about over-fitting, and the diagnosis of bias and variance, from errors alone."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from lab.statistics import at_best_of_others, mean_interval, paired_difference
from lab.statistics.intervals import Interval
from lab.study import Claim, Record, Table, span
from studies.overfitting.runs import Overfitting

LARGE = 5.0  # % of error, or points of a gap, from which it is large: declared beforehand
DIAGNOSES = {
    (False, False): "good",
    (False, True): "high variance",
    (True, False): "high bias",
    (True, True): "both",
}


def claims(record: Record[Overfitting]) -> Iterator[Claim]:
    """Of the page."""
    over: dict[str, Any] = {"n": record.settings.seeds, "unit": "learning sets"}
    yield from _turning(record["curves"], over)
    yield _data(record["rows"].error, over)
    yield from _capacity(100 * record["width"].error, over)
    yield from _noise(100 * record["noise"].error, over)
    yield from _arms(record["arms"], over)
    yield from _plane(record["plane"], over)


def tables(record: Record[Overfitting]) -> dict[str, Table]:
    """What each arm is found to be."""
    header = ["data", "units", "rows", "training error, %", "gap, points", "diagnosis"]
    rows = [
        [one.data.item(), str(int(one.width)), str(int(one.rows) or "all"),
         span(training, ".1f"), span(gap, ".1f"), found]
        for arm, training, gap, found in diagnosed(record["arms"])
        for one in [record["arms"].sel(arm=arm)]
    ]  # fmt: skip
    note = (
        f"Bias is high from a training error of {LARGE:g} % on, variance from a gap of {LARGE:g} "
        "points on; an interval across decides nothing."
    )
    return {"table": Table(header, rows, note)}


def diagnosis(training: Interval, gap: Interval, large: float = LARGE) -> str:
    """High bias: a large training error. High variance: validation rows fare much worse.

    An interval on both sides of `large` decides nothing.

    Args:
      training: Training rows that are wrong, in % (with its interval).
      gap: Validation error less training error.
      large: From where on they are large. The best possible error is taken to be 0.

    >>> diagnosis(Interval(12, 11, 13), Interval(12, 10, 14))
    'both'
    """
    told = []
    for x in (training, gap):
        if x.low < large <= x.high:
            return "inconclusive"
        told.append(bool(x.estimate >= large))
    return DIAGNOSES[told[0], told[1]]


def diagnosed(arms: xr.Dataset) -> Iterator[tuple[str, Interval, Interval, str]]:
    """Of each arm: what it is meant to be, training error, gap (in %), diagnosis."""
    gaps = gap(100 * arms.error)
    for i, arm in enumerate(arms.arm.values.tolist()):
        training = mean_interval(100 * arms.error.sel(part="training", arm=arm).values)
        apart = mean_interval(gaps[i])
        yield arm, training, apart, diagnosis(training, apart)


def gap(error: xr.DataArray) -> np.ndarray:
    """Validation less training error, splits last."""
    apart = error.sel(part="validation") - error.sel(part="training")
    return apart.transpose(..., "split").values


def _turning(curves: xr.Dataset, over: dict[str, Any]) -> Iterator[Claim]:
    few = curves.isel(rows=0).transpose("split", "step")
    loss, fitted = few.validation_loss.values, few.training_loss.values
    error = 100 * few.validation_error.values
    for what, values, unit in (("loss", loss, "nats"), ("error", error, "points")):
        at = int(few.updates.values[values.mean(0).argmin()])
        yield Claim(
            f"validation_{what}_turns",
            f"Validation {what} turns and rises while training goes on",
            paired_difference(values[:, -1], at_best_of_others(values)),
            low=0,
            where=f"{int(few.rows)} rows",
            digits="+.2f",
            says=f"{{}} {unit} from its least (around update {at:,}) to the end",
            **over,
        )
    turned = at_best_of_others(loss[:, 1:], fitted[:, 1:])
    yield Claim(
        "training_loss_falls", "Training loss falls all the while",
        paired_difference(fitted[:, -1], turned), high=0, digits="+.2f",
        says="{} nats from the turning point of the validation loss to the end", **over,
    )  # fmt: skip


def _data(error: xr.DataArray, over: dict[str, Any]) -> Claim:
    gaps, rows = 100 * gap(error), error.rows.values
    steps = paired_difference(gaps[1:], gaps[:-1], comparisons=len(rows) - 1)
    numbers = ", ".join(f"{n}: {g:.0f}" for n, g in zip(rows, gaps.mean(1)))
    return Claim(
        "more_data", "More data narrows the gap, at every doubling", steps, high=0,
        says=f"validation less training error in points, by rows: {numbers}", **over,
    )  # fmt: skip


def _capacity(error: xr.DataArray, over: dict[str, Any]) -> Iterator[Claim]:
    error = error.transpose("part", "split", "width")
    training, held = error.sel(part="training").values, error.sel(part="validation").values
    first, last = error.width.values[[0, -1]]
    best = error.width.values[held[:, :-1].mean(0).argmin()]
    gained = paired_difference(held[:, -1], held[:, 0])
    yield Claim(
        "capacity_fits", "More capacity fits the training rows better",
        paired_difference(training[:, -1], training[:, 0]), high=0, digits="+.1f",
        says=f"training error {{}} points from width {first} to {last}", **over,
    )  # fmt: skip
    yield Claim(
        "u_of_capacity",
        "Past the best capacity validation error rises again (the U of bias and variance)",
        paired_difference(held[:, -1], at_best_of_others(held[:, :-1])),
        low=0,
        digits="+.1f",
        says=f"{{}} points from the best smaller width (around {best}) to {last}; from width "
        f"{first} to {last} {span(gained, '+.1f')}",
        **over,
    )


def _noise(error: xr.DataArray, over: dict[str, Any]) -> Iterator[Claim]:
    clean, worst = error.isel(noise=0), error.isel(noise=-1)
    yield Claim(
        "wrong_labels_learnt", "A large net learns even wrong labels by heart",
        mean_interval(worst.sel(part="training").values), high=LARGE, digits=".1f",
        where=f"{float(worst.noise):.0%} wrong", source="Zhang et al. 2017",
        says=f"training error {{}} % (below {LARGE:g} % would hold)", **over,
    )  # fmt: skip
    yield Claim(
        "wrong_labels_cost", "and pays for it on clean validation rows",
        paired_difference(worst.sel(part="validation").values, clean.sel(part="validation").values),
        low=0, digits="+.1f", says="{} points of error against no wrong label", **over,
    )  # fmt: skip


def _arms(arms: xr.Dataset, over: dict[str, Any]) -> Iterator[Claim]:
    for arm, training, apart, found in diagnosed(arms):
        one = arms.sel(arm=arm)
        rows = f"{int(one.rows)} rows" if int(one.rows) else "all rows"
        bias, variance = next(k for k, name in DIAGNOSES.items() if name == arm)
        sides = [(LARGE, np.inf) if large else (-np.inf, LARGE) for large in (bias, variance)]
        yield Claim(
            f"case_{arm.replace(' ', '_')}",
            f"{one.data.item()} by a layer of {int(one.width)} on {rows} is a case of “{arm}”",
            Interval(*map(np.array, zip(training, apart))),
            low=[low for low, _ in sides],
            high=[high for _, high in sides],
            says=f"training error {span(training, '.1f')} %, gap {span(apart, '.1f')}: {found}",
            **over,
        )


def _plane(plane: xr.Dataset, over: dict[str, Any]) -> Iterator[Claim]:
    for name in plane.data.values.tolist():
        held = 100 * plane.error.sel(data=name, part="validation").values  # [widths, splits]
        few, many = plane.width.values[[len(held) // 2, -1]]
        yield Claim(
            f"freedom_errs_{name}",
            "A boundary with too much freedom follows single points and errs more",
            paired_difference(held[-1], held[len(held) // 2]), low=0, digits="+.2f",
            where=f"{name}, {few} against {many} units a layer", says="{} points", **over,
        )  # fmt: skip
