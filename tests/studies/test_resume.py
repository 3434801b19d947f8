"""A study that was stopped within a part goes on where it was."""

import os
import signal

import numpy as np
import pytest

import lab
from lab.study.cli import Flags, Folder
from lab.sweeps.checkpointing import checkpointer, lock


def part(folder, stop=False):
    def rows(split):
        if stop:
            os.kill(os.getpid(), signal.SIGINT)
        return np.arange(3)

    def make(held):
        return lab.sweep(
            "iris", ["sgd", "adam"], axes={"learning_rate": [0.1]}, seeds=2, evaluations=2,
            budget=lab.Budget(updates=20), predict_on=rows, extend=held,
        )  # fmt: skip

    return folder.part("sweep", make)


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
    whole = part(Folder(Flags(out=tmp_path / "whole"), "resuming"))
    with pytest.raises(KeyboardInterrupt):
        part(Folder(Flags(out=tmp_path / "cut"), "resuming"), stop=True)
    told = capsys.readouterr().err
    assert f"python -m studies.resuming --resume {tmp_path / 'cut'}" in told
    again = part(Folder(Flags(resume=tmp_path / "cut"), "resuming"))
    assert "continuing with the checkpoint" in capsys.readouterr().err
    for name in whole.variables:
        assert again[name].values.tobytes() == whole[name].values.tobytes(), name
    kept = sorted(path.name for path in (tmp_path / "cut" / "parts").iterdir())
    assert kept == ["sweep.nc"]


def test_a_second_study_in_the_same_folder_is_refused(tmp_path):
    with lock.locked(tmp_path), pytest.raises(lab.InputError, match="in use by another run"):
        part(Folder(Flags(out=tmp_path), "resuming"))


def test_a_run_is_verified_and_a_forged_one_is_found_out(tmp_path, capsys):
    part(Folder(Flags(out=tmp_path), "resuming"))
    path = tmp_path / "parts" / "sweep.nc"
    for differs in (0, 1):
        before = path.read_bytes()
        folder = Folder(Flags(verify=tmp_path), "resuming")
        part(folder)
        with pytest.raises(SystemExit) as stop:
            folder.finish({}, {})
        assert stop.value.code == differs
        assert path.read_bytes() == before
        told = capsys.readouterr().out
        assert ("differ from the record" if differs else "4 lanes run again are bitwise") in told
        forged = lab.load(path)
        forged["validation_loss"].values[:] *= 0.999
        lab.save(forged, path)
