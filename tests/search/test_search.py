"""A search keeps its ledger, is written down where Optuna reads it, and resumes."""

import math

import optuna
import pytest

from lab.search import CATALOG, Choice, Float, Int, Space, When, best, search
from lab.search.storage import distribution, from_optuna, opened
from lab.validation.errors import InputError

SPACE = Space({
    "rule": Choice("adam", "sgd"), "layers": Int(1, 3), "rate": Float(1e-4, 1e-1, log=True),
    "units_1": When("layers", Int(8, 32, step=8), at_least=2),
})  # fmt: skip
NAMES = [name for name in CATALOG if name != "gp"]
IDENTITY = {"name": "test", "space": SPACE.hash}


class Killed(Exception):
    pass


def training(calls, until=math.inf):
    def train(one):
        if len(calls) >= until:
            raise Killed
        calls.append(one)
        return {n: abs(math.log10(t["rate"]) + 2) / one.share for n, t in one.trials.items()}

    return train


@pytest.mark.parametrize("name", NAMES)
def test_the_ledger_is_what_the_rounds_cost(name):
    calls, told = [], []
    trials = search(SPACE, CATALOG[name], training(calls), budget=12, told=told.append)
    assert [t.number for t in trials] == list(range(len(trials)))
    assert len(told) == len(calls)
    spent = sum(max(t.losses) for t in trials)
    assert spent == pytest.approx(max(t.after for t in trials))
    assert 0 < spent <= 12
    assert best(trials).loss == min(t.loss for t in trials)


@pytest.mark.parametrize("name", NAMES)
def test_a_killed_search_goes_on_with_the_same_trials(name, tmp_path):
    whole = search(SPACE, CATALOG[name], training([]), budget=3, batch=1)
    calls = []
    for until in range(20):
        storage = opened(tmp_path / "trials.db", IDENTITY, SPACE)
        train = training(calls, until)
        try:
            trials = search(SPACE, CATALOG[name], train, budget=3, batch=1, storage=storage)
        except Killed:
            continue
        break
    assert trials == whole
    done = [(n, one.share) for one in calls for n in one.trials]
    assert len(set(done)) == len(done)  # nothing was trained twice


def test_optuna_reads_the_trials(tmp_path):
    storage = opened(tmp_path / "trials.db", IDENTITY, SPACE)
    trials = search(SPACE, CATALOG["halving"], training([]), budget=3, storage=storage)
    study = optuna.load_study(study_name="test", storage=f"sqlite:///{tmp_path / 'trials.db'}")
    assert len(study.trials) == len(trials)
    assert study.best_trial.params == best(trials).configuration
    assert study.best_value == best(trials).loss
    for mine, theirs in zip(trials, study.trials):
        assert theirs.params == mine.configuration
        complete = theirs.state == optuna.trial.TrialState.COMPLETE
        assert complete == math.isfinite(mine.loss)
        assert list(theirs.intermediate_values.values()) == list(mine.losses.values())


def test_another_search_in_the_same_place_is_refused_by_what_differs(tmp_path):
    opened(tmp_path / "trials.db", IDENTITY, SPACE)
    with pytest.raises(InputError, match="has space="):
        opened(tmp_path / "trials.db", {**IDENTITY, "space": "other"}, SPACE)
    with pytest.raises(InputError, match="cannot be used"):
        opened(tmp_path / "no" / "such" / "folder.db", IDENTITY, SPACE)


def test_a_search_that_asks_for_other_trials_is_refused(tmp_path):
    storage = opened(tmp_path / "trials.db", IDENTITY, SPACE)
    search(SPACE, CATALOG["random"], training([]), budget=2, storage=storage)
    assert len(search(SPACE, CATALOG["random"], training([]), budget=4, storage=storage)) == 4
    with pytest.raises(InputError, match="trial 0 of the search in the storage is"):
        search(SPACE, CATALOG["random"], training([]), budget=4, seed=1, storage=storage)


def test_a_trial_that_diverges_is_infinitely_bad_and_kept():
    def train(one):
        return {n: math.nan if n % 2 else float(n) for n in one.trials}

    for name in NAMES:
        trials = search(SPACE, CATALOG[name], train, budget=6)
        assert best(trials).number % 2 == 0
        assert all(math.isinf(t.loss) for t in trials if t.number % 2)


def test_spaces_are_declared_by_distributions_of_optuna_and_back():
    of = optuna.distributions
    declared = from_optuna(
        {
            "rule": of.CategoricalDistribution(["adam", "sgd"]),
            "layers": of.IntDistribution(1, 3),
            "rate": of.FloatDistribution(1e-4, 1e-1, log=True),
            "units_1": When("layers", of.IntDistribution(8, 32, step=8), at_least=2),
        }
    )
    assert declared == SPACE
    assert declared.hash == SPACE.hash
    assert from_optuna({n: distribution(SPACE.domain(n)) for n in SPACE}).count() == math.inf


@pytest.mark.parametrize("around", [lambda it: it, lambda it: When("a", it, at_least=1)])
def test_what_has_no_counterpart_is_refused_by_name(around):
    of = optuna.distributions
    with pytest.raises(InputError, match=r"counterparts .* FloatDistribution.* for 'x'"):
        from_optuna(
            {"a": of.IntDistribution(0, 1), "x": around(of.FloatDistribution(0, 1, step=0.25))}
        )
    with pytest.raises(InputError, match="given 3"):
        from_optuna({"a": of.IntDistribution(0, 1), "x": around(3)})


def test_a_declared_condition_holds_in_what_optuna_suggests():
    trials = search(SPACE, CATALOG["tpe"], training([]), budget=24, batch=4)
    for trial in trials:
        SPACE.check(trial.configuration)
    assert {len(trial.configuration) for trial in trials} == {3, 4}


@pytest.mark.parametrize(
    "given", [{"budget": 0}, {"budget": math.inf}, {"budget": "10"}, {"budget": 5, "seed": -1},
              {"budget": 5, "batch": 0}]
)  # fmt: skip
def test_arguments_are_checked(given):
    with pytest.raises(InputError):
        search(SPACE, CATALOG["random"], training([]), **given)


def test_killed_between_the_writes_of_a_loss_and_of_a_state_a_trial_is_complete(
    tmp_path, monkeypatch
):
    storage = opened(tmp_path / "trials.db", IDENTITY, SPACE)
    arguments = {"budget": 3, "storage": storage}

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(storage.store, "set_trial_state_values", killed)
        with pytest.raises(KeyboardInterrupt):
            search(SPACE, CATALOG["halving"], training([]), **arguments)
    search(SPACE, CATALOG["halving"], training([]), **arguments)
    states = {trial.state for trial in storage.store.get_all_trials(storage.study_id)}
    assert states == {optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED}
