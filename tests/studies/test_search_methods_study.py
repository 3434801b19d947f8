"""In the study of search methods searches that are joined are charged apart."""

import numpy as np
import pytest
import xarray as xr

import lab
from lab.search import CATALOG, Float, Round, Space
from studies.search_methods.claims import against, correlations, formula, harmed
from studies.search_methods.searches import MANY, Ledger, following, joined

SPACE = Space({"a": Float(0.0, 1.0), "b": Float(0.0, 1.0)})
STATIC = ("grid", "random", "sobol", "halving", "hyperband")


def rounds(searcher, losses, repeats, trainings):
    """Every round that joined searches ask for."""
    both = {i: CATALOG[searcher].rounds(SPACE, float(trainings), i, 4) for i in range(repeats)}
    search, found = joined(both), []
    one = following(search, None)
    while one is not None:
        found.append(one)
        one = following(search, {n: losses(trial) for n, trial in one.trials.items()})
    return found


@pytest.mark.parametrize("searcher", STATIC)
def test_joined_searches_ask_for_what_each_alone_asks_for(searcher):
    found = rounds(searcher, lambda trial: trial["a"], 2, 9)
    own = {
        (number % MANY, one.share): trial
        for one in found
        for number, trial in one.trials.items()
        if number // MANY == 1
    }
    alone = CATALOG[searcher].rounds(SPACE, 9.0, 1, 4)
    one, asked = next(alone), {}
    while one is not None:
        asked |= {
            (n, one.share): trial | {"split": 1, "seed": 1} for n, trial in one.trials.items()
        }
        one = following(alone, {n: trial["a"] for n, trial in one.trials.items()})
    assert own == asked


@pytest.mark.parametrize("searcher", STATIC)
def test_no_search_spends_more_than_its_budget(searcher):
    ledger = Ledger(range(3), 9)
    for one in rounds(searcher, lambda trial: trial["a"], 3, 9):
        ledger.charge(one, {n: trial["a"] for n, trial in one.trials.items()})
    assert (ledger.spent <= 9 + 1e-9).all()
    table = ledger.table(SPACE)
    best = table.loss.values
    assert (best[:, 1:] <= best[:, :-1]).all()
    np.testing.assert_array_equal(best[:, -1], table.a.values)  # what is chosen has the least loss


def test_a_search_trains_from_the_seed_of_its_split():
    task, fixed = lab.tasks.CATALOG["iris"].make(widths=(4,)), {"optimizer": "sgd"}
    trial, budget = {"learning_rate": 0.1, "split": 3}, lab.Budget(updates=81)
    named = lab.search.Lanes(task, budget, fixed=fixed)
    losses = named(Round({n: trial | {"seed": n} for n in (5, 6)}, 1 / 3))
    for n in losses:
        alone = lab.search.Lanes(task, budget, seeds=[n], fixed=fixed)
        assert alone(Round({0: trial}, 1 / 3))[0] == losses[n]


def test_ranks_foretell_what_they_foretell():
    rng = np.random.default_rng(0)
    last = rng.normal(size=(3, 40))
    loss = np.stack([-last, rng.normal(size=last.shape), np.exp(last)], -1)
    pool = xr.Dataset({"loss": (("split", "setting", "share"), loss)})
    found = correlations(pool)
    np.testing.assert_allclose(found[:, [0, 2]], [[-1, 1]] * 3)
    assert np.abs(found[:, 1]).max() < 0.5


def test_random_search_of_noise_follows_order_statistics():
    rng = np.random.default_rng(1)
    loss = np.exp(rng.normal(size=(2000, 60)))
    best = np.minimum.accumulate(loss[:, :10], 1)
    random = xr.Dataset({"loss": (("split", "spent"), best)})
    pool = xr.Dataset({"loss": (("split", "setting", "share"), loss[:, 10:, None])})
    np.testing.assert_allclose(formula(random, pool, 10).estimate, 1, atol=0.06)


def test_methods_are_judged_against_random_search():
    noise = np.log(np.random.default_rng(2).uniform(1, 1.02, (3, 16)))
    found, means = {}, {"random": 1.0, "tpe": 0.4, "halving": 2.0}
    for (name, mean), row in zip(means.items(), noise):
        logs = np.log(mean) + row
        loss = np.exp(logs)[:, None] * np.array([[2.0, 1.0]])
        columns = {"least": ("split", logs), "test": ("split", logs)}
        found[name] = xr.Dataset({"loss": (("split", "spent"), loss), **columns})
    over = {"n": 16, "unit": "splits"}
    good, _, bad, _ = against(found, over)
    assert (good.statement, good.outcome) == ("TPE beats random search", "held")
    assert "at 1 trainings" in good.says
    assert (bad.name, bad.outcome) == ("halving_validation", "did not hold")
    assert [claim.outcome for claim in harmed(found, over)][1] == "held"
