"""The tuning study goes on from its folder, and says what it was given."""

import shutil

import numpy as np

import lab
from lab.search import Lanes, Trial
from lab.study.command import run
from studies.tuning.__main__ import STUDY
from studies.tuning.progress import Progress
from studies.tuning.runs import Tuning, as_table, from_table, space


def test_a_search_that_was_cut_off_goes_on_from_its_folder(smoke, tmp_path, monkeypatch):
    whole, folder = smoke("tuning"), tmp_path / "run"
    shutil.copytree(whole, folder)
    (folder / "parts" / "trials.nc").unlink()
    (folder / "best.npz").unlink()
    monkeypatch.setattr(Lanes, "__call__", None)  # what is known is not trained again
    run(STUDY, {"smoke": True, "resume": folder})
    assert (folder / "table.csv").read_text() == (whole / "table.csv").read_text()
    iris = lab.data.load("iris")
    said = lab.load_predictor(folder / "best.npz").predict(iris.features)
    assert set(said) <= set(iris.class_names)


def test_trials_are_whole_again_without_absent_layers():
    searched = space(Tuning(layers=3, units=32))
    rng = np.random.default_rng(0)
    points = rng.uniform(size=(30, len(searched)))
    trials = [Trial(i, searched.at(p), {1.0: 0.5}, float(i)) for i, p in enumerate(points)]
    table = as_table(searched, trials)
    for i in range(3):
        there = table.layers.values > i
        assert (np.isnan(table[f"units_{i}"].values) == ~there).all()
        assert (np.isnan(table[f"dropout_{i}"].values) == ~there).all()
    assert from_table(searched, table) == trials


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
