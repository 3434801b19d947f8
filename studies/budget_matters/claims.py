"""Claims about tuning budgets: ratios of test losses, as their logarithms differ over splits."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr

from lab import statistics
from lab.statistics.intervals import Interval
from lab.study import Claim, Record, Table, span
from lab.study.families import each
from studies.budget_matters.runs import ADAM, BudgetMatters

RIVALS = ("Adam, 4 numbers", "momentum, 2 numbers", "SGD")  # each against Adam with its rate only
ALIKE = 1.1  # losses within this factor are as good as one another, declared beforehand
FEW = 4  # trials of a small budget
Curves = Mapping[str, np.ndarray]  # logs of test losses by label, [split, k]


def claims(record: Record[BudgetMatters]) -> Iterator[Claim]:
    """Of the page; all claims of one kind hold together."""
    own, default, narrow = (curves(record, kind) for kind in ("own", "default", "narrow"))
    trials = record.settings.trials
    over: dict[str, Any] = {"n": record.settings.seeds, "unit": "splits", "digits": ".2f"}
    gaps = {label: own[label] - own[ADAM] for label in RIVALS if label in own}
    yield from _turns(
        "crossing",
        "Curves of the best of k cross as trials are added",
        {label: gap.T[[0, -1]] for label, gap in gaps.items()},
        [
            f"for one trial (above 1 would hold) and the best of {trials} (below 1): {{}}; "
            f"{_where(gap)}"
            for gap in gaps.values()
        ],
        source="Sivaprasad et al. 2020",
        **over,
    )
    gains = _ratios(np.array([own[label][:, -1] - default[label][:, 0] for label in own]))
    yield from each(
        "tuning", f"The best of {trials} beats the default", gains, own, high=1,
        says="{} times its test loss", **over,
    )  # fmt: skip
    yield _several(record, own, over)
    yield from _turns(
        "flip",
        "A narrower range of rates flips the ranking",
        {
            label: np.array([kind[label][:, -1] - kind[ADAM][:, -1] for kind in (narrow, own)])
            for label in narrow
            if label != ADAM
        },
        ["with one range for all (above 1 would hold) and over own ranges (below 1): {}"]
        * (len(narrow) - 1),
        source="Choi et al. 2019",
        **over,
    )


def tables(record: Record[BudgetMatters]) -> dict[str, Table]:
    """Test loss of every arm, by how much it is tuned."""
    own, default, narrow = (curves(record, kind) for kind in ("own", "default", "narrow"))
    trials = record.settings.trials
    header = ["optimizer", "default", "one trial", f"best of {FEW}", f"best of {trials}"]
    rows = [
        [
            label,
            span(at(default[label], 1), ".3f"),
            *(span(at(curve, k), ".3f") for k in (1, FEW, trials)),
            span(at(narrow[label], trials), ".3f") if label in narrow else "",
        ]
        for label, curve in own.items()
    ]
    return {"table": Table([*header, "narrow range"], rows, "Test losses, 95 % intervals.")}


def curves(record: Record[BudgetMatters], kind: str) -> Curves:
    """Of the arms that there are of a kind."""
    found, labels = record.under(kind), [label for label, *_ in record.settings.arms]
    return {label: best_of(found[label]) for label in labels if label in found}


def best_of(part: xr.Dataset) -> np.ndarray:
    """Expected log of the test loss of the best, by validation, of k trials: [split, k]."""
    seen, told = (part[name].transpose("split", "trial").values for name in ("validation", "test"))
    ks = range(1, part.sizes["trial"] + 1)
    return np.stack([statistics.expected_best(np.log(told), k, by=seen) for k in ks], -1)


def expected(curve: np.ndarray) -> Interval:
    """Geometric mean over splits, of losses or of ratios."""
    return Interval(*map(np.exp, statistics.mean_interval(curve, axis=0)))


def at(curve: np.ndarray, k: int) -> Interval:
    """Of the best of k trials, or of all where there are fewer."""
    return expected(curve[:, min(k, curve.shape[1]) - 1])


def _ratios(gaps: np.ndarray) -> Interval:
    """Of differences of logarithms; all statements about which loss is less hold together."""
    return Interval(*map(np.exp, statistics.holm_intervals(gaps)))


def _turns(
    name: str, statement: str, gaps: Curves, says: list[str], **more: Any
) -> Iterator[Claim]:
    """That others are behind Adam first, and ahead then; gaps are [2, split]."""
    ratios = Interval(*(x.reshape(-1, 2) for x in _ratios(np.concatenate([*gaps.values()]))))
    said = [f"test loss of {label} over that of {ADAM} {x}" for label, x in zip(gaps, says)]
    pairs = [f"{label} and {ADAM}" for label in gaps]
    limits: Any = {"low": [1.0, -np.inf], "high": [np.inf, 1.0]}
    return each(name, statement, ratios, pairs, says=said, **limits, **more)


def _where(gap: np.ndarray) -> str:
    turns = np.flatnonzero(np.diff(np.sign(gap.mean(0))))
    return f"the means cross at k = {turns[0] + 2}" if len(turns) else "the means do not cross"


def _several(record: Record[BudgetMatters], own: Curves, over: dict[str, Any]) -> Claim:
    distinct = {arm[1::2]: arm[0] for arm in record.settings.arms}  # Adam has one default
    parts = [record[f"default/{label}"] for label in distinct.values()]
    several, count = best_of(xr.concat(parts, "trial")), len(parts)
    return Claim(
        "several_defaults",
        f"Trying {count} optimizers as they come is as good as {count} trials of one",
        expected(several[:, -1] - own[ADAM][:, count - 1]),
        high=ALIKE,
        where=f"{ADAM}, up to a factor of {ALIKE:g}",
        says="{} times its test loss",
        source="Schmidt et al. 2021",
        **over,
    )
