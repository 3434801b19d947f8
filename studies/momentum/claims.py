"""Claims about momentum: against theory, over landscapes, and with noise."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr

from lab.protocol.races import sooner, table_rows, versus
from lab.statistics.intervals import Interval
from lab.study import Claim, Record, Table, fact
from studies.momentum.runs import Momentum


def claims(record: Record[Momentum]) -> Iterator[Claim]:
    """Of the page; only the starts of the races are random."""
    yield _contraction(record["contraction"])
    heat = record["heat"]
    stable = (heat.theory < 0.995) & (heat.measured < 1)
    gap = float(np.abs(heat.measured - heat.theory).where(stable).median())
    yield fact(
        "whole_map",
        "Theory describes the whole map of momentum × rate",
        gap < 0.01,
        f"median difference of measured and theoretical contraction {gap:.4f} where it converges",
    )
    swing = record["oscillation"]
    less = swing.detour.sel(rule="Nesterov") < swing.detour.sel(rule="heavy ball")
    share = float(less.where(both_swing(swing)).mean())
    yield fact(
        "nesterov_swings_less",
        "Nesterov oscillates less than heavy ball",
        share > 0.95,
        f"in {share:.1%} of the pairs where both converge",
        where="at equal rate and momentum",
    )
    yield from _races(record.under("race"))
    yield _batches(record["batch"])


def tables(record: Record[Momentum]) -> dict[str, Table]:
    """Races, and contraction on quadratics."""
    raced = ["landscape", "optimizer", "best rate", "median updates", "starts that arrive"]
    header = ["rule", "κ", "theory ρ", "|radius − theory|", "fitted ρ", "error of −ln ρ"]
    rows = [
        [rule, f"{kappa:g}", f"{theory:.6f}", f"{abs(radius - theory):.0e}", f"{fitted:.6f}",
         f"{np.log(fitted) / np.log(theory) - 1:+.1%}"]
        for (rule, kappa), (theory, radius, fitted) in contracted(record["contraction"])
    ]  # fmt: skip
    return {
        "table": Table(raced, table_rows(record.under("race"))),
        "contraction": Table(header, rows),
    }


def contracted(record: xr.Dataset) -> Iterator[tuple[Any, Any]]:
    """Of each rule and κ: contraction in theory, of its matrix, fitted to a run."""
    cells = [(r, k) for r in record.rule.values.tolist() for k in record.condition.values.tolist()]
    columns = (record[name].values.ravel() for name in ("theory", "radius", "fitted"))
    return zip(cells, zip(*columns))


def both_swing(record: xr.Dataset) -> xr.DataArray:
    """Where both rules converge, and heavy ball swings at all."""
    return (record.radius.max("rule") < 0.98) & (record.detour.sel(rule="heavy ball") > 1e-3)


def _contraction(record: xr.Dataset) -> Claim:
    off = float(np.abs(record.radius - record.theory).max())
    slope = np.abs(np.log(record.fitted) / np.log(record.theory) - 1)
    plain, others = float(slope.sel(rule="gradient descent").max()), float(slope.max())
    return fact(
        "contraction",
        "Best heavy ball contracts at (√κ − 1)/(√κ + 1), descent at (κ − 1)/(κ + 1), Nesterov at "
        "1 − 1/√κ (Goh 2017)",
        off < 1e-8 and plain < 0.01 and others < 0.05,
        f"the rules' own iteration matrices agree to {off:.0e}; slopes fitted to runs to "
        f"{plain:.1g} (descent) and {others:.1%} (the others, double roots)",
        source="Goh 2017",
    )


def _races(races: Mapping[str, xr.Dataset]) -> Iterator[Claim]:
    """Paired over starts: which of the two arrives sooner."""
    heavy, plain = (
        np.stack([race.updates.sel(optimizer=rule).values for race in races.values()])
        for rule in ("heavy ball", "gradient descent")
    )
    for land, a, b, *share in zip(races, heavy, plain, *sooner(heavy, plain)):
        yield Claim(
            f"faster_on_{land}", f"Momentum is faster on the {land.replace('_', ' ')}",
            Interval(*share), len(a), "starts", low=0.5, digits=".0%", says=versus(a, b),
        )  # fmt: skip


def _batches(batch: xr.Dataset) -> Claim:
    least = batch.updates.sel(momentum=0) / batch.updates.min("momentum")
    few, many = float(least[0]), float(least[-1])
    return fact(
        "batch_size",
        "Momentum is no faster than plain descent at small batches, and pays at large ones (Zhang "
        "2019)",
        few < 1.1 and many > 1.5,
        where="on the noisy quadratic model",
        says=f"{few:.2f} times fewer updates at batch {float(batch.batch[0]):g}, {many:.2f} times "
        f"at {float(batch.batch[-1]):g}",
        source="Zhang et al. 2019",
    )
