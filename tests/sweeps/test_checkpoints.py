"""A sweep that was cut off goes on, and its record is bitwise what it would have been."""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lab
from lab.sweeps.checkpointing import checkpointer, lock
from lab.sweeps.checkpointing import store as checkpoint
from lab.sweeps.execution.group import Group
from lab.sweeps.results.record import Record
from tests.sweeps import killed_script
from tests.sweeps.killed_script import same

SCRIPT = Path(__file__).parent / "killed_script.py"
SMALL = {"updates": 70}


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    """Checkpoint at every chance."""
    for name, value in {"FIRST_S": 0.0, "SHORTEST_S": 0.0, "SHARE": 1e9}.items():
        monkeypatch.setattr(checkpointer, name, value)


@pytest.fixture(scope="module")
def whole():
    return killed_script.sweep(**SMALL)


class Crash(Exception):
    pass


def crash_after(monkeypatch, blocks):
    """The sweep dies when it is about to note one more block."""
    left, write = [blocks], Record.write

    def dying(self, measured):
        if not left[0]:
            raise Crash
        left[0] -= 1
        write(self, measured)

    monkeypatch.setattr(Record, "write", dying)
    return lambda: monkeypatch.setattr(Record, "write", write)


def cut_off(monkeypatch, folder, blocks=1, **other):
    alive = crash_after(monkeypatch, blocks)
    with pytest.raises(Crash):
        killed_script.sweep(**SMALL, **other, checkpoint=folder)
    alive()


def test_a_checkpointed_sweep_has_the_bits_of_one_that_is_not(whole, tmp_path):
    same(killed_script.sweep(**SMALL, checkpoint=tmp_path / "c"), whole)


def test_a_sweep_that_was_cut_off_goes_on_with_the_same_bits(whole, tmp_path, monkeypatch, capsys):
    cut_off(monkeypatch, tmp_path / "c")
    same(killed_script.sweep(**SMALL, checkpoint=tmp_path / "c"), whole)
    assert "continuing with the checkpoint of" in capsys.readouterr().err


def test_sigterm_saves_says_how_to_go_on_and_then_acts(whole, tmp_path, capsys):
    came = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: came.append(number))
    asked = []

    def rows(split):
        asked.append(split)
        if len(asked) == 2:  # first it is planned, then it is trained
            os.kill(os.getpid(), signal.SIGTERM)
        return np.arange(5)

    try:
        with pytest.raises(checkpointer.Stopped):  # what is left to raise where a handler goes on
            killed_script.sweep(**SMALL, checkpoint=tmp_path / "c", predict_on=rows)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert came == [signal.SIGTERM]
    assert "checkpoint=" in capsys.readouterr().err
    same(killed_script.sweep(**SMALL, checkpoint=tmp_path / "c"), whole)


def test_another_sweep_is_refused_and_the_difference_is_named(tmp_path, monkeypatch):
    cut_off(monkeypatch, tmp_path / "c")
    for other, named in {"seeds": "axis seed", "batch_size": "batch_size"}.items():
        with pytest.raises(lab.InputError, match=f"{named}|lanes|SHA|fixed"):
            killed_script.sweep(**SMALL, **{other: 12}, checkpoint=tmp_path / "c")


def lines(loss, init=lambda key: {"w": jnp.ones(())}):
    """A sweep of a task of one's own, whose functions have no names to be told apart by."""
    task = lab.tasks.own(init, loss, {"x": np.arange(10.0)})
    return task, ["sgd"], {
        "axes": {"learning_rate": [0.1]}, "budget": lab.Budget(updates=9), "batch_size": 2,
    }  # fmt: skip


def scaled(factor):
    at = np.full(3, factor, np.float32)
    return lambda params, batch: jnp.mean((params["w"] * batch["x"] - jax.jit(jnp.sum)(at)) ** 2)


EDITED = {
    "loss and update rule": lambda: lines(lambda params, batch: jnp.mean(params["w"] ** 2)),
    "loss": lambda: lines(scaled(3.0)),  # another constant that it closes over
    "init": lambda: lines(scaled(2.0), lambda key: {"w": jnp.zeros(())}),
}


def test_edited_code_is_refused_and_the_function_is_named(tmp_path, monkeypatch):
    def run(made):
        task, rules, arguments = made
        return lab.sweep(task, rules, **arguments, checkpoint=tmp_path / "c")

    alive = crash_after(monkeypatch, 0)
    with pytest.raises(Crash):
        run(lines(scaled(2.0)))
    for named, edited in EDITED.items():
        with pytest.raises(lab.InputError, match=f"with code of {named}"):
            run(edited())
    alive()
    run(lines(scaled(2.0)))  # the same again, in other functions


def test_a_second_process_is_refused(tmp_path):
    with lock.locked(tmp_path / "c"), pytest.raises(lab.InputError, match="in use by another run"):
        killed_script.sweep(**SMALL, checkpoint=tmp_path / "c")


def test_foreign_files_are_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(lab.InputError, match=r"thesis\.tex"):
        killed_script.sweep(**SMALL, checkpoint=tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "precious"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Orbax's loop
def test_a_truncated_newest_checkpoint_gives_way_to_the_one_before(whole, tmp_path, monkeypatch):
    cut_off(monkeypatch, tmp_path / "c")
    states = tmp_path / "c" / "states"
    newest = max((p for p in states.iterdir() if p.name.isdigit()), key=lambda p: int(p.name))
    longest = max(newest.rglob("d/*"), key=lambda p: p.stat().st_size)
    longest.write_bytes(longest.read_bytes()[: longest.stat().st_size // 2])
    with pytest.warns(UserWarning, match="cannot be read"):
        again = killed_script.sweep(**SMALL, checkpoint=tmp_path / "c")
    same(again, whole)
    assert (states / f"unreadable-{newest.name}").is_dir()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Orbax's loop
def test_a_full_disk_costs_checkpoints_but_no_number(whole, tmp_path, monkeypatch):
    cut_off(monkeypatch, tmp_path / "c")
    kept = sorted(path.name for path in (tmp_path / "c" / "states").iterdir())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, limits[1]))
    try:
        with pytest.warns(UserWarning, match=r"File too large. The sweep goes on; the one of"):
            again = killed_script.sweep(**SMALL, checkpoint=tmp_path / "c")
        with pytest.raises(lab.InputError, match="File too large"):
            lab.save(again, tmp_path / "record.nc")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    same(again, whole)
    assert sorted(path.name for path in (tmp_path / "c" / "states").iterdir()) == kept
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
    same(killed_script.sweep(**SMALL, checkpoint=tmp_path / "c"), whole)


def test_a_write_that_ends_after_it_has_failed_leaves_nothing(tmp_path, monkeypatch):
    class Failing:
        def save(self, number, args):
            late = tmp_path / "states" / f"{number}.orbax-checkpoint-tmp"
            threading.Timer(0.1, late.mkdir, kwargs={"parents": True}).start()
            raise OSError(28, "No space left on device")

    store = checkpoint.Checkpoints(tmp_path)
    monkeypatch.setattr(store, "_orbax", Failing)
    with pytest.raises(lab.InputError, match="No space left on device"):
        store.write(7, {}, {"a": np.ones(3)}, {})
    assert list((tmp_path / "states").iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(lab.InputError, match="cannot write to"):
        killed_script.sweep(**SMALL, checkpoint=tmp_path / "file" / "c")


def test_a_description_that_is_broken_is_refused(tmp_path, monkeypatch):
    cut_off(monkeypatch, tmp_path / "c")
    path = tmp_path / "c" / "sweep.json"
    path.write_text(path.read_text()[:100])
    with pytest.raises(lab.InputError, match="cannot be read"):
        killed_script.sweep(**SMALL, checkpoint=tmp_path / "c")
    path.write_text(json.dumps([1]))
    with pytest.raises(lab.InputError, match="describes no sweep"):
        killed_script.sweep(**SMALL, checkpoint=tmp_path / "c")


def test_memory_that_runs_out_is_said_in_a_sentence(monkeypatch):
    def exhausted(*_):
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes.")

    monkeypatch.setattr(Group, "finish", exhausted)
    with pytest.raises(lab.InputError, match=r"memory ran out with .* smaller batch_size"):
        killed_script.sweep(**SMALL)


def killed(folder, instants):
    """SIGKILL a real process at that many random instants; the record is whole in the end."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder), str(instants)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"killed {instants} times" in done.stdout


@pytest.mark.parametrize("half", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_at_random_instants_a_sweep_loses_nothing(half, tmp_path):
    del half
    killed(tmp_path, 10)


@pytest.mark.slow
def test_killed_at_a_hundred_instants_a_sweep_loses_nothing(tmp_path):
    killed(tmp_path, 100)
