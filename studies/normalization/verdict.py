"""What textbooks claim of batch normalization, each claim judged by the record."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray as xr

from lab import statistics
from lab.statistics.intervals import Interval
from studies.gradient_descent.report import judged
from studies.normalization.measures import (
    all_above,
    gain,
    largest,
    negative,
    none_above,
    quickest,
    span,
    usable_decades,
)

SMALL = 16  # batches below it are said to be too small
FEW = 3  # layers up to which batch normalization is said not to pay
TWICE, FOURTEEN = 2.0, 14.0


class Found(NamedTuple):
    """The parts of a record; by net where a mapping."""

    batch_size: Mapping[str, xr.Dataset]
    rates: Mapping[str, xr.Dataset]
    init: Mapping[str, xr.Dataset]
    depth: xr.Dataset | None
    running: xr.Dataset | None
    level: float


def verdict(found: Found) -> str:
    """Every claim with its numbers, one to a line."""
    lines = []
    for name, net in found.batch_size.items():
        lines += _by_batch_size(name, net)
    for name in found.rates:
        lines += [_rates(name, found), _speed(name, found), _initial(name, found)]
    if found.depth is not None:
        lines += _depth(found.depth)
    for name, net in found.batch_size.items():
        lines.append(_modes(name, net))
    if found.running is not None:
        lines.append(_stale(found.running))
    return "\n".join(lines) + "\n"


def _by_batch_size(name: str, net: xr.Dataset) -> list[str]:
    gaps = {int(size): gain(net.accuracy.sel(batch_size=size)) for size in net.batch_size.values}
    numbers = ", ".join(f"{size}: {span(x)}" for size, x in gaps.items())
    large = [x for size, x in gaps.items() if size >= SMALL]
    small = [x for size, x in gaps.items() if 1 < size < SMALL]
    lines = [
        f"- *Batch norm is better at batches of {SMALL} and more*, {name}: "
        f"**{all_above(large)}**; points by batch size: {numbers}."
    ]
    if small:
        lines.append(
            f"- *It is worse than nothing below batch {SMALL}*, {name}: "
            f"**{all_above([negative(x) for x in small])}**."
        )
    if 1 in gaps:
        accuracy = statistics.mean_interval(
            100 * net.accuracy.sel(norm="batch", batch_size=1).values
        )
        lines.append(
            f"- *It learns nothing at batch 1*, {name}: "
            f"**{judged(bool(accuracy.high < 20), bool(accuracy.low > 20))}**, "
            f"{span(accuracy, '.1f')} % (below 20 % would hold; chance is 10 %)."
        )
    return lines


def _rates(name: str, found: Found) -> str:
    ends = found.rates[name].accuracy.isel(step=-1)
    usable = {
        norm: usable_decades(ends.sel(norm=norm), "rate", found.level) for norm in ("batch", "none")
    }
    top = {
        norm: np.log10([largest(ends.sel(norm=norm, seed=s), found.level) for s in ends.seed])
        for norm in usable
    }
    wider = statistics.paired_difference(usable["batch"], usable["none"])
    higher = statistics.paired_difference(top["batch"], top["none"])
    times = span(Interval(*(10**v for v in higher)), ".3g")
    largest_one = (
        f"the largest usable one is {times} times as large"
        if usable["none"].any()
        else "without it no rate of the grid is usable"
    )
    return (
        f"- *It allows higher learning rates*, {name}: "
        f"**{judged(bool(higher.low > 0), bool(higher.high <= 0))}**, {largest_one}; usable are "
        f"{span(wider, '+.2f')} decades more."
    )


def _speed(name: str, found: Found) -> str:
    accuracy, level = found.rates[name].accuracy, found.level
    (slow, none), (fast, batch) = (
        quickest(accuracy.sel(norm=norm), level) for norm in ("none", "batch")
    )
    reached = [int(np.isfinite(t).sum()) for t in (none, batch)]
    claim = f"- *It is {TWICE:g} to {FOURTEEN:g} times faster*, {name}: "
    if min(reached) < len(none):
        return (
            f"{claim}**inconclusive**, {level:.0%} is reached by {reached[0]} of {len(none)} seeds "
            f"without it, by {reached[1]} with it (median {np.median(batch):.3g} updates)."
        )
    x = Interval(*(np.exp(v) for v in statistics.paired_difference(np.log(none), np.log(batch))))
    said = judged(
        bool(x.low >= TWICE and x.high <= FOURTEEN), bool(x.high < TWICE or x.low > FOURTEEN)
    )
    return (
        f"{claim}**{said}**, {span(x, '.2f')} times fewer updates to {level:.0%}, each at its "
        f"quickest rate ({slow:.2g} and {fast:.2g}; median {np.median(none):.3g} and "
        f"{np.median(batch):.3g} updates)."
    )


def _initial(name: str, found: Found) -> str:
    accuracy = found.init[name].accuracy
    batch, none = (
        usable_decades(accuracy.sel(norm=norm), "scale", found.level) for norm in ("batch", "none")
    )
    wider = statistics.paired_difference(batch, none)
    return (
        f"- *It is less sensitive to the initial weights*, {name}: "
        f"**{judged(bool(wider.low > 0), bool(wider.high < 0))}**, {span(wider, '+.2f')} decades "
        f"more of initial scales reach {found.level:.0%}."
    )


def _depth(depth: xr.Dataset) -> list[str]:
    gaps = {int(n): gain(depth.accuracy.sel(layers=n)) for n in depth.layers.values}
    numbers = ", ".join(f"{n}: {span(x)}" for n, x in gaps.items())
    deep = [x for n, x in gaps.items() if n > FEW]
    few = [x for n, x in gaps.items() if n <= FEW]
    after = statistics.paired_difference(
        *(
            100 * depth.accuracy.sel(norm=n).transpose("seed", "layers").values.mean(-1)
            for n in ("batch", "batch, after")
        )
    )
    overfit = statistics.paired_difference(
        *(
            depth.overfit.sel(norm=n).transpose("seed", "layers").values.mean(-1)
            for n in ("batch", "none")
        )
    )
    return [
        f"- *It pays above {FEW} layers* (ReLU under He): **{all_above(deep)}**; points by layers: "
        f"{numbers}.",
        f"- *And not up to {FEW}*: **{none_above(few)}**.",
        "- *Before the non-linearity is better than after it*, all depths together: "
        f"**{judged(bool(after.low > 0), bool(after.high < 0))}**, {span(after, '+.2f')} points.",
        "- *It is a mild regularizer* (validation less training loss is smaller), all depths "
        f"together: **{judged(bool(overfit.high < 0), bool(overfit.low > 0))}**, "
        f"{span(overfit, '+.3f')} nats.",
    ]


def _modes(name: str, net: xr.Dataset) -> str:
    gaps = {
        int(size): statistics.mean_interval(net.gap.sel(norm="batch", batch_size=size).values)
        for size in net.batch_size.values
    }
    sizes = [size for size in gaps if size > 1]
    rise = statistics.paired_difference(
        *(
            np.abs(net.gap.sel(norm="batch", batch_size=size).values)
            for size in (min(sizes), max(sizes))
        )
    )
    numbers = ", ".join(f"{size}: {span(x, '+.3g')}" for size, x in gaps.items())
    return (
        f"- *Inference differs from training the more the smaller the batch*, {name}: "
        f"**{judged(bool(rise.low > 0), bool(rise.high < 0))}**, the absolute difference is "
        f"{span(rise, '+.3f')} nats larger at batch {min(sizes)} than at {max(sizes)}; "
        f"inference − training by batch size: {numbers}."
    )


def _stale(running: xr.Dataset) -> str:
    size = int(running.batch_size.max())
    one = running.gap.sel(batch_size=size)
    worse = statistics.paired_difference(
        one.sel(momentum="0.99").values, one.sel(momentum="matched").values
    )
    points = statistics.paired_difference(
        *(
            100 * running.accuracy.sel(batch_size=size, momentum=m).values
            for m in ("0.99", "matched")
        )
    )
    return (
        f"- *A momentum of 0.99 is stale on short runs* (batch {size}): "
        f"**{judged(bool(worse.low > 0), bool(worse.high < 0))}**, its gap is "
        f"{span(worse, '+.3f')} nats above the matched one's, its accuracy {span(points)} points."
    )
