"""Which differences between models are real, and what a ranking is worth."""

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from lab import statistics
from lab.statistics.intervals import Interval
from studies.gradient_descent.report import judged
from studies.model_comparison.ranking import Agreement, agreement

LEVEL = 0.05  # of all pairs of a data set together
MARGIN = 1.0  # points of error below which two models are as good as one
TRUSTED = 0.9  # how often a ranking must name the winner


class Pair(NamedTuple):
    """Two models, the first with the lower mean error."""

    better: str
    worse: str
    difference: Interval  # better less worse; corrected 95 % t interval of its own
    p: float  # corrected resampled t-test, adjusted by Holm over all pairs
    naive: float  # of Student's test, as if folds were independent; adjusted likewise


def points(found: xr.Dataset) -> tuple[np.ndarray, str]:
    """[models, repetitions, folds, seeds] in % for classes, in the target's units for numbers."""
    error = found.error.transpose("model", "repetition", "fold", "seed").values
    return (100 * error, "points") if found.attrs["kind"] == "classification" else (error, "units")


def ranked(found: xr.Dataset) -> list[str]:
    """Models from the least mean error on."""
    order = points(found)[0].mean((1, 2, 3)).argsort(kind="stable")
    return found.model.values[order].tolist()


def over_folds(found: xr.Dataset) -> dict[str, np.ndarray]:
    """By model, [J] errors of all folds of all repetitions, means over seeds."""
    error = points(found)[0].mean(-1)
    return {str(name): row.ravel() for name, row in zip(found.model.values, error)}


def pairs(found: xr.Dataset) -> list[Pair]:
    """All pairs, tested together."""
    error, ratio = over_folds(found), float(found.ratio)
    named = list(combinations(ranked(found), 2))
    d = np.array([error[a] - error[b] for a, b in named])
    p, naive = (statistics.holm(statistics.corrected_test(d, r)) for r in (ratio, 0.0))
    spans = statistics.corrected_interval(d, ratio)
    return [
        Pair(*names, Interval(*(x[k] for x in spans)), float(p[k]), float(naive[k]))
        for k, names in enumerate(named)
    ]


def verdict(parts: dict[str, xr.Dataset]) -> str:
    """Every statement with its numbers."""
    lines: list[str] = []
    for name, found in parts.items():
        lines += [*_differences(name, found), *_trust(name, found)]
    return "\n".join(lines) + "\n"


def _differences(name: str, found: xr.Dataset) -> list[str]:
    tested, error, unit = pairs(found), over_folds(found), points(found)[1]
    order, ratio = ranked(found), float(found.ratio)
    level = [order[0]] + [x.worse for x in tested if x.better == order[0] and x.p > LEVEL]
    sure, naive = (sum(p <= LEVEL for p in x) for x in zip(*((x.p, x.naive) for x in tested)))
    lines = [
        f"- {name}: least mean error {order[0]}; not told apart from it: "
        f"{', '.join(level[1:]) or 'none'}. Of {len(tested)} pairs {sure} differ; Student's test, "
        f"which takes folds for independent, would name {naive} (both after Holm's correction).",
    ]
    claims = (
        ("a hidden layer helps", "linear net", "one layer, 64"),
        ("a second hidden layer helps", "one layer, 64", "two layers, 64"),
        ("a wider layer helps", "one layer, 64", "wide layer, 256"),
    )
    for says, a, b in claims:
        if {a, b} <= set(error):
            gain = statistics.corrected_interval(error[a] - error[b], ratio, comparisons=3)
            lines.append(
                f"- {name}: *{says}*: **{judged(bool(gain.low > 0), bool(gain.high < 0))}**, "
                f"{span(gain, '+.2f')} {unit} less error."
            )
    if unit == "points":
        twins = error["linear net"] - error["logistic or ridge"]
        gap = statistics.corrected_interval(twins, ratio)
        inside = bool(gap.low > -MARGIN and gap.high < MARGIN)
        outside = bool(gap.low > MARGIN or gap.high < -MARGIN)
        lines.append(
            f"- {name}: *one model fitted by two programs, the linear net and logistic "
            f"regression, errs equally up to {MARGIN:g} point*: **{judged(inside, outside)}**, "
            f"{span(gap, '+.2f')}."
        )
    return lines


def _trust(name: str, found: xr.Dataset) -> list[str]:
    error = points(found)[0]
    folds, seeds = error.shape[2:]
    one, whole = (agreement(error, f, s) for f, s in ((1, 1), (folds, seeds)))
    few = min(seeds, folds)
    apart = agreement(error, few, 1).tau - agreement(error, 1, few).tau
    more = statistics.mean_interval(apart)
    return [
        _named(name, "one fold with one seed", one),
        _named(name, f"a whole {folds}-fold cross-validation, {seeds} seeds,", whole),
        f"- {name}: *of equally many runs, folds rank better than seeds*: "
        f"**{judged(bool(more.low > 0), bool(more.high < 0))}**, Kendall's τ with the other "
        f"repetitions {span(more, '+.2f')} higher by {few} folds × 1 seed than 1 fold × {few} "
        "seeds.",
    ]


def _named(name: str, what: str, found: Agreement) -> str:
    share, tau = (statistics.mean_interval(x) for x in (found.winner, found.tau))
    share = Interval(*(np.clip(x, 0, 1) for x in share))
    inside, outside = bool(share.low > TRUSTED), bool(share.high < TRUSTED)
    return (
        f"- {name}: *{what} names the best model nine times in ten*: "
        f"**{judged(inside, outside)}**, {span(share, '.2f')} of the time; τ {span(tau, '.2f')}."
    )


def span(x: Any, digits: str) -> str:
    """Estimate with its limits."""
    estimate, low, high = (format(float(np.asarray(v)), digits) for v in x)
    return f"{estimate} ({low} to {high})"
