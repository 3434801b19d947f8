"""Flags of processes that share a study, and a study that two of them share."""

import socket
import subprocess
import sys

import pytest

import lab
from studies import _flags
from studies._cli import Flags, Folder
from studies._processes import Address, Processes
from tests.sweeps.killed_script import same


@pytest.mark.parametrize("given", ["10.0.0.1:1234", "node-7.cluster:65535", "[::1]:80"])
def test_an_address_is_taken_as_it_is(given):
    assert Address().value("--coordinator", given) == given


@pytest.mark.parametrize("given", ["", "10.0.0.1", ":1234", "node:", "node:0", "node:70000"])
def test_what_is_no_address_is_refused(given):
    with pytest.raises(ValueError):
        Address().value("--coordinator", given)


@pytest.mark.parametrize(
    ("flag", "value"),
    [("coordinator", "a:1"), ("processes", 2), ("process", 0), ("local_devices", (0,))],
)
def test_flags_of_processes_need_distributed(flag, value):
    named = flag.replace("_", "-")
    with pytest.raises(lab.InputError, match=f"--{named} needs --distributed"):
        Processes(**{flag: value}).joined().__enter__()


def test_a_process_beyond_their_number_is_refused():
    given = Processes(distributed=True, coordinator="a:1", processes=2, process=2)
    with pytest.raises(lab.InputError, match="process must be one of 0 to processes - 1"):
        given.joined().__enter__()


def test_nothing_is_shared_where_nothing_is_trained(tmp_path):
    with pytest.raises(lab.InputError, match="leave out --distributed"):
        Folder(Flags(from_=tmp_path, distributed=True), "xor")


def test_flags_are_read_by_their_kinds():
    typed = _flags._Typed(Address(), "node")
    with pytest.raises(lab.InputError, match="--coordinator must be HOST:PORT"):
        _flags.read(Processes(coordinator=typed))  # type: ignore[arg-type]


@pytest.mark.slow
def test_two_processes_make_the_record_of_a_study(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def study(out, *more):
        words = [sys.executable, "-m", "studies.regularization", "--smoke", "--out", tmp_path / out]
        return subprocess.Popen([*words, *more], stdout=subprocess.PIPE, text=True)

    where = ["--distributed", "--coordinator", f"127.0.0.1:{port}", "--processes", "2"]
    several = [study("two", *where, "--process", str(i)) for i in range(2)]
    told = [process.communicate()[0] for process in several]
    assert [process.returncode for process in several] == [0, 0]
    assert "Verdict" in told[0]
    assert told[1] == ""
    assert study("one").wait() == 0
    one, two = (lab.records.load_tree(tmp_path / out / "record.nc") for out in ("one", "two"))
    for name in one.children:
        same(one[name].to_dataset(), two[name].to_dataset())
