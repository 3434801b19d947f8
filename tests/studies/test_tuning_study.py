"""The tuning study runs, redraws, goes on from its folder, and says what it was given."""

import numpy as np

import lab
from lab.search import Trial
from studies.tuning import __main__ as study
from studies.tuning.progress import Progress


def test_smoke_redrawing_and_resuming(smoke, resume, monkeypatch):
    folder = smoke(study)
    monkeypatch.setattr(study.Lanes, "__call__", None)  # what is known is not trained again
    resume(study, folder)
    iris = lab.data.load("iris")
    said = lab.load_predictor(folder / "best.npz").predict(iris.features)
    assert set(said) <= set(iris.class_names)


def test_no_absent_layer_is_reported():
    space = study.space(3, 32)
    rng = np.random.default_rng(0)
    trials = [
        Trial(i, space.at(rng.uniform(size=len(space))), {1.0: 0.5}, float(i)) for i in range(30)
    ]
    table = study.as_table(space, trials)
    for i in range(3):
        there = table.layers.values > i
        assert (np.isnan(table[f"units_{i}"].values) == ~there).all()
        assert (np.isnan(table[f"dropout_{i}"].values) == ~there).all()


def test_a_search_is_over_when_its_time_is():
    now = [0.0]
    progress = Progress(10, 60.0, clock=lambda: now[0])
    assert not progress.over()
    now[0] = 60.0
    assert progress.over()


def test_time_left_is_that_of_what_is_trained_in_this_process(capsys):
    now = [0.0]
    progress = Progress(10, np.inf, clock=lambda: now[0])
    trials = [Trial(0, {}, {1.0: 0.5}, 4.0)]
    progress.tell(trials)  # known from before
    assert "left" not in capsys.readouterr().out
    now[0] = 20.0
    progress.advance(100)
    progress.tell([*trials, Trial(1, {}, {1.0: 0.4}, 8.0)])
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "100 updates in 20 s"
    assert said[1].endswith("8 of 10 trainings, best validation loss 0.4000, about 10 s left")
