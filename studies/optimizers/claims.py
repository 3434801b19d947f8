"""Claims of textbooks about Adam, and whether anybody wins, from the record alone."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from lab import statistics
from lab.protocol.verdict import FEWEST_TRIALS
from lab.statistics import Interval
from lab.study import Claim, Record, span
from lab.study.families import each, family
from studies.optimizers import across, intervals
from studies.optimizers.result import MANY, Result, results, units
from studies.optimizers.runs import Optimizers

FASTER = 2.0  # "two to five times"


def claims(record: Record[Optimizers]) -> Iterator[Claim]:
    """Of the page; those about Adam where it is among the optimizers."""
    found, names = results(record), record.settings.ranked
    if len(names) > 1:
        yield from _winners(found)
        yield from _configurations(found)
    if "adam" in names and len(names) > 1:
        yield from _adam_best(found)
        if sum(result.splits for result in found.values()) >= intervals.FEWEST:
            yield _nearly_fastest(found)
    if {"adam", "sgd"} <= set(names):
        yield from _faster(found)
        yield from _less_sensitive(found)


def _of(found: dict[str, Result]) -> dict[str, Any]:
    one = next(iter(found.values()))
    unit = "splits, with trials and seeds" if one.splits > 1 else "trials and seeds of one split"
    n = one.splits if one.splits > 1 else one.comparison.report_seeds
    return {"n": n, "unit": unit, "low": one.comparison.margin}


def _stacked(several: Iterable[Interval]) -> Interval:
    return Interval(*map(np.array, zip(*several)))


def _least(x: Interval) -> Interval:
    """Of several, all of which are to lie above a limit."""
    return Interval(*(part.min() for part in x))


def _behind(result: Result, *names: str) -> Interval:
    """How far these are behind the best; without a lower limit where trials are too few."""
    at = [result.verdict.ranked.index(name) for name in names]
    x = Interval(*(part[at] for part in result.verdict.behind))
    few = result.comparison.trials < FEWEST_TRIALS
    return x._replace(low=np.full(len(at), -np.inf)) if few else x


def _winners(found: dict[str, Result]) -> Iterator[Claim]:
    ahead, says = [], []
    for result in found.values():
        v = result.verdict
        best, *others = v.ranked
        ahead.append(_least(_behind(result, *others)))
        ties = [name for name in v.tied if name != best]
        beaten = [name for name in others if name not in ties]
        says.append(
            f"`{best}` has the least test loss, the next is behind by "
            f"{span(_behind(result, others[0]), '.4f')}; ties with it: {_listed(ties)}; beaten: "
            f"{_listed(beaten)}"
        )
    yield from each("winner", "One optimizer wins", _stacked(ahead), found, says=says, **_of(found))


def _adam_best(found: dict[str, Result]) -> Iterator[Claim]:
    ahead, says = [], []
    for result in found.values():
        best, *others = result.verdict.ranked
        x = _behind(result, *(others if best == "adam" else ["adam"]))
        if best != "adam":
            x = Interval(-x.estimate, -x.high, -x.low)
        ahead.append(_least(x))
        shown = span(Interval(*(part[0] for part in x)), ".4f")
        rival = others[0] if best == "adam" else best
        says.append(f"test loss of `{rival}` less that of `adam` {shown}")
    yield from each("adam_best", "Adam is best", _stacked(ahead), found, says=says, **_of(found))


def _configurations(found: dict[str, Result]) -> Iterator[Claim]:
    behind, says = [], []
    for result in found.values():
        pairs = intervals.configurations(result)
        behind.append(_least(_stacked(pair.behind for pair in pairs)))
        nearest = min(pairs, key=lambda pair: pair.behind.estimate)
        says.append(
            f"{sum(pair.p < 0.05 for pair in pairs)} of {len(pairs)} differ from "
            f"`{result.verdict.ranked[0]}` (Holm's p below 0.05); `{nearest.optimizer}` is behind "
            f"by {span(nearest.behind, '.4f')}"
        )
    yield from each(
        "configurations", "At the chosen rates and on these splits, all others are worse than the "
        "best", _stacked(behind), found, low=0, says=says, unit="seeds",
        n=next(iter(found.values())).comparison.report_seeds,
    )  # fmt: skip


def _nearly_fastest(found: dict[str, Result]) -> Claim:
    names = across.ordered(found)
    times = across.ratios(found.values(), names)
    score, _ = across.scores(times)
    said = (
        f"{name} {span(Interval(*(part[i] for part in score)), '.2f')}"
        for i, name in enumerate(names)
        if name in ("adam", names[int(score.estimate.argmax())])
    )
    return Claim(
        "adam_nearly_fastest", "Adam is nearly the fastest on most problems",
        Interval(*(part[names.index("adam")] for part in score)), low=0.5, n=times.shape[1],
        unit="problems", says=f"profile scores: {', '.join(said)}",
    )  # fmt: skip


def _faster(found: dict[str, Result]) -> Iterator[Claim]:
    """Times of runs that miss the target are infinite; where both miss it, neither is sooner."""
    shares, says, unit = [], [], ""
    for result in found.values():
        adam, sgd = (
            np.where(reached.hit, reached.time, np.inf)
            for reached in (result.reached(name) for name in ("adam", "sgd"))
        )
        sooner, unit = units(np.where(FASTER * adam == sgd, 0.5, FASTER * adam < sgd))
        shares.append(sooner)
        says.append(
            "in a share of {} of the pairs of runs (more than half would hold); median "
            f"{result.currency} to the target: Adam {np.median(adam):,.4g}, SGD "
            f"{np.median(sgd):,.4g}"
        )
    x = statistics.holm_intervals(np.stack(shares), against=0.5)
    yield from each(
        "faster", f"Adam is at least {FASTER:g} times faster than SGD",
        Interval(*(np.clip(part, 0, 1) for part in x)), found, low=0.5, n=len(shares[0]),
        unit=unit, says=says, digits=".2f",
    )  # fmt: skip


def _less_sensitive(found: dict[str, Result]) -> Iterator[Claim]:
    many = next(iter(found.values())).splits >= MANY
    unit = "split" if many else "seed"
    gained = {k: r.decades("adam", unit) - r.decades("sgd", unit) for k, r in found.items()}
    yield from family(
        "less_sensitive", "Adam is less sensitive to its rate than SGD", gained,
        "splits" if many else "tuning seeds", low=0, digits="+.2f",
        says=[
            f"within a tenth of what training gains lie {float(r.decades('adam')):.1f} decades of "
            f"Adam's rates and {float(r.decades('sgd')):.1f} of SGD's; by {unit} {{}}"
            for r in found.values()
        ],
    )  # fmt: skip


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"
