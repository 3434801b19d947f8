"""Claims about weight decay: what generalizes better, and what to keep when the rate changes."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from lab.statistics import Interval, finite_differences, holm_intervals, mean_interval
from lab.study import Claim, Record, Table, span
from lab.study.families import each, family
from studies.weight_decay.runs import ADAMW, L2, NONE, WeightDecay

UNTRAINED = np.log(10)  # loss of knowing nothing; being worse is as bad
SHORT = {NONE: "none", L2: "l2", ADAMW: "adamw"}
PAIRS = ((L2, NONE), (ADAMW, NONE), (ADAMW, L2))
KINDS = (("error", "points", "+.2f"), ("loss", "nats", "+.3f"))
SOURCE = "Loshchilov & Hutter 2019"


def claims(record: Record[WeightDecay]) -> Iterator[Claim]:
    """Of the page."""
    s = record.settings
    reports = [record[f"{task}_report"] for task, _ in s.tasks]
    for k, (what, unit, digits) in enumerate(KINDS):  # all pairs and tasks together
        gaps = [gaps_of(one, *pair)[k] for pair in PAIRS for one in reports]
        by_pair = (x.reshape(len(PAIRS), -1) for x in holm_intervals(gaps))
        for (a, b), *one in zip(PAIRS, *by_pair):
            yield from each(
                f"{SHORT[a]}_against_{SHORT[b]}_{what}", f"{a} generalizes better than {b}",
                Interval(*one), [task for task, _ in s.tasks], where=f"by {what}", n=s.seeds,
                unit="splits", high=0, says=f"{{}} {unit}", digits=digits, source=SOURCE,
            )  # fmt: skip
    costs = {task: prices(record[f"{task}_grid"]) for task, _ in s.tasks}
    more: dict[str, Any] = {"high": 0, "digits": "+.3f", "source": SOURCE}
    yield from family(
        "decoupling_frees", "Decoupling frees the choice of λ from the learning rate",
        {task: c[f"{ADAMW}, λ kept"] - c[f"{L2}, λ kept"] for task, c in costs.items()}, "splits",
        says=["{} nats against the penalty; price of keeping it when the rate changes, in nats: "
              + "; ".join(f"{what} {span(mean_interval(v), '.3f')}" for what, v in c.items())
              for c in costs.values()], **more,
    )  # fmt: skip
    yield from family(
        "product_kept",
        "With AdamW as libraries write it, what to keep is ηλ",
        {task: c[f"{ADAMW}, ηλ kept"] - c[f"{ADAMW}, λ kept"] for task, c in costs.items()},
        "splits",
        says="{} nats against keeping λ",
        **more,
    )


def tables(record: Record[WeightDecay]) -> dict[str, Table]:
    """What each rule comes to at its best."""
    header = ["task", "rule", "η", "λ", "test error, %", "test loss"]
    rows = [
        [name, arm, f"{float(mine.rate):.2g}", f"{float(mine.decay):.2g}",
         span(mean_interval(100 * (1 - mine.accuracy.values)), ".2f"),
         span(mean_interval(mine.loss.values), ".3f")]
        for name, _ in record.settings.tasks
        for arm in (NONE, L2, ADAMW)
        for mine in [record[f"{name}_report"].sel(arm=arm)]
    ]  # fmt: skip
    return {"table": Table(header, rows)}


def price(loss: np.ndarray, along: int) -> float:
    """Loss above the best decay of each rate, for the decay that is best where all is best.

    The mean over the rates other than that. Keeping λ is `along` 0; keeping ηλ is `along` −1 on a
    grid [rates, decays] with equal ratios: one step of the rate up is one of the decay down.
    """
    i, j = np.unravel_index(loss.argmin(), loss.shape)
    rates = np.arange(len(loss))
    kept = np.clip(j + along * (rates - i), 0, loss.shape[1] - 1)
    above = loss[rates, kept] - loss.min(1)
    return float(above[rates != i].mean())


def prices(grid: xr.Dataset) -> dict[str, np.ndarray]:
    """By what is kept when the rate changes: the price on each split, in nats."""
    loss = grid.loss.sel(decay=grid.decay > 0).transpose("arm", "split", "rate", "decay")
    return {
        f"{arm}, {what} kept": np.array(
            [price(np.minimum(one, UNTRAINED), along) for one in loss.sel(arm=arm).values]
        )
        for arm in (L2, ADAMW)
        for what, along in (("λ", 0), ("ηλ", -1))
    }


def gaps_of(report: xr.Dataset, a: str, b: str) -> tuple[np.ndarray, np.ndarray]:
    """Errors in % and losses of `a` less those of `b`, [splits] each."""
    one, other = report.sel(arm=a), report.sel(arm=b)
    error = 100 * (other.accuracy.values - one.accuracy.values)
    return error, finite_differences(one.loss.values, other.loss.values, UNTRAINED)
