"""Claims about the rates and initial scales that batch normalization allows, and its speed."""

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr

from lab.statistics import (
    holm_intervals,
    mean_interval,
    median_time,
    paired_difference,
    time_to_target,
    usable_decades,
)
from lab.statistics.intervals import Interval
from lab.study import Claim, Record, span
from lab.study.families import each, family
from studies.normalization.runs import Normalization

TWICE, FOURTEEN = 2.0, 14.0


def ends_of(part: xr.Dataset, norm: str) -> np.ndarray:
    """Accuracy at the end by rate: [S, rates]."""
    return part.accuracy.sel(norm=norm).isel(step=-1).transpose("seed", "rate").values


def largest(ends: np.ndarray, rates: Sequence[float], level: float) -> np.ndarray:
    """The largest usable rate of each seed; half a step below the grid where there is none."""
    fine = np.where(ends >= level, rates, 0.0).max(-1)
    return np.where(fine > 0, fine, rates[0] ** 1.5 / rates[1] ** 0.5)


def rates(record: Record[Normalization]) -> Iterator[Claim]:
    """How much larger the largest usable one is, and how many more there are."""
    s, parts, tops, said = record.settings, record.under("rates"), [], []
    for part in parts.values():
        batch, none = (ends_of(part, norm) for norm in ("batch", "none"))
        more = usable_decades(batch, s.wide, s.usable) - usable_decades(none, s.wide, s.usable)
        tops.append(np.log10(largest(batch, s.wide, s.usable) / largest(none, s.wide, s.usable)))
        first = (
            "the largest usable one is {} times as large"
            if (none >= s.usable).any()
            else "without it no rate of the grid is usable"
        )
        said.append(f"{first}; usable are {span(mean_interval(more), '+.2f')} decades more")
    times = Interval(*(10**v for v in holm_intervals(np.array(tops))))
    yield from each("higher_rates", "It allows higher learning rates", times, parts, n=s.seeds,
                    unit="seeds", low=1, says=said)  # fmt: skip


def quickest(accuracy: xr.DataArray, level: float) -> tuple[float, np.ndarray]:
    """The rate with the least median time to `level`, and the times at it, infinite if missed."""
    curves = accuracy.transpose("rate", "seed", "step").values
    reached = time_to_target(-curves, accuracy.step.values, -level)
    best = int(median_time(reached).argmin())
    return float(accuracy.rate[best]), np.where(reached.hit, reached.time, np.inf)[best]


def speedup(slow: np.ndarray, fast: np.ndarray, end: float, comparisons: int = 1) -> Interval:
    """How many times sooner `fast` is: ratio of geometric means of times, infinite where missed.

    A run that misses its target by the `end` took longer, nobody knows how much: it is taken at the
    end for the one limit and as infinite for the other, and there is no estimate.
    """
    least = paired_difference(np.log(np.minimum(slow, end)), np.log(fast), comparisons=comparisons)
    most = paired_difference(np.log(slow), np.log(np.minimum(fast, end)), comparisons=comparisons)
    known = np.isfinite(slow).all() and np.isfinite(fast).all()
    estimate = np.exp(most.estimate) if known else np.array(np.nan)
    return Interval(estimate, np.exp(least.low), np.exp(most.high))


def speed(record: Record[Normalization]) -> Iterator[Claim]:
    """Updates until a net is good, each at its quickest rate."""
    level, parts = record.settings.usable, record.under("rates")
    for i, (name, part) in enumerate(parts.items()):
        (slow, none), (fast, batch) = (
            quickest(part.accuracy.sel(norm=norm), level) for norm in ("none", "batch")
        )
        times = speedup(none, batch, float(part.step[-1]), comparisons=len(parts))
        reached = [int(np.isfinite(t).sum()) for t in (none, batch)]
        medians = f"median {np.median(none):.3g} and {np.median(batch):.3g} updates"
        yield Claim(
            f"faster_{i + 1}", f"It is {TWICE:g} to {FOURTEEN:g} times faster", times, len(none),
            "seeds", low=TWICE, high=FOURTEEN, where=name, digits=".2f",
            source="Ioffe & Szegedy 2015",
            says=f"{{}} times fewer updates to {level:.0%}, each at its quickest rate ({slow:.2g} "
            f"and {fast:.2g}; {medians})"
            if min(reached) == len(none)
            else f"{level:.0%} is reached by {reached[0]} of {len(none)} seeds without it, by "
            f"{reached[1]} with it ({medians}): at least {times.low:.2g} times fewer updates",
        )  # fmt: skip


def usable_scales(record: Record[Normalization], name: str, norm: str) -> np.ndarray:
    """Decades of initial scales that can be used: [S]."""
    s, part = record.settings, record[f"init/{name}"]
    values = part.accuracy.sel(norm=norm).transpose("seed", "scale").values
    return usable_decades(values, s.scales, s.usable)


def initial(record: Record[Normalization]) -> Iterator[Claim]:
    """How many more initial scales there are."""
    wider = {
        name: usable_scales(record, name, "batch") - usable_scales(record, name, "none")
        for name in record.under("init")
    }
    yield from family(
        "any_initial_weights", "It is less sensitive to the initial weights", wider, "seeds", low=0,
        digits="+.2f",
        says=f"{{}} decades more of initial scales reach {record.settings.usable:.0%}",
    )  # fmt: skip
