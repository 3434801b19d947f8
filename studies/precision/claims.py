"""Claims about precision: softmaxes, formats and loss scales, badly scaled inputs."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from lab.statistics import holm_intervals, mean_interval, paired_difference
from lab.statistics.intervals import Interval
from lab.statistics.shares import share_interval
from lab.study import Claim, Record, Table, fact, outcome, span
from studies.precision.numbers import FORMATS, held
from studies.precision.settings import BFLOAT, DYNAMIC, REFERENCE, STATIC, WHOLE, Precision

AS_GOOD = 1.0  # points of accuracy: closer than this to float32 is as good
CLAIMS = {
    STATIC: "With a static scale mixed float16 is as good as float32",
    DYNAMIC: "With a dynamic one it is from any first scale",
    BFLOAT: "Mixed bfloat16 is at any scale",
}
MICIKEVICIUS = "Micikevicius et al. 2018"
PROPORTIONAL = {"gradient descent": 1.0, "heavy ball": 0.5}  # to κ to that power
WITHIN = 0.15  # of the power
OVERFLOW = {"float32": 88.72, "bfloat16": 88.72, "float16": 11.09}  # ln of the largest number


def claims(record: Record[Precision]) -> Iterator[Claim]:
    """Of the page."""
    s = record.settings
    over: dict[str, Any] = {"n": s.seeds, "unit": "seeds"}
    yield from _softmax(record["softmax"].broken, s.draws)
    yield from _training(record["trained"], over)
    yield from _inputs(record["inputs"], over)


def tables(record: Record[Precision]) -> dict[str, Table]:
    """The network in every way and at every scale; what formats hold."""
    trained = record["trained"]
    header = ["way", "first scale", "accuracy, %", "above float32, points", "lost", "skipped"]
    rows = []
    for way in record.settings.ways:
        alike = way == REFERENCE or way in WHOLE
        above = paired_difference(*_points(trained, way))
        for i, exponent in enumerate(record.settings.exponents[: 1 if alike else None]):
            one = trained.sel(way=way, exponent=exponent)
            rows.append([
                way, "" if alike else f"2^{exponent}",
                span(mean_interval(100 * one.accuracy.values), ".1f"),
                "" if way == REFERENCE else span(Interval(*(x[i] for x in above)), "+.2f"),
                f"{float(one.lost.mean()):.1%}", f"{float(one.skipped.mean()):.1%}",
            ])  # fmt: skip
    note = "Mean, 95 % t interval; differences to float32 seed by seed."
    return {
        "table": Table(header, rows, note),
        "formats": Table(["what is computed", *FORMATS], held()),
    }


def _points(trained: xr.Dataset, way: str) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy in % of a way, and of float32: [exponent, seed]."""
    one, other = (100 * trained.accuracy.sel(way=w).values for w in (way, REFERENCE))
    return one, other


def _softmax(broken: xr.DataArray, draws: int) -> Iterator[Claim]:
    for name, limit in OVERFLOW.items():
        naive = broken.sel(format=name, form="naive").values
        beyond = broken["size"].values > 1.01 * limit
        # Wilson's limits for a share of the draws hold for the mean of shares of each of them.
        hits = np.arange(draws) < np.round(draws * naive[beyond].mean())
        yield Claim(
            f"naive_breaks_{name}",
            "The naive softmax breaks where exp overflows (half of its cross-entropies or more)",
            share_interval(hits, 1 - 0.05 / len(OVERFLOW)), n=draws, unit="logits", low=0.5,
            where=name, digits=".0%",
            says=f"beyond ln(largest) = {limit:g} {{}} of them are not finite, below "
            f"{naive[~beyond].mean():.0%}",
        )  # fmt: skip
    stable = broken.sel(form="stable")
    yield fact(
        "stable_never",
        "… and the stable one never",
        float(stable.max()) == 0,
        f"of {stable.size * draws:,} cross-entropies in {stable.sizes['format']} formats "
        f"{float(stable.mean()):.0%} are not finite",
    )


def _training(trained: xr.Dataset, over: dict[str, Any]) -> Iterator[Claim]:
    lost = 100 * trained.lost.sel(way=STATIC, exponent=0).values
    at = trained.exponent.values.tolist().index(0)
    one, other = _points(trained, STATIC)
    yield Claim(
        "scale_needed", f"Mixed float16 needs a loss scale (worth {AS_GOOD:g} point or more)",
        paired_difference(one[at], other[at]), high=-AS_GOOD,
        where="at this network", digits="+.2f", source=MICIKEVICIUS,
        says=f"without one {{}} points, though {span(mean_interval(lost), '.1f')} % of the "
        "gradient's entries become 0", **over,
    )  # fmt: skip
    for way in (way for way in CLAIMS if way in trained.way):
        gaps = paired_difference(*_points(trained, way))
        each = [Interval(*x) for x in zip(*gaps)]
        fine = [
            exponent
            for exponent, one in zip(trained.exponent.values, each)
            if outcome(one, -AS_GOOD, AS_GOOD) == "held"
        ]
        where = f", 2^{min(fine)} to 2^{max(fine)}" if fine else ""
        yield Claim(
            f"as_good_{way.split(',')[0]}_{way.split()[-2]}".replace(" ", "_"),
            f"{CLAIMS[way]} (within {AS_GOOD:g} point)", gaps, low=-AS_GOOD, high=AS_GOOD,
            where="over all scales", source=MICIKEVICIUS,
            says=f"held at {len(fine)} of {len(each)}{where}; worst "
            f"{span(each[int(gaps.estimate.argmin())], '+.2f')} points", **over,
        )  # fmt: skip
    whole = [way for way in WHOLE if way in trained.way]
    if whole:
        points = [_points(trained, way) for way in whole]
        worse = holm_intervals(np.stack([one[0] - other[0] for one, other in points]))
        for i, way in enumerate(whole):
            yield Claim(
                f"{way.split()[0]}_worse", f"{way[0].upper()}{way[1:]} is worse than float32",
                Interval(*(x[i] for x in worse)), high=0, digits="+.2f", says="{} points",
                source=MICIKEVICIUS, **over,
            )  # fmt: skip


def powers(inputs: xr.Dataset, rule: str) -> np.ndarray:
    """The power of κ by which the number of updates grows: a slope of logarithms, [seed].

    Infinite for a seed that does not arrive at some κ.
    """
    steps = inputs.steps.sel(rule=rule).transpose("seed", "condition").values
    x = np.log(inputs.condition.values)
    x = x - x.mean()
    fine = np.isfinite(steps).all(-1)
    logs = np.log(np.where(np.isfinite(steps), steps, 1.0))
    return np.where(fine, logs @ x / (x @ x), np.inf)


def _inputs(inputs: xr.Dataset, over: dict[str, Any]) -> Iterator[Claim]:
    found = {rule: powers(inputs, rule) for rule in inputs.rule.values.tolist()}
    for rule, power in PROPORTIONAL.items():
        if rule in found:
            yield Claim(
                f"{rule.replace(' ', '_')}_in_kappa",
                f"{rule[0].upper()}{rule[1:]} needs updates in proportion to κ^{power:g} (within "
                f"{WITHIN:g})",
                mean_interval(found[rule], level=1 - 0.05 / len(PROPORTIONAL)),
                low=power - WITHIN, high=power + WITHIN, digits=".2f", says="κ^{}", **over,
            )  # fmt: skip
    plain = found["gradient descent"]
    if "Adam" in found:
        yield Claim(
            "adam_minds_less", "Adam minds badly scaled inputs less than gradient descent",
            paired_difference(found["Adam"], plain), high=0, digits="+.2f",
            says=f"κ^{span(mean_interval(found['Adam']), '.2f')}, a power less by {{}}", **over,
        )  # fmt: skip
    descent = inputs.steps.sel(rule="gradient descent").transpose("condition", "seed").values
    ratio = paired_difference(*np.log(descent[[-1, 0]]))
    yield Claim(
        "scaling_repairs",
        "Scaling the inputs repairs it",
        Interval(*(np.exp(v) for v in ratio)),
        low=1,
        says="gradient descent needs {} times fewer updates on standardized inputs than at κ = "
        f"{float(inputs.condition[-1]):g}",
        **over,
    )
