"""Claims about feature scaling: conditioning, decades of usable rates, updates to a target."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from lab.protocol.races import median_said, sooner
from lab.statistics import (
    Interval,
    at_best_of_others,
    holm_intervals,
    mean_interval,
    time_to_target,
    usable_decades,
)
from lab.study import Claim, Record, Table, span
from lab.study.families import each, family
from studies.feature_scaling.runs import FeatureScaling

SAYS = {"sgd": "plain descent", "adam": "Adam"}
LITTLE = 1.5  # times the updates: Adam hardly needs scaling if it needs fewer without


class Measured(NamedTuple):
    """What one rule does with one scaling of one table: [splits] each."""

    decades: np.ndarray  # of usable rates
    updates: np.ndarray  # to the target at the rate quickest on other splits; infinite for never
    within: np.ndarray  # log₁₀ of the same, and of the budget for never


def claims(record: Record[FeatureScaling]) -> Iterator[Claim]:
    """Of the page."""
    s = record.settings
    more: dict[str, Any] = {"n": s.seeds, "unit": "splits"}
    logs = [condition(record, n, "standard") - condition(record, n, "none") for n in s.tasks]
    yield from each(
        "conditioning", "Standardizing improves the conditioning",
        Interval(*(10**v for v in holm_intervals(np.stack(logs)))), s.tasks, high=1, digits=".2g",
        says="condition number times {}", **more,
    )  # fmt: skip
    cells = {f"{name}, {SAYS[rule]}": (name, rule) for name in s.tasks for rule in s.optimizers}
    found = {(k, x): measured(record, *cell, x) for k, cell in cells.items() for x in s.scalings}
    yield from family(
        "wider", "It widens the range of usable rates",
        {k: found[k, "standard"].decades - found[k, "none"].decades for k in cells}, "splits",
        low=0, digits="+.1f", says="{} decades",
    )  # fmt: skip

    def quicker(
        name: str, says: str, a: str, b: str, rule: str = "", times: float = 1.0, **told: Any
    ) -> Iterator[Claim]:
        """With scaling `a` the target is reached in less than `times` the updates with `b`."""
        of = [cell for cell in cells if cell.endswith(SAYS.get(rule, ""))]
        one, other = (np.stack([found[cell, scaling].updates for cell in of]) for scaling in (a, b))
        medians = [f"{median_said(x)} against {median_said(y)}" for x, y in zip(one, other)]
        told |= {"says": [f"in {{}} of the splits that tell; median updates {m}" for m in medians]}
        return each(
            name, says, sooner(one, times * other), of, low=0.5, digits=".2f", **told, **more
        )

    yield from quicker("saves", "It saves updates", "standard", "none")
    yield from quicker(
        "hardly_needed", "Adam scales by itself and hardly needs it: raw features need less than "
        f"{LITTLE:g} times the updates", "none", "standard", "adam", LITTLE,
    )  # fmt: skip
    yield from quicker(
        "zero_means", "Zero means are better than the range 0 to 1", "standard", "minmax", "sgd",
        source="LeCun et al. 1998",
    )  # fmt: skip


def tables(record: Record[FeatureScaling]) -> dict[str, Table]:
    """Every table with every scaling."""
    s = record.settings
    header = ["data", "scaling", "condition"] + [
        f"{SAYS[rule].removeprefix('plain ')}: {what}"
        for rule in s.optimizers
        for what in ("decades", "updates")
    ]
    rows = []
    for name in s.tasks:
        for scaling in s.scalings:
            row = [name, scaling, _powers(condition(record, name, scaling), ".2g")]
            for rule in s.optimizers:
                found = measured(record, name, rule, scaling)
                row += [span(mean_interval(found.decades), ".1f"), _powers(found.within, ".0f")]
            rows.append(row)
    return {"table": Table(header, rows)}


def condition(record: Record[FeatureScaling], name: str, scaling: str) -> np.ndarray:
    """log₁₀ of the condition number: [splits]."""
    one = record[f"{name}_condition"].sel(scaling=scaling)
    return np.log10(one.largest / one.least).values


def measured(record: Record[FeatureScaling], name: str, rule: str, scaling: str) -> Measured:
    """Decades of usable rates, and updates to the target."""
    target = float(np.float32(record.settings.target))  # as accuracies are
    runs = record[f"{name}_runs"]
    accuracy = runs.accuracy.sel(optimizer=rule, scaling=scaling).transpose("split", "rate", "step")
    reached = time_to_target(-accuracy.values, runs.updates.values, -target)
    within = np.log10(np.maximum(reached.time, 1.0))
    return Measured(
        usable_decades(accuracy.values[..., -1], runs.rate.values, target),
        at_best_of_others(within, np.where(reached.hit, reached.time, np.inf)),
        at_best_of_others(within),
    )


def _powers(logs: np.ndarray, digits: str) -> str:
    return span(Interval(*(10.0**v for v in mean_interval(logs))), digits)
