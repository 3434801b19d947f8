"""Which gains are real: paired by split, for a data set together; what paths of strengths show."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from lab.statistics import at_best_of_others, holm_intervals, mean_interval
from lab.statistics.gains import Gain, gains
from lab.study import Claim, Record, Table, span
from lab.study.families import family
from studies.regularization.settings import Regularization

FALL = 1.0  # points of zeros that a path may lose at a step and still be said to grow
NONE = 0.1  # % of zeros that are as good as none


def claims(record: Record[Regularization]) -> Iterator[Claim]:
    """Of the page."""
    found, over = tables_of(record), {"n": record.settings.seeds, "unit": "splits"}
    for name, table in found.items():
        alone = table.row.values[table.kind.values == "alone"].tolist()
        yield from family(
            f"alone_{name}", "A remedy alone helps against over-fitting",
            {row: difference(table, row) for row in alone}, "splits", low=0, where=name,
            **_said(table),
        )  # fmt: skip
    first, more = next(iter(found.values())), {"low": 0, "digits": "+.2f"}
    yield from family(
        "all_against_best", "All together are better than the best alone",
        {name: _over_best(table) for name, table in found.items()}, "splits", **more,
        says=[f"{{}} {unit_of(table)} ({_best(table)} is the best); against none "
              f"{span(whole.interval, '+.2f')}, {whole.verdict}"
              for table in found.values() for whole in [held(table)["all"]]],
    )  # fmt: skip
    for name, table in found.items():
        yield _each_does_its_part(name, table, over)
    yield from family(
        "stopping_adds",
        "Early stopping adds to all of them",
        {name: difference(table, "all + early stopping") for name, table in found.items()},
        "splits",
        says=f"{{}} {unit_of(first)}",
        **more,
    )
    yield from _sparsity(record[f"{next(iter(found))}_paths"], next(iter(found)))


def tables_of(record: Record[Regularization]) -> dict[str, xr.Dataset]:
    """Tables of runs by data set."""
    end = "_table"
    return {k.removesuffix(end): table for k, table in record.items() if k.endswith(end)}


def outcome(table: xr.Dataset) -> tuple[xr.DataArray, str, str]:
    """(row, split) what is to be low, its name and unit: error in %, or loss."""
    if "accuracy" in table:
        return 100 * (1 - table.accuracy), "test error", "%"
    return table.loss, "test loss", "of the variance"


def unit_of(table: xr.Dataset) -> str:
    """Of gains."""
    return outcome(table)[2].replace("%", "points")


def known(table: xr.Dataset) -> xr.DataArray:
    """What is to be low; a run that diverged knows nothing."""
    low, _, unit = outcome(table)
    return low.where(np.isfinite(low), 100.0 if unit == "%" else 1.0)


def difference(table: xr.Dataset, row: str) -> np.ndarray:
    """By how much a row is better than the one it is held against: [splits]."""
    low = known(table)
    return (low.sel(row=table.against.sel(row=row).item()) - low.sel(row=row)).values


def held(table: xr.Dataset) -> dict[str, Gain]:
    """Every row but the baseline against its own, tested together."""
    rows = table.row.values[table.against.values != ""].tolist()
    return dict(zip(rows, gains(np.array([difference(table, row) for row in rows]))))


def outer(row: xr.Dataset) -> list[str]:
    """Of rate and strength, what most splits chose at an end of those tried: `["rate +"]`."""
    return [
        f"{what} {sign}"
        for what in ("rate", "strength")
        for sign, side in (("+", 1), ("−", -1))
        if float((row[f"{what}_side"] == side).mean()) > 0.5
    ]


def _said(table: xr.Dataset) -> dict[str, Any]:
    return {"says": f"{{}} {unit_of(table)}", "digits": "+.2f", "source": "Goodfellow et al. 2016"}


def _alone(table: xr.Dataset) -> xr.DataArray:
    return known(table).sel(row=table.kind == "alone").transpose("split", "row")


def _best(table: xr.Dataset) -> str:
    return _alone(table).mean("split").idxmin().item()


def _over_best(table: xr.Dataset) -> np.ndarray:
    """All together over the one alone that is best on the other splits."""
    return at_best_of_others(_alone(table).values) - known(table).sel(row="all").values


def _each_does_its_part(name: str, table: xr.Dataset, over: dict[str, Any]) -> Claim:
    rows = table.row.values[table.kind.values == "without"].tolist()
    missed = holm_intervals(np.stack([-difference(table, row) for row in rows]))
    names = np.array([row.removeprefix("all but ") for row in rows])
    worse, better = (
        ", ".join(names[which]) or "none" for which in (missed.low > 0, missed.high < 0)
    )
    return Claim(
        f"each_does_its_part_{name}", "Of all together, each does its part", missed, low=0,
        where=name, says=f"missed when left out: {worse}; better left out: {better}; of "
        f"{len(rows)}", **over,
    )  # fmt: skip


def _sparsity(paths: xr.Dataset, name: str) -> Iterator[Claim]:
    zero = 100 * paths.zero.transpose("path", "strength", "split")
    soft, hard = zero.sel(path="L1").values, zero.sel(path="L1, proximal").values
    over: dict[str, Any] = {"n": hard.shape[-1], "unit": "splits", "where": name}
    steps = np.vstack([np.diff(hard, axis=0), hard[-1:] - hard[:1]])
    yield Claim(
        "proximal_zeros",
        "The proximal step of L1 gives exact zeros in growing number along the path",
        mean_interval(steps, level=1 - 0.05 / len(steps)),
        low=[-FALL] * (len(steps) - 1) + [0],
        says=f"{hard[0].mean():.1f} % of the first layer at the least strength, "
        f"{span(mean_interval(hard[-1]), '.1f')} % at the largest, and no step may lose "
        f"{FALL:g} point",
        **over,
    )
    near = 100 * float(paths.near.sel(path="L1").isel(strength=-1).mean())
    yield Claim(
        "subgradient_no_zeros", "Its sub-gradient gives none", mean_interval(soft.max(0)),
        high=NONE, digits=".2f", says=f"at most {{}} % at any strength (below {NONE:g} would "
        f"hold); but {near:.0f} % of the weights lie within 0.001 at the largest", **over,
    )  # fmt: skip


def tables(record: Record[Regularization]) -> dict[str, Table]:
    """Every row, a table to a data set."""
    return {
        name: Table(*_table(table), title=f"{name}, {table.training_rows:,} training rows")
        for name, table in tables_of(record).items()
    }


def _table(table: xr.Dataset) -> tuple[list[str], list[list[str]]]:
    low, name, unit = outcome(table)
    header = [
        "row",
        f"{name}, {unit}",
        "test loss",
        "strength",
        "outer",
        "against",
        "gain",
        "p",
        "",
    ]
    told, rows = held(table), []
    for label in table.row.values.tolist():
        one, gain = table.sel(row=label), told.get(label)
        rows.append([
            label, span(mean_interval(low.sel(row=label).values), ".2f"),
            span(mean_interval(one.loss.values), ".3f"),
            f"{np.median(one.strength.values):.2g}" if one.kind.item() == "alone" else "",
            ", ".join(outer(one)), one.against.item(),
            *([span(gain.interval, "+.2f"), f"{gain.p:.3f}", gain.verdict] if gain else [""] * 3),
        ])  # fmt: skip
    return header, rows
