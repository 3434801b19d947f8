"""What each start and each way of transfer gains, and the claims about them, from errors alone."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import xarray as xr

from lab.statistics import mean_interval
from lab.statistics.gains import Gain, gains
from lab.study import Claim, Record, Table, span
from lab.study.families import family
from studies.transfer.runs import Transfer

SCRATCH = ("nothing", "full")
POINTS: dict[str, Any] = {"says": "{} points", "digits": "+.2f"}
CALLED = {"labels": "with labels", "autoencoder": "autoencoder"}


def claims(record: Record[Transfer]) -> Iterator[Claim]:
    """Of the page."""
    yield from stated(100 * found(record).error)


def found(record: Record[Transfer]) -> xr.Dataset:
    """All that was learnt: (examples, start, way, split)."""
    counts = record.settings.per_class
    every = xr.concat([record[f"examples_{n}"] for n in counts], "examples")
    return every.assign_coords(examples=list(counts)).transpose("examples", "start", "way", "split")


def gained(error: xr.DataArray) -> dict[tuple[str, str, int], Gain]:
    """All but training from scratch against it, tested together; in points of error.

    Args:
      error: (examples, start, way, split), in %.
    """
    of = _errors(error)
    cells = [
        (str(start), str(way), int(n))
        for start in error.start.values
        for way in error.way.values
        for n in error.examples.values
        if (start, way) != SCRATCH
    ]
    return dict(zip(cells, gains(np.array([of(*SCRATCH, cell[-1]) - of(*cell) for cell in cells]))))


def stated(error: xr.DataArray) -> Iterator[Claim]:
    """Every claim; the intervals of one hold together."""
    few, many = error.examples.values[[0, -1]].tolist()
    of, told = _errors(error), gained(error)

    def points(
        name: str, statement: str, where: str, gain: Callable[[str], np.ndarray], **more: Any
    ) -> Iterator[Claim]:
        values = {called: gain(start) for start, called in CALLED.items()}
        return family(name, statement, values, "splits", low=0, where=where, **POINTS | more)

    by_count = [
        ", ".join(
            f"{n}: {span(g.interval, '+.2f')} ({g.verdict})"
            for (one, way, n), g in told.items()
            if (one, way) == (start, "full")
        )
        for start in CALLED
    ]
    yield from points(
        "pretraining_helps", "Pre-training helps where examples are few",
        f"{few} of a class, fine-tuned", lambda x: of(*SCRATCH, few) - of(x, "full", few),
        source="Erhan et al. 2010",
        says=[f"{{}} points; fewer errors than from scratch, in points, by examples of a class: {n}"
              for n in by_count],
    )  # fmt: skip
    yield from points(
        "less_with_more",
        "and the less, the more there are",
        "fine-tuned",
        lambda x: of(*SCRATCH, few) - of(x, "full", few) - of(*SCRATCH, many) + of(x, "full", many),
        says=f"{{}} points more at {few} than at {many}",
    )
    yield from points(
        "frozen_with_few",
        "With few examples frozen layers are better than fine-tuned ones",
        f"{few} of a class",
        lambda x: of(x, "full", few) - of(x, "frozen", few),
    )
    yield from points(
        "tuned_with_many",
        "With many fine-tuned ones are",
        f"{many} of a class",
        lambda x: of(x, "frozen", many) - of(x, "full", many),
    )
    yield from points(
        "frozen_know",
        "Frozen layers know more than those of a net that was never trained",
        f"{few} of a class",
        lambda x: of("nothing", "frozen", few) - of(x, "frozen", few),
    )
    yield from points(
        "layer_wise",
        "Rates that shrink layer by layer fine-tune better",
        "mean over sizes",
        lambda x: of(x, "full") - of(x, "layer-wise"),
        source="Howard & Ruder 2018",
    )
    yield from family(
        "labels_transfer", "Layers learnt with labels transfer better than an autoencoder's",
        {way: of("autoencoder", way) - of("labels", way) for way in ("frozen", "full")}, "splits",
        low=0, where="mean over sizes", **POINTS,
    )  # fmt: skip


def tables(record: Record[Transfer]) -> dict[str, Table]:
    """Every start and way."""
    header = ["examples of a class", "layers from", "way", "test error, %", "rate",
              "against scratch", "p", ""]  # fmt: skip
    every, rows = found(record), []
    tested = gained(100 * every.error)
    for n in every.examples.values.tolist():
        for start in every.start.values.tolist():
            for way in every.way.values.tolist():
                one, gain = every.sel(examples=n, start=start, way=way), tested.get((start, way, n))
                rows.append([
                    str(n), start, way, span(mean_interval(100 * one.error.values), ".2f"),
                    f"{np.median(one.rate.values):.1g}",
                    *([span(gain.interval, "+.2f"), f"{gain.p:.3f}", gain.verdict] if gain
                      else [""] * 3),
                ])  # fmt: skip
    ends = [min(record.settings.rates), max(record.settings.rates)]
    note = (
        f"Rate: median of those chosen; {np.isin(every.rate.values, ends).mean():.0%} of all lie "
        "at an end of what was tried. Against scratch: points of error less than a net that starts "
        "from nothing and is trained as a whole; p: sign flips, adjusted by Holm over the table."
    )
    return {"table": Table(header, rows, note)}


def _errors(error: xr.DataArray) -> Callable[..., np.ndarray]:
    """`(start, way, examples) -> [splits]`; the mean over sizes without a number of examples."""

    def of(start: str, way: str, n: int | None = None) -> np.ndarray:
        one = error.sel(start=start, way=way)
        return (one.mean("examples") if n is None else one.sel(examples=n)).values

    return of
