"""Claims about early stopping: what stopping, patience, and what is watched are worth."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from lab.statistics import mean_interval, paired_difference
from lab.study import Claim, Record, Table, fact, span
from lab.study.families import family
from studies.early_stopping.replays import PATIENCES, Replays, replays
from studies.early_stopping.runs import Stopping

EQUAL = 0.5  # points of test error that do not matter, declared beforehand


def claims(record: Record[Stopping]) -> Iterator[Claim]:
    """Of the page."""
    s = record.settings
    yield from stated(of_arms(record), s.patience, s.sizes[0])
    yield obeyed(record["obeyed"])


def of_arms(record: Record[Stopping]) -> dict[str, Replays]:
    """All replays, by the name of the arm."""
    s = record.settings
    return {arm[0]: replays(record[f"arm_{i}"], s.patience) for i, arm in enumerate(s.arms)}


def stated(found: dict[str, Replays], patience: int, fewest: int) -> Iterator[Claim]:
    """What the replays say; the intervals of a statement hold together."""
    declared, within = ("patience", patience), f"within {EQUAL} points"
    saved = {arm: 100 * (1 - one[declared].share) for arm, one in found.items()}
    less: Any = (  # name, statement, one outcome that is to be less than another and a limit
        ("less_error", f"Stopping early (patience {patience}) ends with a smaller test error than "
         "training on", declared, ("end", 1), 0),
        ("less_loss", "It ends with a smaller test loss", ("loss", 1), ("end loss", 1), 0),
        ("near_hindsight", f"It comes {within} of the best in hindsight", declared,
         ("hindsight", 1), EQUAL),
        ("long_patience", f"Patience {PATIENCES[-1]} is no better than {patience}, by more than "
         f"{EQUAL} points", declared, ("patience", PATIENCES[-1]), EQUAL),
        ("going_back", "Going back to the best weights is better than keeping the last", declared,
         ("last kept", patience), 0),
        ("watching_error", "Watching validation error is better than watching validation loss",
         ("watching", 1), declared, 0),
        ("few_rows", f"{fewest} validation rows serve as well as all, {within}", ("rows", fewest),
         ("rows", 0), EQUAL),
        ("small_improvements", f"Improvements below 0.01 nats may be ignored, {within}",
         ("delta", 0.01), ("delta", 0.0), EQUAL),
    )  # fmt: skip
    for name, statement, a, b, limit in less:
        unit = "nats" if name == "less_loss" else "points"
        gaps = {arm: one[a].outcome - one[b].outcome for arm, one in found.items()}
        yield from family(
            name, statement, gaps, "splits", high=limit, says=f"{{}} {unit}", digits="+.2f"
        )
    yield from family(
        "saves_half", "It saves at least half of the updates", saved, "splits", low=50,
        says="{} %", digits=".0f",
    )  # fmt: skip


def obeyed(part: xr.Dataset) -> Claim:
    """Whether a sweep stops where the replay says."""
    same, lanes = int(part.same.sum()), part.sizes["lane"]
    return fact(
        "obeyed",
        "A sweep that obeys the rule ends where the replay says, bitwise",
        same == lanes,
        f"{same} of {lanes} runs; it took {float(part.computed / part.budget):.0%} of the updates",
    )


def tables(record: Record[Stopping]) -> dict[str, Table]:
    """What every patience comes to."""
    header = ["data", "rule", "test error, %", "against the end, points", "updates spent, %"]
    labels = {("patience", p): f"patience {p}" for p in PATIENCES} | {
        ("watching", 1): "watching the error",
        ("end", 1): "to the end",
        ("hindsight", 1): "best in hindsight",
    }
    rows = []
    for name, one in of_arms(record).items():
        for key, label in labels.items():
            error, share = one[key]
            gap = span(paired_difference(error, one["end", 1].outcome), "+.2f")
            rows.append([
                name, label, span(mean_interval(error), ".2f"), gap * (key != ("end", 1)),
                f"{100 * np.mean(share):.0f}",
            ])  # fmt: skip
    return {"table": Table(header, rows)}
