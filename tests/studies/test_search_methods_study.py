"""The study of search methods runs and redraws; searches that are joined are charged apart."""

import numpy as np
import pytest
import xarray as xr

from lab.search import CATALOG, Float, Space
from studies.search_methods import __main__ as study
from studies.search_methods import runs, verdict

SPACE = Space({"a": Float(0.0, 1.0), "b": Float(0.0, 1.0)})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("search_methods")
    study.run(study.SearchMethods(smoke=True, out=folder))
    return folder


def test_smoke_and_redrawing(folder, tmp_path):
    study.run(study.SearchMethods(from_=folder, out=tmp_path))
    for name in ("table.md", "table.csv", "search_methods.png", "early.png"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def rounds(searcher, losses, repeats, trainings):
    """Every round that joined searches ask for."""
    searches = [CATALOG[searcher].rounds(SPACE, float(trainings), i, 4) for i in range(repeats)]
    joined, found = runs.joined(searches), []
    one = next(joined)
    while one is not None:
        found.append(one)
        try:
            one = joined.send({n: losses(trial) for n, trial in one.trials.items()})
        except StopIteration:
            return found


@pytest.mark.parametrize("searcher", ["grid", "random", "sobol", "halving", "hyperband"])
def test_joined_searches_ask_for_what_each_alone_asks_for(searcher):
    found = rounds(searcher, lambda trial: trial["a"], 2, 9)
    own = {
        (number % runs.MANY, one.share): trial
        for one in found
        for number, trial in one.trials.items()
        if number // runs.MANY == 1
    }
    alone = CATALOG[searcher].rounds(SPACE, 9.0, 1, 4)
    one, asked = next(alone), {}
    while one is not None:
        asked |= {(n, one.share): trial | {"split": 1} for n, trial in one.trials.items()}
        one = runs._next(alone, {n: trial["a"] for n, trial in one.trials.items()})
    assert own == asked


@pytest.mark.parametrize("searcher", study.METHODS[:5])
def test_no_search_spends_more_than_its_budget(searcher):
    ledger = runs.Ledger(3, 9)
    for one in rounds(searcher, lambda trial: trial["a"], 3, 9):
        ledger.charge(one, {n: trial["a"] for n, trial in one.trials.items()})
    assert (ledger.spent <= 9 + 1e-9).all()
    table = ledger.table(SPACE)
    best = table.loss.values
    assert (best[:, 1:] <= best[:, :-1]).all()
    np.testing.assert_array_equal(best[:, -1], table.a.values)  # what is chosen has the least loss


def test_ranks_foretell_what_they_foretell():
    rng = np.random.default_rng(0)
    last = rng.normal(size=(3, 40))
    loss = np.stack([-last, rng.normal(size=last.shape), np.exp(last)], -1)
    pool = xr.Dataset({"loss": (("split", "setting", "share"), loss)})
    found = verdict.correlations(pool)
    np.testing.assert_allclose(found[:, [0, 2]], [[-1, 1]] * 3)
    assert np.abs(found[:, 1]).max() < 0.5


def test_random_search_of_noise_follows_order_statistics():
    rng = np.random.default_rng(1)
    loss = np.exp(rng.normal(size=(2000, 60)))
    best = np.minimum.accumulate(loss[:, :10], 1)
    random = xr.Dataset({"loss": (("split", "spent"), best)})
    pool = xr.Dataset({"loss": (("split", "setting", "share"), loss[:, 10:, None])})
    np.testing.assert_allclose(verdict.formula(random, pool, 10).estimate, 1, atol=0.06)


def test_methods_are_judged_against_random_search():
    rng = np.random.default_rng(2)
    noise = rng.uniform(1, 1.02, (3, 16))
    found, losses = {}, {"random": 1.0, "tpe": 0.4, "halving": 2.0}
    for (name, mean), row in zip(losses.items(), noise):
        found[name] = xr.Dataset(
            {"loss": (("split", "spent"), mean * row[:, None] * np.array([[2.0, 1.0]]))},
            {"split": range(16), "spent": [1, 2]},
        )
    test = np.repeat(list(losses.values()), 16) * noise.ravel()
    tested = xr.Dataset(
        {"test_loss": (("search", "seed"), test[:, None])},
        {"method": ("search", np.repeat(list(losses), 16))},
    )
    good, bad = verdict.search_lines(found, tested)
    assert good.startswith("- *TPE beats random search*: **held**")
    assert "at 1 trainings" in good
    assert bad.startswith("- *Halving beats random search*: **did not hold**")
    assert "**held**" in verdict.misled_lines(found, tested, "here")[1]
