"""A winner is named when, and only when, the numbers allow it."""

import numpy as np
import pytest
import xarray as xr

import lab
from lab.protocol import Comparison, decide
from lab.spaces import Float

TRIALS, SEEDS = 12, 12


def planned(labels=("a", "b", "c"), **other):
    spaces = dict.fromkeys(labels, Float(1e-4, 1e0, log=True))
    return Comparison(dict.fromkeys(labels, "adam"), spaces, lab.Budget(epochs=1), **other)


def records(plan, best, noise=0.02, seed=0, valley=6):
    """Losses that rise from `best[label]` with the distance from a trial in the valley."""
    rng, labels, splits = np.random.default_rng(seed), list(plan.optimizers), list(plan.splits)
    shape = 0.05 * np.abs(np.arange(plan.trials) - valley)
    loss = np.array([best[n] for n in labels])[:, None] + shape  # [optimizer, trial]
    coordinates = {
        "optimizer": labels,
        "trial": range(plan.trials),
        "split": splits,
        "learning_rate": (
            ("optimizer", "trial"),
            [[row["learning_rate"] for row in plan.rates()[n]] for n in labels],
        ),
        "step": [0, 1],
        "updates": ("step", [0, 100]),
    }

    dims = ("optimizer", "trial", "split", "seed")

    def runs(count):
        return loss[..., None, None] + noise * rng.normal(size=(*loss.shape, len(splits), count))

    def record(name, column, first_seed, count):
        shape = (*loss.shape, len(splits), count)
        variables = {name: column, "diverged_at": (dims, np.full(shape, -1))}
        return xr.Dataset(variables, coordinates | {"seed": first_seed + np.arange(count)})

    seen = runs(3)
    seen = np.stack([np.full_like(seen, 2.3), seen], -1)
    return (
        record("validation_loss", ((*dims, "step"), seen), 0, 3),
        record("test_loss", (dims, runs(SEEDS)), 2_000_000, SEEDS),
    )


def test_a_clear_lead_wins():
    plan = planned()
    verdict = decide(plan, *records(plan, {"a": 0.5, "b": 0.3, "c": 0.4}))
    assert verdict.ranked == ["b", "c", "a"]
    assert verdict.winner == "b"
    assert verdict.behind.low[1] > plan.margin
    np.testing.assert_allclose(verdict.behind.estimate, [0, 0.1, 0.2], atol=0.02)
    np.testing.assert_allclose(verdict.places.sum(1), 1)
    assert verdict.warnings == []


@pytest.mark.parametrize(
    ("changes", "best", "why"),
    [
        ({}, {"a": 0.301, "b": 0.3, "c": 0.4}, "too small a lead"),
        ({"margin": 0.2}, {"a": 0.4, "b": 0.3, "c": 0.5}, "a lead within the margin"),
        ({"trials": 6}, {"a": 0.5, "b": 0.3, "c": 0.5}, "too few trials"),
    ],
)
def test_otherwise_it_is_a_tie(changes, best, why):
    plan = planned(**changes)
    verdict = decide(plan, *records(plan, best, valley=plan.trials // 2))
    assert verdict.winner is None, why
    assert {"a", "b"} <= set(verdict.tied)


def test_intervals_grow_with_the_number_of_rivals():
    few, many = planned(("a", "b")), planned(tuple("abcdefghij"))
    lead = dict.fromkeys("abcdefghij", 0.4) | {"a": 0.3}
    widths = []
    for plan in (few, many):
        behind = decide(plan, *records(plan, lead)).behind
        widths.append(float(behind.high[1] - behind.low[1]))
    assert widths[0] < widths[1]


def test_a_run_that_diverged_counts_as_not_trained():
    plan = planned()
    tuning, audit = records(plan, {"a": 0.3, "b": 0.32, "c": 0.4})
    audit.test_loss.loc[{"optimizer": "a", "seed": audit.seed[0]}] = np.inf
    audit.diverged_at.loc[{"optimizer": "a", "seed": audit.seed[0]}] = 7
    verdict = decide(plan, tuning, audit)
    lost = verdict.loss.estimate[verdict.ranked.index("a")]
    np.testing.assert_allclose(lost, (11 * 0.3 + 2.3) / 12, atol=0.02)
    assert verdict.winner != "a"


@pytest.mark.parametrize(
    ("changes", "valley", "words"),
    [
        ({"splits": (0,)}, 6, "this split"),
        ({"splits": (0, 1)}, 6, "these splits"),
        ({"trials": 6}, 3, "Too few trials"),
        ({"report_seeds": 4}, 6, "Too few report seeds"),
        ({}, 0, "At the edge of its space: a, b, c"),
        ({}, 11, "At the edge of its space: a, b, c"),
    ],
)
def test_what_a_reader_must_know_is_said(changes, valley, words):
    plan = planned(**changes)
    verdict = decide(plan, *records(plan, {"a": 0.5, "b": 0.3, "c": 0.4}, valley=valley))
    assert any(words in sentence for sentence in verdict.warnings)


def test_who_diverges_in_half_of_all_trials_is_named():
    plan = planned()
    tuning, audit = records(plan, {"a": 0.5, "b": 0.3, "c": 0.4})
    audit.diverged_at.loc[{"optimizer": "c"}] = 3
    assert "Half of all trials or more diverged: c." in decide(plan, tuning, audit).warnings
