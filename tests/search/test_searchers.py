"""Searchers on synthetic losses: they keep to their budget, and win where theory says so."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.search import CATALOG, Choice, Float, Int, Space, When, cost
from lab.search._halving import bracket, hyperband_brackets, price
from lab.validation.errors import InputError

SQUARE = Space({"x": Float(0, 1), "y": Float(0, 1)})
SIX = Space({f"x{i}": Float(0, 1) for i in range(6)})
MIXED = Space({
    "rule": Choice("adam", "sgd"), "layers": Int(1, 3), "rate": Float(1e-4, 1e-1, log=True),
    "units_1": When("layers", Int(8, 32, step=8), at_least=2),
})  # fmt: skip
PLAIN = [name for name in CATALOG if name != "gp"]


def drive(name, space, budget, loss, seed=0, batch=10):
    """All rounds of a search, and the loss of each trial at its largest share."""
    rounds, found = [], {}
    search = CATALOG[name].rounds(space, budget, seed, batch)
    try:
        one = next(search)
        while True:
            rounds.append(one)
            losses = {number: loss(trial, one.share) for number, trial in one.trials.items()}
            found.update({number: (one.share, losses[number]) for number in one.trials})
            one = search.send(losses)
    except StopIteration:
        return rounds, found


def full(found):
    return [loss for share, loss in found.values() if share == 1]


def bowl(trial, share):
    return (trial["x"] - 0.3) ** 2 + (trial["y"] - 0.65) ** 2


@pytest.mark.parametrize("name", PLAIN)
@settings(max_examples=12, deadline=None)
@given(budget=st.floats(0, 40), seed=st.integers(0, 99))
def test_no_searcher_asks_for_more_than_its_budget(name, budget, seed):
    rounds, _ = drive(name, MIXED, budget, lambda trial, share: trial["rate"], seed)
    assert cost(rounds) <= budget + 1e-9
    assert all(0 < one.share <= 1 and one.trials for one in rounds)
    for one in rounds:
        for trial in one.trials.values():
            MIXED.check(trial)


@pytest.mark.parametrize("name", PLAIN)
def test_most_of_a_budget_is_used(name):
    rounds, _ = drive(name, SQUARE, 60, bowl)
    assert cost(rounds) >= 49  # a grid is 7 × 8, and brackets come whole


@pytest.mark.parametrize("name", PLAIN)
def test_a_search_sent_what_is_known_goes_on_as_if_never_broken_off(name):
    losses = {}

    def loss(trial, share):
        key = (tuple(trial.items()), share)
        losses.setdefault(key, bowl(trial, share))
        return losses[key]

    first, _ = drive(name, SQUARE, 30, loss, seed=3)
    again, _ = drive(name, SQUARE, 30, lambda t, s: losses[(tuple(t.items()), s)], seed=3)
    assert first == again
    other, _ = drive(name, SQUARE, 30, loss, seed=4)
    assert (first == other) == (name == "grid")


@pytest.mark.parametrize("name", ["halving", "hyperband"])
def test_the_best_are_promoted_and_keep_their_number(name):
    rounds, _ = drive(name, SQUARE, 20, bowl)
    for before, after in itertools.pairwise(rounds):
        if after.share > before.share and set(after.trials) <= set(before.trials):
            losses = {n: bowl(t, 1) for n, t in before.trials.items()}
            worst_kept = max(losses[n] for n in after.trials)
            assert all(losses[n] >= worst_kept for n in set(before.trials) - set(after.trials))
            assert all(after.trials[n] == before.trials[n] for n in after.trials)


def test_hyperband_begins_its_brackets_as_the_algorithm_says():
    assert hyperband_brackets(81, 3) == [(81, 5), (34, 4), (15, 3), (8, 2), (5, 1)]
    assert bracket(81, 3, 5) == [(81, 1 / 81), (27, 1 / 27), (9, 1 / 9), (3, 1 / 3), (1, 1.0)]
    table_1 = [5 // (s + 1) * 3**s for s in range(4, -1, -1)]
    assert table_1 == [81, 27, 9, 6, 5]
    begun, seen = [], set()
    total = sum(price(n, 3, k) for n, k in hyperband_brackets())
    rounds, _ = drive("hyperband", SQUARE, total, bowl)
    for one in rounds:
        new = set(one.trials) - seen
        begun += [len(new)] if new else []
        seen |= new
    assert begun == [81, 34, 15, 8, 5]


def test_random_beats_grid_where_one_of_six_dimensions_matters():
    def one_matters(trial, share):
        return abs(trial["x2"] - 0.37)

    grid = min(full(drive("grid", SIX, 64, one_matters)[1]))
    random = [min(full(drive("random", SIX, 64, one_matters, seed)[1])) for seed in range(20)]
    assert np.mean(np.array(random) < grid) >= 0.95


def test_tpe_beats_random_on_a_smooth_bowl_at_60_trials():
    wins = [
        min(full(drive("tpe", SQUARE, 60, bowl, seed)[1]))
        < min(full(drive("random", SQUARE, 60, bowl, 1000 + seed)[1]))
        for seed in range(12)
    ]
    assert np.mean(wins) >= 0.75


@pytest.mark.slow
def test_a_gaussian_process_beats_random_on_a_smooth_bowl_at_60_trials():
    pytest.importorskip("torch")
    wins = [
        min(full(drive("gp", SQUARE, 60, bowl, seed)[1]))
        < min(full(drive("random", SQUARE, 60, bowl, 1000 + seed)[1]))
        for seed in range(5)
    ]
    assert np.mean(wins) >= 0.8


def test_without_torch_the_gaussian_process_says_what_it_needs(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(InputError, match="needs torch"):
        drive("gp", SQUARE, 10, bowl)


@pytest.mark.parametrize(("early", "halving_wins"), [(1, True), (-1, False)])
def test_halving_wins_where_early_ranks_are_late_ones_and_loses_where_they_are_reversed(
    early, halving_wins
):
    def loss(trial, share):
        return bowl(trial, 1) if share == 1 else early * bowl(trial, 1)

    wins = [
        min(full(drive("halving", SQUARE, 10, loss, seed)[1]))
        < min(full(drive("random", SQUARE, 10, loss, 1000 + seed)[1]))
        for seed in range(30)
    ]
    assert (np.mean(wins) > 0.8) if halving_wins else (np.mean(wins) < 0.2)


def test_the_expected_best_of_random_search_is_that_of_order_statistics():
    """E min of k uniform losses is 1/(k + 1), with deviation √(k / ((k+1)² (k+2)))."""
    line = Space({"x": Float(0, 1)})
    for k in (1, 5, 20):
        best = [
            min(full(drive("random", line, k, lambda trial, share: trial["x"], seed)[1]))
            for seed in range(400)
        ]
        error = math.sqrt(k / ((k + 1) ** 2 * (k + 2)) / 400)
        assert abs(np.mean(best) - 1 / (k + 1)) < 4 * error


def test_sobol_points_are_more_even_than_random_ones():
    def corners(name, seed):
        (one,), _ = drive(name, SIX, 64, lambda trial, share: 0.0, seed, batch=64)
        boxes = [tuple(int(2 * u) for u in trial.values()) for trial in one.trials.values()]
        return len(set(boxes))  # of 64 boxes

    assert np.mean([corners("sobol", s) for s in range(10)]) > 5 + np.mean(
        [corners("random", s) for s in range(10)]
    )
