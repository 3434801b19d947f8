"""Claims about over-fitting, and the diagnosis of bias and variance, from errors alone."""

from typing import Any

import numpy as np
import xarray as xr

from lab import statistics
from lab.statistics.intervals import Interval
from studies.gradient_descent.report import judged

LARGE = 0.05  # an error, or a gap between errors, from which it is large: declared beforehand
DIAGNOSES = {
    (False, False): "good",
    (False, True): "high variance",
    (True, False): "high bias",
    (True, True): "both",
}


def diagnosis(training: Interval, gap: Interval, large: float = LARGE) -> str:
    """High bias: a large training error. High variance: validation rows fare much worse.

    An interval on both sides of `large` decides nothing.

    Args:
      training: Share of training rows that are wrong (with its interval).
      gap: Validation error less training error.
      large: From where on they are large. The best possible error is taken to be 0.

    >>> diagnosis(Interval(0.12, 0.11, 0.13), Interval(0.12, 0.10, 0.14))
    'both'
    """
    told = []
    for x in (training, gap):
        if x.low < large <= x.high:
            return "inconclusive"
        told.append(bool(x.estimate >= large))
    return DIAGNOSES[told[0], told[1]]


def gap(error: xr.DataArray) -> np.ndarray:
    """Validation less training error, splits last."""
    return (
        (error.sel(part="validation") - error.sel(part="training")).transpose(..., "split").values
    )


def at_best_of_others(values: np.ndarray, judge: np.ndarray | None = None) -> np.ndarray:
    """[splits] `judge` at the least mean of `values` [splits, points] over all *other* splits.

    What a split is judged at is not chosen on it, so that the least does not look too low.
    """
    judge = values if judge is None else judge
    others = values.sum(0, keepdims=True) - values
    return np.take_along_axis(judge, others.argmin(1)[:, None], 1)[:, 0]


def verdict(parts: dict[str, xr.Dataset]) -> str:
    """Every claim with its numbers, one to a line."""
    lines = [
        *_turning(parts["curves"]), _data(parts["rows"].error), *_capacity(parts["capacity"].error),
        *_noise(parts["noise"].error), *_arms(parts["arms"]), *_plane(parts["plane"]),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _turning(curves: xr.Dataset) -> list[str]:
    few = curves.isel(rows=0).transpose("split", "step")
    loss, error = few.validation_loss.values, few.validation_error.values
    fitted = few.training_loss.values
    lines = []
    for what, values, unit in (("loss", loss, "nats"), ("error", 100 * error, "points")):
        rise = statistics.paired_difference(values[:, -1], at_best_of_others(values))
        at = int(few.updates.values[values.mean(0).argmin()])
        lines.append(
            f"- *Validation {what} turns and rises while training goes on*, {int(few.rows)} rows: "
            f"**{_above(rise)}**, {span(rise, '+.2f')} {unit} from its least (around update "
            f"{at:,}) to the end."
        )
    falls = statistics.paired_difference(
        fitted[:, -1], at_best_of_others(loss[:, 1:], fitted[:, 1:])
    )
    lines.append(
        "- *Training loss falls all the while*: "
        f"**{_above(Interval(-falls.estimate, -falls.high, -falls.low))}**, "
        f"{span(falls, '+.2f')} nats from the turning point of the validation loss to the end."
    )
    return lines


def _data(error: xr.DataArray) -> str:
    gaps, rows = 100 * gap(error), error.rows.values
    steps = statistics.paired_difference(gaps[1:], gaps[:-1], comparisons=len(rows) - 1)
    numbers = ", ".join(f"{n}: {g:.0f}" for n, g in zip(rows, gaps.mean(1)))
    return (
        "- *More data narrows the gap, at every doubling*: "
        f"**{judged(bool((steps.high < 0).all()), bool((steps.low > 0).any()))}**; validation less "
        f"training error in points, by rows: {numbers}."
    )


def _capacity(error: xr.DataArray) -> list[str]:
    error = 100 * error.transpose("part", "split", "width")
    training, held = error.sel(part="training").values, error.sel(part="validation").values
    widths = error.width.values
    falls = statistics.paired_difference(training[:, -1], training[:, 0])
    past = statistics.paired_difference(held[:, -1], at_best_of_others(held[:, :-1]))
    gained = statistics.paired_difference(held[:, -1], held[:, 0])
    best = widths[held[:, :-1].mean(0).argmin()]
    return [
        "- *More capacity fits the training rows better*: "
        f"**{_above(Interval(-falls.estimate, -falls.high, -falls.low))}**, training error "
        f"{span(falls, '+.1f')} points from width {widths[0]} to {widths[-1]}.",
        "- *Past the best capacity validation error rises again (the U of bias and variance)*: "
        f"**{_above(past)}**, {span(past, '+.1f')} points from the best smaller width "
        f"(around {best}) to {widths[-1]}; from width {widths[0]} to "
        f"{widths[-1]} {span(gained, '+.1f')}.",
    ]


def _noise(error: xr.DataArray) -> list[str]:
    error = 100 * error
    worst = error.isel(noise=-1)
    learnt = statistics.mean_interval(worst.sel(part="training").values)
    rise = statistics.paired_difference(
        worst.sel(part="validation").values, error.isel(noise=0).sel(part="validation").values
    )
    share = float(worst.noise)
    return [
        f"- *A large net learns even wrong labels by heart (Zhang et al. 2017)*, {share:.0%} "
        f"wrong: **{judged(bool(learnt.high < 5), bool(learnt.low > 5))}**, training error "
        f"{span(learnt, '.1f')} % (below 5 % would hold).",
        f"- *and pays for it on clean validation rows*: **{_above(rise)}**, "
        f"{span(rise, '+.1f')} points of error against no wrong label.",
    ]


def diagnosed(arms: xr.Dataset) -> list[tuple[str, Interval, Interval, str]]:
    """Of each arm: what it is meant to be, training error, gap, diagnosis."""
    gaps = gap(arms.error)
    rows = []
    for i, arm in enumerate(arms.arm.values.tolist()):
        training = statistics.mean_interval(arms.error.sel(part="training", arm=arm).values)
        apart = statistics.mean_interval(gaps[i])
        rows.append((arm, training, apart, diagnosis(training, apart)))
    return rows


def _arms(arms: xr.Dataset) -> list[str]:
    return [
        f"- *{_described(arms.sel(arm=arm))} is a case of “{arm}”*: "
        f"**{judged(found == arm, found not in (arm, 'inconclusive'))}**, training error "
        f"{span(_percent(training), '.1f')} %, gap {span(_percent(apart), '.1f')}: {found}."
        for arm, training, apart, found in diagnosed(arms)
    ]


def _described(arm: xr.Dataset) -> str:
    rows = f"{int(arm.rows)} rows" if int(arm.rows) else "all rows"
    return f"{arm.data.item()} by a layer of {int(arm.width)} on {rows}"


def _plane(plane: xr.Dataset) -> list[str]:
    lines = []
    for name in plane.data.values.tolist():
        held = 100 * plane.error.sel(data=name, part="validation").values  # [widths, splits]
        rise = statistics.paired_difference(held[-1], held[len(held) // 2])
        few, many = plane.width.values[[len(held) // 2, -1]]
        lines.append(
            f"- *A boundary with too much freedom follows single points and errs more*, {name}, "
            f"{few} against {many} units a layer: **{_above(rise)}**, {span(rise, '+.2f')} points."
        )
    return lines


def _above(x: Interval) -> str:
    return judged(bool(x.low > 0), bool(x.high < 0))


def _percent(x: Interval) -> Interval:
    return Interval(*(100 * np.asarray(v) for v in x))


def span(x: Any, digits: str) -> str:
    """Estimate with its limits."""
    estimate, low, high = (format(float(np.asarray(v)), digits) for v in x)
    return f"{estimate} ({low} to {high})"
