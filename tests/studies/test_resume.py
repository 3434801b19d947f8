"""A study that was stopped within a part goes on where it was."""

import os
import signal
from dataclasses import dataclass

import numpy as np
import pytest

import lab
from lab.study import Settings, Study
from lab.study.command import run
from lab.study.folder import Folder
from lab.sweeps.checkpointing import checkpointer, lock


@dataclass(frozen=True)
class Stopped(Settings):
    rate: float = 0.1


def study(stop=False, whole=True):
    """Of one part; `stop` interrupts it in the middle."""

    asked = []

    def rows(split):
        asked.append(split)
        if stop and len(asked) > 1:  # first it is planned, then it is trained
            os.kill(os.getpid(), signal.SIGINT)
        return np.arange(3)

    def parts(s):
        yield "sweep", lambda held: lab.sweep(
            "iris", ["sgd", "adam"], axes={"learning_rate": [s.rate]}, seeds=2, evaluations=2,
            budget=lab.Budget(updates=20), predict_on=rows, extend=held,
        )  # fmt: skip
        if not whole:
            raise KeyboardInterrupt

    return Study("resuming", Stopped(), Stopped(), parts, claims=lambda _: (), figures=lambda _: {})


@pytest.fixture
def interruptible():
    """SIGINT acts, also where the tests were started in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_part_that_was_stopped_is_continued_and_leaves_no_checkpoint(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(checkpointer, "FIRST_S", 0.0)
    whole = Folder(study(), Stopped(), tmp_path / "whole").run()[0]["sweep"]
    with pytest.raises(KeyboardInterrupt):
        Folder(study(stop=True), Stopped(), tmp_path / "cut").run()
    told = capsys.readouterr().err
    assert f"python -m studies.resuming --resume {tmp_path / 'cut'}" in told
    again = Folder(study(), Stopped(), tmp_path / "cut", resuming=True).run()[0]["sweep"]
    assert "continuing with the checkpoint" in capsys.readouterr().err
    for name in whole.variables:
        assert again[name].values.tobytes() == whole[name].values.tobytes(), name
    kept = sorted(path.name for path in (tmp_path / "cut" / "parts").iterdir())
    assert kept == ["sweep.nc"]


def test_a_part_is_made_again_where_settings_differ_and_only_there(tmp_path, capsys):
    with pytest.raises(KeyboardInterrupt):
        Folder(study(whole=False), Stopped(), tmp_path).run()
    assert not (tmp_path / "record.nc").exists()
    for settings, made in ((Stopped(), False), (Stopped(rate=0.2), True)):
        capsys.readouterr()
        Folder(study(), settings, tmp_path, resuming=True).run()
        assert ("resuming: sweep" in capsys.readouterr().out) is made


def test_a_second_study_in_the_same_folder_is_refused(tmp_path):
    with lock.locked(tmp_path), pytest.raises(lab.InputError, match="in use by another run"):
        Folder(study(), Stopped(), tmp_path).run()
    Folder(study(), Stopped(), tmp_path).run()  # nobody holds it any more


def test_a_run_is_verified_and_a_forged_one_is_found_out(tmp_path, capsys):
    Folder(study(), Stopped(), tmp_path).run()
    path = tmp_path / "parts" / "sweep.nc"
    before = path.read_bytes()
    run(study(), {"verify": tmp_path})
    assert "4 lanes run again are bitwise" in capsys.readouterr().out
    assert path.read_bytes() == before
    forged = lab.load(path)
    forged["validation_loss"].values[:] *= 0.999
    lab.save(forged, path)
    with pytest.raises(SystemExit) as stop:
        run(study(), {"verify": tmp_path})
    assert stop.value.code == 1
    assert "differ from the record" in capsys.readouterr().out
