"""Claims about a learning rate per coordinate."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from lab.protocol.races import median_said, sooner, versus
from lab.statistics import mean_interval, paired_difference
from lab.statistics.intervals import Interval
from lab.study import Claim, Record, Table, fact, span
from studies.adaptive.runs import Adaptive

DEAD = 0.25  # share of the early rate below which a rate has died out
LARGER = 5  # times the rate that the least ε wants


def claims(record: Record[Adaptive]) -> Iterator[Claim]:
    """Of the page."""
    seeds = record.settings.seeds
    gaps = {kind: _gap(found) for kind, found in record.under("features").items()}
    yield Claim(
        "sparse_features", "AdaGrad is better than plain descent on sparse features",
        gaps["sparse"], seeds, "seeds", high=0, digits="+.4f",
        says="final validation loss differs by {} on rare features, by "
        f"{span(gaps['dense'], '+.4f')} on common ones; each at its best rate",
    )  # fmt: skip
    yield from _bowls(record["bowls"])
    yield _dying(record["dying"].left, seeds)
    length = record["correction"].length
    plain, right = (length.sel(rule=k) for k in ("uncorrected", "corrected"))
    yield fact(
        "first_steps",
        "Without bias correction Adam's first steps are too long",
        float(plain[0]) > 2,
        f"the first is {float(plain[0]):.2f} η, the longest {float(plain.max()):.2f} η (update "
        f"{int(plain.values.argmax()) + 1}); with it {float(right.max()):.2f} η throughout",
        source="Kingma & Ba 2015",
    )
    yield _epsilon(record["epsilon"].loss)


def tables(record: Record[Adaptive]) -> dict[str, Table]:
    """Losses on features; updates on bowls."""
    s, bowls = record.settings, record["bowls"]
    header = ["features", "optimizer", "best rate", "validation loss", "accuracy"]
    rows = []
    for kind, found in record.under("features").items():
        for name in found.optimizer.values.tolist():
            one = found.isel(step=-1).sel(optimizer=name)
            means = [mean_interval(one[what].values) for what in ("loss", "accuracy")]
            cells = [f"{x.estimate:.4f} ± {x.estimate - x.low:.4f}" for x in means]
            rows.append([kind, name, f"{float(one.best):.2g}{_edge(one)}", *cells])
    raced = ["bowl", "optimizer", *(f"κ = {kappa:g}" for kappa in bowls.condition.values)]
    medians = [
        ["turned 45°" if turned else "along axes", name,
         *(median_said(one.updates.values) + _edge(one) for kappa in bowls.condition.values
           for one in [bowls.sel(turned=turned, optimizer=name, condition=kappa)])]
        for turned in bowls.turned.values for name in bowls.optimizer.values.tolist()
    ]  # fmt: skip
    return {
        "table": Table(
            header,
            rows,
            f"Logistic regression, {s.features} features, batch {s.batch}, {s.updates} updates; "
            f"best of the same {s.rates} learning rates on {s.tuning_seeds} seeds; mean over "
            f"{s.seeds} fresh seeds, 95 % t interval.",
            "Features",
        ),
        "bowls": Table(
            raced,
            medians,
            f"{s.bowl_steps} updates, best of the same {s.bowl_rates} learning rates on "
            f"{s.tuning_starts} starts; median and middle half of {s.starts} fresh starts.",
            "Bowls: median updates",
        ),
    }


def _edge(one: xr.Dataset) -> str:
    return " (edge)" * bool(one.at_edge)


def _gap(found: xr.Dataset) -> Interval:
    """AdaGrad's final loss less descent's."""
    final = found.loss.isel(step=-1)
    return paired_difference(*(final.sel(optimizer=k).values for k in ("AdaGrad", "descent")))


def _bowls(bowls: xr.Dataset) -> Iterator[Claim]:
    """Paired over starts on the most elongated ones: which of the two arrives sooner."""
    last = bowls.updates.isel(condition=-1).transpose("optimizer", "turned", "start")
    ours, plain = (last.sel(optimizer=k).values for k in ("AdaGrad", "descent"))
    kappa = f"{float(last.condition):g}"
    names = (
        ("straight_bowls", "AdaGrad is good on elongated bowls", f"along the axes, κ = {kappa}"),
        ("turned_bowls", "... however they lie", f"turned by 45°, κ = {kappa}"),
    )
    for (name, statement, where), a, b, *share in zip(names, ours, plain, *sooner(ours, plain)):
        yield Claim(
            name, statement, Interval(*share), len(a), "starts", low=0.5, digits=".0%",
            where=where, says=versus(a, b),
        )  # fmt: skip


def _dying(left: xr.DataArray, seeds: int) -> Claim:
    """The last updates relative to early ones, by seeds; the first rule is AdaGrad."""
    late, early = left.isel(step=slice(-100, None)), left.isel(step=slice(9, 30))
    kept = mean_interval((late.mean("step") / early.mean("step")).values)
    numbers = (span(Interval(*x), ".2g") for x in zip(*kept))
    return Claim(
        "dying_rate", "AdaGrad's rate dies out, RMSProp's and Adam's do not", kept, seeds, "seeds",
        low=[-np.inf, DEAD, DEAD], high=[DEAD, np.inf, np.inf],
        says=f"after {left.sizes['step']:,} updates the rate left is, relative to updates 10–30, "
        + ", ".join(f"{name} {x}" for name, x in zip(left.optimizer.values, numbers))
        + f" (died out: below {DEAD:g})",
    )  # fmt: skip


def _epsilon(loss: xr.DataArray) -> Claim:
    """Best rates by seeds: a ratio, whose logarithm has a t interval."""
    loss = loss.where(np.isfinite(loss), np.inf)
    mean = loss.mean("seed")
    best, rate = mean.min("learning_rate"), mean.idxmin("learning_rate")
    each = np.log(loss.idxmin("learning_rate").transpose("eps", "seed").values)
    ratio = Interval(*map(np.exp, paired_difference(each[-1], each[0])))
    bests = "; ".join(
        f"ε = {eps:g} best at η = {float(rate.sel(eps=eps)):.2g} with loss "
        f"{float(best.sel(eps=eps)):.3f}"
        for eps in loss.eps.values
    )
    return Claim(
        "large_epsilon", "A larger ε wants a larger rate (the limit is momentum at η/ε)", ratio,
        loss.sizes["seed"], "seeds", low=LARGER,
        says=f"{bests}; from the least to the largest ε the best rate of a seed grows {{}} times "
        f"(above {LARGER} would hold)",
    )  # fmt: skip
