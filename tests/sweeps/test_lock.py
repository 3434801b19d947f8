"""A folder is one process's, which others are told of, until that process ends in any way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import lab
from lab.sweeps.checkpointing.lock import locked

HOLD = """
import sys, time
from pathlib import Path
from lab.sweeps.checkpointing.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_the_process_that_holds_it_is_named_and_its_death_lets_go(tmp_path):
    folder = tmp_path / "new" / "folder"
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        for _ in range(2):  # who is refused leaves the word of the holder as it was
            with pytest.raises(lab.InputError, match=rf"another run \(process {holder.pid}\)"):
                locked(folder).__enter__()
        holder.kill()
    with locked(folder):
        assert (folder / ".lock").read_text() == str(os.getpid())


def test_only_a_folder_that_it_made_and_nothing_came_of_goes(tmp_path):
    there, made, used = tmp_path, tmp_path / "made", tmp_path / "used"
    for folder in (there, made, used):
        with locked(folder):
            if folder == used:
                (folder / "work").touch()
    assert not made.exists()
    assert [path.name for path in used.iterdir()] == ["work"]
    assert there.exists()


@pytest.mark.parametrize(
    ("name", "why"),
    [("a_file", "File exists"), ("a_file/below", "Not a directory")],
)
def test_where_nothing_can_be_written_it_says_why(name, why, tmp_path):
    (tmp_path / "a_file").touch()
    with pytest.raises(lab.InputError, match=f"cannot write to .*{name}: {why}"):
        locked(tmp_path / name).__enter__()


def test_a_folder_that_is_read_only_is_refused(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refused)  # root may write anywhere
    with pytest.raises(lab.InputError, match=r"cannot write to .*: Permission denied"):
        locked(Path(tmp_path)).__enter__()
