"""What more hidden units are worth, and what a ranking is."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr

from lab.statistics import Interval, corrected_interval, holm_intervals, mean_interval
from lab.study import Claim, Record, Table, span
from studies.model_comparison.pairs import LEVEL, over_folds, pairs, points, ranked, unit_of
from studies.model_comparison.ranking import agreement
from studies.model_comparison.runs import ModelComparison

MARGIN = 1.0  # points of error below which two models are as good as one
MOST = 60  # rows of a table
TRUSTED = 0.9  # how often a ranking must name the winner
HELPS = (
    ("hidden_layer", "A hidden layer helps", "linear net", "one layer, 64"),
    ("second_layer", "A second hidden layer helps", "one layer, 64", "two layers, 64"),
    ("wider_layer", "A wider layer helps", "one layer, 64", "wide layer, 256"),
)


def claims(record: Record[ModelComparison]) -> Iterator[Claim]:
    """Of the page."""
    for name, found in record.items():
        yield from _differences(name, found, len(record))
    yield from _trust(record)


def tables(record: Record[ModelComparison]) -> dict[str, Table]:
    """Errors of all models; and of the best net, class by class."""
    header = ["data", "model", "test error", "above the least", "p", "MFLOP"]
    rows = [[name, *row] for name, found in record.items() for row in _rows(found)]
    units = {"points": "%", "units": "in the target's units"}
    note = (
        f"Test error ({'; '.join(f'{n}: {units[unit_of(x)]}' for n, x in record.items())}): mean "
        "over folds and seeds, 95 % t interval, corrected for shared training rows; p: of the "
        "difference to the least, adjusted by Holm over all pairs."
    )
    confused = confusions(record)
    classes = [
        [name, *row]
        for name, (_, matrix) in confused.items()
        for row in by_class(record[name].actual.values.tolist(), matrix)
    ]
    nets = "; ".join(f"{name}: {net}" for name, (net, _) in confused.items())
    by = ["data", "class", "precision, %", "recall, %", "F1, %", "share of rows, %"]
    return {
        "table": Table(header, rows, note),
        "classes": Table(
            by, classes[:MOST], f"Of the best net ({nets or 'there are no classes'})."
        ),
    }


def confusions(record: Mapping[str, xr.Dataset]) -> dict[str, tuple[str, np.ndarray]]:
    """By data set of classes, its best net and what that takes for what."""
    best = {
        name: next(m for m in ranked(found) if m in found.net.values)
        for name, found in record.items()
        if "confusion" in found
    }
    return {name: (net, record[name].confusion.sel(net=net).values) for name, net in best.items()}


def _rows(found: xr.Dataset) -> Iterator[list[str]]:
    error, ratio, order = over_folds(found), float(found.ratio), ranked(found)
    tested = {x.worse: x for x in pairs(found) if x.better == order[0]}
    flops = dict(zip(found.net.values.tolist(), found.flops.values))
    for name in order:
        one = tested.get(name)
        yield [
            name,
            span(corrected_interval(error[name], ratio), ".2f"),
            *((span(one.difference, "+.2f"), f"{one.p:.3f}") if one else ("", "")),
            f"{flops[name] / 1e6:,.0f}" if name in flops else "",
        ]


def by_class(names: list[str], confusion: np.ndarray) -> list[list[str]]:
    """Precision, recall and F1 of every class, and their means.

    Args:
      names: [K].
      confusion: [actual, predicted] shares of the rows.
    """
    hit, actual, predicted = confusion.diagonal(), confusion.sum(1), confusion.sum(0)
    precision, recall = (hit / np.maximum(x, 1e-12) for x in (predicted, actual))
    f1 = 2 * hit / np.maximum(actual + predicted, 1e-12)
    columns = np.array([precision, recall, f1, actual]).T
    rows = [[str(n), *(f"{100 * v:.1f}" for v in row)] for n, row in zip(names, columns)]
    return [*rows, ["mean", *(f"{100 * v:.1f}" for v in columns.mean(0)[:3]), ""]]


def _differences(name: str, found: xr.Dataset, tables: int) -> Iterator[Claim]:
    tested, error, unit = pairs(found), over_folds(found), unit_of(found)
    order, ratio = ranked(found), float(found.ratio)
    folds: dict[str, Any] = {"n": error[order[0]].size, "unit": "folds", "where": name}
    level = [x.worse for x in tested if x.better == order[0] and x.p > LEVEL]
    sure, naive = (sum(p <= LEVEL for p in x) for x in zip(*((x.p, x.naive) for x in tested)))
    rest = np.array([error[other] - error[order[0]] for other in order[1:]])
    yield Claim(
        f"best_{name}",
        "The model with the least mean error is told apart from all others",
        corrected_interval(rest, ratio, comparisons=len(tested)),
        low=0,
        says=f"least: {order[0]}; not told apart from it: {'; '.join(level) or 'none'}; of "
        f"{len(tested)} pairs {sure} differ; Student's test, which takes folds for independent, "
        f"would name {naive} (both after Holm's correction)",
        **folds,
    )
    for key, says, a, b in HELPS:
        if {a, b} <= set(error):
            every = tables * len(HELPS)
            yield Claim(
                f"{key}_{name}", says,
                corrected_interval(error[a] - error[b], ratio, comparisons=every), low=0,
                digits="+.2f", says=f"{{}} {unit} less error", **folds,
            )  # fmt: skip
    if unit == "points":
        twins = error["linear net"] - error["logistic or ridge"]
        yield Claim(
            f"twins_{name}",
            "One model fitted by two programs, the linear net and logistic regression, errs "
            f"equally up to {MARGIN:g} point",
            corrected_interval(twins, ratio, comparisons=tables),
            low=-MARGIN,
            high=MARGIN,
            digits="+.2f",
            **folds,
        )


def _trust(record: Record[ModelComparison]) -> Iterator[Claim]:
    s = record.settings
    over: dict[str, Any] = {"n": s.repetitions, "unit": "repetitions"}
    few = min(s.seeds, s.folds)

    def agreed(folds: int, seeds: int) -> np.ndarray:
        """[τ or winner, table, repetition]."""
        every = [agreement(points(x), folds, seeds, draw=s.fresh) for x in record.values()]
        return np.array(every).transpose(1, 0, 2)

    for key, what, folds, seeds in (
        ("one_fold", "One fold with one seed", 1, 1),
        ("whole", f"A whole {s.folds}-fold cross-validation, {s.seeds} seeds,", s.folds, s.seeds),
    ):
        tau, winner = agreed(folds, seeds)
        shares = (x.clip(0, 1) for x in holm_intervals(winner, against=TRUSTED))
        for name, same, *share in zip(record, tau, *shares):
            yield Claim(
                f"{key}_{name}", f"{what} names the best model nine times in ten",
                Interval(*share), low=TRUSTED, where=name, digits=".2f",
                says=f"{{}} of the time; τ {span(mean_interval(same), '.2f')}", **over,
            )  # fmt: skip
    more = holm_intervals(agreed(few, 1)[0] - agreed(1, few)[0])
    for name, *gain in zip(record, *more):
        yield Claim(
            f"folds_or_seeds_{name}", "Of equally many runs, folds rank better than seeds",
            Interval(*gain), low=0, where=name, digits="+.2f",
            says="Kendall's τ with the other repetitions {} higher by "
            f"{few} folds × 1 seed than 1 fold × {few} seeds",
            **over,
        )  # fmt: skip
