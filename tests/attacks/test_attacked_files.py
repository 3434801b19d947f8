"""Files: modes, what the dead have left, and several writers at once."""

import multiprocessing
import os
import stat
import subprocess
import sys

import pytest

from lab.files import write_atomically


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_users_mode_and_an_old_one_keeps_its_own(umask, tmp_path):
    before = os.umask(umask)
    try:
        path = write_atomically(tmp_path / "new", lambda temporary: temporary.write_text("1"))
        assert mode(path) == 0o666 & ~umask
        path.chmod(0o640)
        write_atomically(path, lambda temporary: temporary.write_text("2"))
    finally:
        os.umask(before)
    assert (mode(path), path.read_text()) == (0o640, "2")


KILLED = """
import os, sys, pathlib
from lab.files import write_atomically
def write(temporary):
    temporary.write_text("half")
    os.kill(os.getpid(), 9)
write_atomically(pathlib.Path(sys.argv[1]), write)
"""


def test_what_a_killed_writer_has_left_goes_with_the_next(tmp_path):
    path = tmp_path / "record.nc"
    for _ in range(3):
        subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert len(list(tmp_path.iterdir())) == 1  # left once, not three times
    assert not path.exists()
    write_atomically(path, lambda temporary: temporary.write_text("whole"))
    assert [p.name for p in tmp_path.iterdir()] == ["record.nc"]
    assert path.read_text() == "whole"


def writes(path, letter, rounds=100):
    for _ in range(rounds):
        write_atomically(path, lambda temporary: temporary.write_text(letter * 1000))


def test_of_several_writers_one_wins_whole(tmp_path):
    path = tmp_path / "file"
    several = [
        multiprocessing.get_context("spawn").Process(target=writes, args=(path, letter))
        for letter in "abc"
    ]
    for one in several:
        one.start()
    for one in several:
        one.join()
        assert one.exitcode == 0
    assert len(set(path.read_text())) == 1
    assert len(path.read_text()) == 1000
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
