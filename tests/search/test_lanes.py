"""Searches on tasks: promoted lanes keep their bits, architectures share programs."""

import numpy as np

import lab
from lab.search import CATALOG, Choice, Float, Int, Lanes, Space, When, best, search

BUDGET = lab.Budget(epochs=6)
SOURCE = lab.data.source(lab.data.load("iris"))
NUMBERS = Space({"learning_rate": Float(1e-4, 1e-1, log=True), "b1": Float(0.5, 0.95)})
SHAPES = Space(
    {
        "optimizer": Choice("adam", "sgd"),
        "learning_rate": Float(1e-3, 1e-1, log=True),
        "layers": Int(1, 3),
        "units_0": Int(4, 16, step=4),
    }
    | {f"units_{i}": When("layers", Int(4, 16, step=4), at_least=i + 1) for i in (1, 2)}
)


def test_a_promoted_trial_ends_bitwise_where_a_plain_sweep_does():
    task = lab.tasks.supervised(SOURCE, widths=(8,))
    lanes = Lanes(task, BUDGET, seeds=[0, 1], fixed={"optimizer": "adam", "batch_size": 8})
    trials = search(NUMBERS, CATALOG["halving"], lanes, budget=4)
    done = [trial for trial in trials if 1.0 in trial.losses]
    assert len(trials) > 80
    assert 0 < len(done) < 4
    whole = lab.sweep(
        task, ["adam"], trials={"adam": [t.configuration for t in done]}, seeds=2, budget=BUDGET,
        batch_size=8, evaluations=1, progress=False,
    ).validation_loss.isel(optimizer=0, step=-1)  # fmt: skip
    assert [t.loss for t in done] == whole.values.astype(float).mean(1).tolist()
    state = lanes.lanes[best(trials).number, 0].state()
    assert int(state.stopped_at) == -1


def test_architectures_are_lanes(compilations):
    task = lab.tasks.architectures(SOURCE, most_layers=3, most_units=16)
    before = compilations()
    lanes = Lanes(task, BUDGET, seeds=[0], fixed={"batch_size": 16})
    first = search(SHAPES, CATALOG["random"], lanes, budget=24, seed=1)
    programs = compilations() - before
    second = search(SHAPES, CATALOG["random"], lanes, budget=24, seed=2)
    assert compilations() - before == programs  # nothing but numbers changes
    assert len({t.configuration["layers"] for t in first}) == 3
    assert all(np.isfinite(t.loss) for t in first + second)


def test_a_diverged_trial_is_infinitely_bad():
    task = lab.tasks.supervised(SOURCE, widths=(8,))
    lanes = Lanes(task, BUDGET, seeds=[0], fixed={"optimizer": "sgd", "batch_size": 8})
    space = Space({"learning_rate": Choice(0.1, 1e30)})
    trials = search(space, CATALOG["grid"], lanes, budget=2)
    assert [np.isfinite(t.loss) for t in trials] == [True, False]


def test_selection_never_reads_test_rows(monkeypatch):
    def forbidden(self):
        raise AssertionError("a search opened the test rows")

    monkeypatch.setattr(lab.data.Prepared, "open_test", forbidden)
    task = lab.tasks.supervised(SOURCE, widths=(8,))
    lanes = Lanes(task, BUDGET, seeds=[0], fixed={"optimizer": "adam", "batch_size": 8})
    assert search(NUMBERS, CATALOG["tpe"], lanes, budget=4, batch=2)
