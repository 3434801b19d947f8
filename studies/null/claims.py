"""Whether few winners are named where there is none, and an advantage is found as promised."""

from collections.abc import Iterator

import numpy as np

from lab.statistics import Interval
from lab.study import Claim, Record, Table
from studies.null.counts import LEVEL, Power, allowed, on, powers, rates, share
from studies.null.runs import Null

WITHIN = 5.0  # points of the promised power, where that is a half or more


def claims(record: Record[Null]) -> Iterator[Claim]:
    """Of the page."""
    found = rates(record)
    ways = [rate.name.split(",")[0] for rate in found]
    for rate, way in zip(found, ways):
        most = allowed(rate.rounds)
        yield Claim(
            rate.name.replace(",", "").replace(" ", "_"),
            f"{rate.name[0].upper()}{rate.name[1:]}: false winners in {100 * LEVEL:g} %, so at "
            f"most {most} of {rate.rounds:,}",
            Interval(*(100 * x for x in share(rate.winners, rate.rounds, ways.count(way)))),
            rate.rounds,
            "comparisons",
            high=100 * most / rate.rounds,
            digits=".1f",
            says=f"{rate.winners} winners, {{}} %",
        )
    for power in powers(record):
        yield _found(power, record.settings.redraws)


def tables(record: Record[Null]) -> dict[str, Table]:
    """How often a winner is named where there is none, and found where there is one."""
    header = ["decided by", "comparisons", "winners", "share", "95 % interval", "allowed"]
    rows = [
        [r.name, f"{r.rounds:,}", f"{r.winners:,}", f"{float(r.share.estimate):.1%}",
         f"{float(r.share.low):.1%} to {float(r.share.high):.1%}",
         str(allowed(r.rounds)) if r.careful else "–"]
        for r in rates(record)
    ]  # fmt: skip
    found = powers(record)
    ways = [f"{on(p.splits)}: promised" for p in found]
    planted = [
        [f"{size:g}", *(cell for p in found for cell in (
            f"{p.expected[i]:.1%}", _counted(p.redrawn, i), _counted(p.trained, i)))]
        for i, size in enumerate(found[0].size)
    ]  # fmt: skip
    second = ["advantage", *(cell for way in ways for cell in (way, "redrawn", "trained"))]
    return {
        "table": Table(header, rows),
        "power": Table(second, planted, title="An advantage for one of the two"),
    }


def _found(power: Power, rounds: int) -> Claim:
    half, off = power.expected >= 0.5, 100 * (power.redrawn.estimate - power.expected)
    told = "; ".join(
        f"where {name} is promised, off by {part.min():+.1f} to {part.max():+.1f} points"
        for name, part in {"a half or more": off[half], "less": off[~half]}.items()
        if part.size
    )
    apart = [100 * (x - power.expected)[half] for x in power.redrawn]
    return Claim(
        f"power_on_{on(power.splits).replace(' ', '_')}",
        f"On {on(power.splits)} an advantage is found as often as the intervals promise, within "
        f"{WITHIN:g} points where that is a half or more",
        Interval(*(x if half.any() else np.array(np.nan) for x in apart)),
        rounds,
        "comparisons",
        low=-WITHIN,
        says=f"{told}. But the intervals' standard error is {power.own:.4f} (median) where "
        f"differences have {power.true:.4f}: 80 % of the time {_least(power.fine, power.promised)} "
        f"is found, and {_least(power.fine, power.known)} could be",
    )


def _least(sizes: np.ndarray, power: np.ndarray) -> str:
    """The least advantage that is found 80 % of the time."""
    enough = power >= 0.8
    return f"{sizes[enough.argmax()]:.3f}" if enough.any() else f"more than {sizes[-1]:g}"


def _counted(shares: Interval, i: int) -> str:
    return f"{shares.estimate[i]:.1%} ({shares.low[i]:.1%} to {shares.high[i]:.1%})"
