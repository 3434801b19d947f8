"""Checkpoints under aimed attacks: states of another sweep, edited positions, failing disks."""

import errno
import json
import os

import numpy as np
import pytest

import lab
from lab.sweeps.checkpointing.store import Checkpoints
from tests.sweeps import killed_script
from tests.sweeps.killed_script import same
from tests.sweeps.test_checkpoints import SMALL, _often, cut_off, whole

__all__ = ["_often", "whole"]  # fixtures
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def contents(folder):
    return {
        p.relative_to(folder): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and p.name != ".lock"
    }


def test_a_sweep_goes_on_from_its_states_without_a_description(
    whole, tmp_path, monkeypatch, capsys
):
    cut_off(monkeypatch, tmp_path / "c", blocks=2)
    (tmp_path / "c" / "sweep.json").unlink()
    same(killed_script.sweep(**SMALL, checkpoint=tmp_path / "c"), whole)
    assert "continuing with the checkpoint" in capsys.readouterr().err
    assert (tmp_path / "c" / "sweep.json").is_file()


def test_states_of_another_sweep_are_refused_without_a_description(tmp_path, monkeypatch):
    cut_off(monkeypatch, tmp_path / "c", blocks=2)
    (tmp_path / "c" / "sweep.json").unlink()
    before = contents(tmp_path / "c")
    with pytest.raises(lab.InputError, match="checkpoints of another sweep"):
        killed_script.sweep(**SMALL | {"updates": 77}, checkpoint=tmp_path / "c")
    assert contents(tmp_path / "c") == before


def other_job(position):
    position["under_way"][0] = 1 - position["under_way"][0]


def other_lanes(position):
    position["under_way"][1] = [n + 1 for n in position["under_way"][1]]


def other_hash(position):
    position["sweep"] = "0" * 64


EDITS = {
    "lanes under way": other_lanes,
    "another job": other_job,
    "the hash of the sweep": other_hash,
    "seconds": lambda position: position["seconds"].update(training=1e9),
    "an array's name": lambda p: p["arrays"].update(more=p["arrays"]["done"]),
    "an array's checksum": lambda p: p["arrays"]["done"].__setitem__(2, 1),
    "nothing of the plan left": dict.clear,
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edited_position_is_set_aside(edit, whole, tmp_path, monkeypatch):
    cut_off(monkeypatch, tmp_path / "c", blocks=2)
    states = tmp_path / "c" / "states"
    for state in states.iterdir():
        (path,) = [p for p in (state / "position").rglob("*") if is_json(p)]
        position = json.loads(path.read_text())
        try:
            edit(position)
        except TypeError:  # nothing was under way
            position["under_way"] = [0, [0], []]
        path.write_text(json.dumps(position))
    with pytest.warns(UserWarning, match="cannot be read"):
        same(killed_script.sweep(**SMALL, checkpoint=tmp_path / "c"), whole)


def is_json(path):
    try:
        return isinstance(json.loads(path.read_text()).get("seconds"), dict)
    except (OSError, ValueError, AttributeError):
        return False


def tensorstore(number):
    return ValueError(f"Error opening file [os_error_code='{number}'] somewhere")


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.EACCES, errno.EIO])
@pytest.mark.parametrize("raised", [lambda n: OSError(n, os.strerror(n)), tensorstore])
def test_what_the_system_refuses_leaves_everything_as_it_was(
    raised, number, whole, tmp_path, monkeypatch
):
    store = Checkpoints(tmp_path)
    for at in (1, 2):
        store.write(at, {}, {"a": np.ones(3)}, {"sweep": "s"})
    before = contents(tmp_path)

    def fails(_):
        raise RuntimeError("while reading") from raised(number)

    with monkeypatch.context() as patch:
        patch.setattr(store, "_read", fails)
        with pytest.raises(lab.InputError, match=os.strerror(number)[:8]):
            store.newest("s")
    assert contents(tmp_path) == before
    found = Checkpoints(tmp_path).newest("s")
    assert found is not None
    assert found[0] == 2
