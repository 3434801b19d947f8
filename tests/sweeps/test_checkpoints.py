"""A sweep that was cut off goes on, and its record is bitwise what it would have been."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import lab
from lab.sweeps import keeper, lock
from lab.sweeps.table import Table
from tests.sweeps import killed_script

SCRIPT = Path(__file__).parent / "killed_script.py"
SMALL = {"updates": 70}


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    """Checkpoint at every chance."""
    for name, value in {"FIRST_S": 0.0, "SHORTEST_S": 0.0, "SHARE": 1e9}.items():
        monkeypatch.setattr(keeper, name, value)


@pytest.fixture(scope="module")
def whole():
    return killed_script.sweep(**SMALL)


def same(a, b):
    assert set(a.variables) == set(b.variables)
    for name in a.variables:
        assert a[name].values.tobytes() == b[name].values.tobytes(), name


class Crash(Exception):
    pass


def crash_after(monkeypatch, blocks):
    """The sweep dies when it is about to note one more block."""
    left, write = [blocks], Table.write

    def dying(self, measured):
        if not left[0]:
            raise Crash
        left[0] -= 1
        write(self, measured)

    monkeypatch.setattr(Table, "write", dying)
    return lambda: monkeypatch.setattr(Table, "write", write)


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
    sent = []

    def rows(split):
        if not sent:
            sent.append(os.kill(os.getpid(), signal.SIGTERM))
        return np.arange(5)

    try:
        with pytest.raises(keeper.Stopped):  # what is left to raise where a handler goes on
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


def test_a_description_that_is_broken_is_refused(tmp_path, monkeypatch):
    cut_off(monkeypatch, tmp_path / "c")
    path = tmp_path / "c" / "sweep.json"
    path.write_text(path.read_text()[:100])
    with pytest.raises(lab.InputError, match="cannot be read"):
        killed_script.sweep(**SMALL, checkpoint=tmp_path / "c")
    path.write_text(json.dumps([1]))
    with pytest.raises(lab.InputError, match="describes no sweep"):
        killed_script.sweep(**SMALL, checkpoint=tmp_path / "c")


def killed_at(delay, folder, record):
    """Run the script, and kill it `delay` seconds after it began to sweep; None lets it be."""
    child = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(folder), str(record)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    child.stdout.readline()
    if delay is not None:
        time.sleep(delay)
        child.send_signal(signal.SIGKILL)
    _, errors = child.communicate()
    assert child.returncode in ((0, -signal.SIGKILL) if delay is not None else (0,)), errors
    return child.returncode


def harness(folder, instants, seed):
    """Kill at `instants` random moments, each time going on; then let it end, and compare."""
    subprocess.run([sys.executable, str(SCRIPT), folder / "never", folder / "whole.nc"], check=True)
    rng, killed, part = np.random.default_rng(seed), 0, 0
    while killed < instants:
        part += 1
        for _ in range(4):  # the same sweep, cut off again and again
            delay = rng.uniform(0.0, 9.0)
            killed += killed_at(delay, folder / f"c{part}", folder / f"r{part}.nc") != 0
        killed_at(None, folder / f"c{part}", folder / f"r{part}.nc")
        same(lab.load(folder / f"r{part}.nc"), lab.load(folder / "whole.nc"))


@pytest.mark.slow
def test_killed_at_a_hundred_instants_it_loses_nothing(tmp_path):
    harness(tmp_path, 100, seed=0)
