"""Searches on tasks: promoted lanes keep their bits, architectures share programs."""

import numpy as np
import pytest

import lab
from lab.search import (
    CATALOG,
    Choice,
    Float,
    Int,
    Lanes,
    Round,
    Space,
    When,
    best,
    opened,
    search,
)
from lab.validation.errors import InputError
from tests.tasks.test_no_leaks import Altered

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
    over = {"batch_size": 8, "schedule": "cosine_decay_schedule"}  # the full budget, not a rung
    lanes = Lanes(task, BUDGET, seeds=[0, 1], fixed={"optimizer": "adam", **over})
    trials = search(NUMBERS, CATALOG["halving"], lanes, budget=4)
    done = [trial for trial in trials if 1.0 in trial.losses]
    assert len(trials) > 80
    assert 0 < len(done) < 4
    whole = lab.sweep(
        task, ["adam"], trials={"adam": [t.configuration for t in done]}, seeds=2, budget=BUDGET,
        evaluations=1, progress=False, **over,
    ).validation_loss.isel(optimizer=0, step=-1)  # fmt: skip
    assert [t.loss for t in done] == whole.values.astype(float).mean(1).tolist()
    network = lanes.predictor(best(trials).configuration)
    assert network.model.about["loss"] == whole.values[np.argmin(whole.mean("seed").values)].min()


def test_architectures_are_lanes(compilations):
    task = lab.tasks.architectures(SOURCE, most_layers=3, most_units=16)
    before = compilations()
    lanes = Lanes(task, BUDGET, seeds=[0], fixed={"batch_size": 16})
    first = search(SHAPES, CATALOG["random"], lanes, budget=24, seed=1)
    programs = compilations() - before
    second = search(SHAPES, CATALOG["random"], lanes, budget=24, seed=2)
    assert compilations() - before == programs  # nothing but numbers changes
    assert first[0].loss != second[0].loss  # trials of one number, but not of one search
    assert len({t.configuration["layers"] for t in first}) == 3
    assert all(np.isfinite(t.loss) for t in first + second)


def test_rules_that_look_at_shapes_train_the_net_of_each_trial_alone():
    task = lab.tasks.architectures(SOURCE, most_layers=2, most_units=16, dropout=True)
    shapes = {0: (6,), 1: (4, 12)}
    trials = {
        i: {"layers": len(widths), "dropout_0": 0.0, "dropout_1": 0.0}
        | {f"units_{k}": n for k, n in enumerate(widths)}
        for i, widths in shapes.items()
    }
    numbers = {"optimizer": "lars", "batch_size": 16, "learning_rate": 0.1}
    lanes = Lanes(task, BUDGET, seeds=[0], fixed=numbers)
    losses = lanes(Round(trials, 1.0))
    for i, widths in shapes.items():
        alone = lab.sweep(
            lab.tasks.supervised(SOURCE, widths=widths), ["lars"], axes={"learning_rate": [0.1]},
            budget=BUDGET, batch_size=16, evaluations=1,
        ).validation_loss  # fmt: skip
        np.testing.assert_allclose(losses[i], alone.values.ravel()[-1], rtol=1e-5)
    assert lanes.predictor(trials[1]).predict(SOURCE.table.features).shape == (150,)
    with pytest.raises(InputError, match="looks at shapes"):
        lab.sweep(task, ["lars"], axes={"learning_rate": [0.1]}, budget=BUDGET)


def test_a_diverged_trial_is_infinitely_bad():
    task = lab.tasks.supervised(SOURCE, widths=(8,))
    lanes = Lanes(task, BUDGET, seeds=[0], fixed={"optimizer": "sgd", "batch_size": 8})
    space = Space({"learning_rate": Choice(0.1, 1e30)})
    trials = search(space, CATALOG["grid"], lanes, budget=2)
    assert [np.isfinite(t.loss) for t in trials] == [True, False]


def test_paused_lanes_are_kept_in_a_folder_and_go_on_from_there(tmp_path, monkeypatch):
    task = lab.tasks.supervised(SOURCE, widths=(8,))

    def lanes(folder):
        return Lanes(
            task, BUDGET, seeds=[0, 1], fixed={"optimizer": "adam", "batch_size": 8},
            folder=folder, advanced=lambda updates: taken.append(updates),
        )  # fmt: skip

    taken = []
    whole = search(NUMBERS, CATALOG["halving"], lanes(None), budget=4)
    in_all, taken[:] = sum(taken), []
    losses, storage = {}, opened(tmp_path / "trials.db", {"name": "kept"}, NUMBERS)
    for _ in range(10):  # each process trains one round, and dies before it is written down
        train = lanes(tmp_path / "paused")

        def dying(one, train=train):
            losses.update({(number, one.share): loss for number, loss in train(one).items()})
            monkeypatch.setattr(train, "paused", None)  # no more
            return {number: losses[number, one.share] for number in one.trials}

        try:
            trials = search(NUMBERS, CATALOG["halving"], dying, budget=4, storage=storage)
        except AttributeError:
            continue
        break
    assert trials == whole
    assert sum(taken) == in_all  # nothing was trained twice
    strange = Lanes(task, BUDGET, seeds=[5], folder=tmp_path / "paused")
    assert not strange.paused.blocks


def test_selection_never_reads_test_rows(monkeypatch):
    def searched(source):
        task = lab.tasks.supervised(source, widths=(8,))
        lanes = Lanes(task, BUDGET, seeds=[0], fixed={"optimizer": "adam", "batch_size": 8})
        return search(NUMBERS, CATALOG["tpe"], lanes, budget=4, batch=2)

    def forbidden(self):
        raise AssertionError("a search opened the test rows")

    told_wrong = searched(Altered(SOURCE))
    monkeypatch.setattr(lab.data.Prepared, "open_test", forbidden)
    assert searched(SOURCE) == told_wrong
