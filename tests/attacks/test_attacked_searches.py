"""A search deletes nothing but its own, and nothing that is in use."""

import numpy as np
import pytest

import lab
from lab.search import Lanes, Space
from lab.search.entry import Round
from lab.search.storage import opened
from lab.spaces import Float
from lab.sweeps.checkpointing import lock
from lab.sweeps.checkpointing.store import Checkpoints
from tests.attacks.test_attacked_checkpoints import contents

FIXED = {"optimizer": "sgd"}


def lanes(folder, **other):
    task = lab.tasks.supervised(lab.data.source(lab.data.load("iris")), widths=(4,))
    return Lanes(task, lab.Budget(updates=9), seeds=[0], fixed=FIXED | other, folder=folder)


def begun(folder, **other):
    search = lanes(folder, **other)
    search(Round({0: {"learning_rate": 0.1}}, 1 / 9))
    return search


def test_the_checkpoints_of_a_sweep_are_no_searchs_to_delete(tmp_path):
    store = Checkpoints(tmp_path)
    store.write(1, {"task": "a sweep"}, {"a": np.ones(2)}, {"sweep": "s"})
    for lose in ("nothing", "sweep.json"):
        (tmp_path / lose).unlink(missing_ok=True)
        before = contents(tmp_path)
        with pytest.raises(lab.InputError, match="no search's: give another folder"):
            lanes(tmp_path)
        assert contents(tmp_path) == before


def test_another_search_in_use_is_not_deleted(tmp_path):
    begun(tmp_path / "s")
    before = contents(tmp_path / "s")
    with lock.locked(tmp_path / "s"), pytest.raises(lab.InputError, match="in use by another run"):
        lanes(tmp_path / "s", batch_size=8)
    assert contents(tmp_path / "s") == before


def test_another_search_begins_anew_and_its_own_goes_on(tmp_path):
    begun(tmp_path / "s")
    assert lanes(tmp_path / "s").paused.trials == {0: {"learning_rate": 0.1}}
    assert lanes(tmp_path / "s", batch_size=8).paused.trials == {}


def test_a_damaged_storage_ends_in_a_sentence(tmp_path):
    path, rng = tmp_path / "study.db", np.random.default_rng(0)
    identity, space = {"name": "search"}, Space({"x": Float(0.1, 1.0)})
    opened(path, identity, space).report(Round({0: {"x": 0.5}}, 1.0), {0: 1.0})
    whole = path.read_bytes()
    for _ in range(40):
        broken, at = bytearray(whole), int(rng.integers(len(whole)))
        broken[at : at + 2000] = rng.bytes(2000)
        path.write_bytes(broken)
        said = refused(lambda: opened(path, identity, space).known())
        assert said is None or said.count("\n") == 0


def refused(call):
    """The sentence with which it is refused; None where it is not."""
    try:
        call()
    except lab.InputError as error:
        return str(error)
    return None
