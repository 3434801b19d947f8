"""Processes that share a sweep: each gets the record of one process, or says how to go on."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lab
from lab.sweeps import hosts
from lab.sweeps.gather import share
from lab.sweeps.hosts import own
from tests.sweeps import hosts_script
from tests.sweeps.killed_script import same

SCRIPT = Path(__file__).parent / "hosts_script.py"


@pytest.mark.parametrize("processes", [1, 2, 3, 8])
def test_every_block_is_dealt_to_one_process_and_each_gets_its_turn(processes):
    jobs = [5, 1, 1, 7, 2]
    taken = [0] * processes
    for job, blocks in enumerate(jobs):
        dealt = [share(sum(jobs[:job]), blocks, p, processes) for p in range(processes)]
        assert sorted(block for mine in dealt for block in mine) == list(range(blocks))
        taken = [n + len(mine) for n, mine in zip(taken, dealt)]
    assert max(taken) - min(taken) <= 1


def test_alone_nothing_is_another_process_s(tmp_path):
    assert own(tmp_path / "kept") == tmp_path / "kept"
    assert list(share(3, 4, 0, 1)) == [0, 1, 2, 3]


def test_numbers_that_cannot_be_are_refused():
    with pytest.raises(lab.InputError, match="process must be one of 0 to processes - 1"):
        lab.distributed("127.0.0.1:1", 2, 2).__enter__()


def test_a_device_of_nobody_is_refused():
    with pytest.raises(lab.InputError, match="devices must be of this process"):
        lab.sweep("iris", ["adam"], axes={"learning_rate": [0.1]},
                  budget=lab.Budget(updates=1), devices=["cpu"])  # fmt: skip


class Store:
    """What processes speak through, within one."""

    def __init__(self):
        self.values = {}

    def key_value_set(self, key, value, allow_overwrite=False):
        self.values[key] = value

    def key_value_dir_get(self, folder):
        return [(key, value) for key, value in self.values.items() if key.startswith(folder)]


def test_a_silent_process_is_lost_to_the_others_and_a_beating_one_is_not(monkeypatch):
    monkeypatch.setattr(hosts, "LOST_S", 0.5)
    store = Store()
    first, second = hosts.Joined(store, 0, 3), hosts.Joined(store, 1, 3)  # the third never begins
    while first.lost is None or second.lost is None:
        time.sleep(0.01)
    with pytest.raises(hosts.Lost, match="process 2 of 3 is gone"):
        first.check()
    assert second.lost == first.lost
    for joined in (first, second):
        joined._over.set()


def start(processes, folder, sweep, cluster=None):
    """All processes of a sweep, over loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = 0 if cluster else free.getsockname()[1]
    root = SCRIPT.parents[2]
    cluster = cluster or (lambda processes, process: {})
    return [
        subprocess.Popen(
            [sys.executable, SCRIPT, str(port), str(processes), str(i), folder, sweep],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root,
            env=os.environ | {"PYTHONPATH": str(root)} | cluster(processes, i),
        )
        for i in range(processes)
    ]  # fmt: skip


def slurm(processes, process):
    """What srun tells a task of a job on this host."""
    told = {"JOB_ID": os.getpid(), "STEP_NODELIST": "localhost", "NTASKS": processes,
            "PROCID": process, "LOCALID": process}  # fmt: skip
    return {f"SLURM_{name}": str(value) for name, value in told.items()}


def all_have(record, processes, folder, cluster=None):
    for process in start(processes, folder, record.__name__, cluster):
        _, told = process.communicate()
        assert process.returncode == 0, told[-3000:]
    whole = record()
    for i in range(processes):
        same(lab.load(folder / f"record-{i}.nc"), whole)


def test_two_processes_have_the_record_of_one(tmp_path):
    all_have(hosts_script.small, 2, tmp_path)


@pytest.mark.slow
def test_processes_find_one_another_as_slurm_tells_them(tmp_path):
    all_have(hosts_script.small, 2, tmp_path, slurm)


@pytest.mark.slow
@pytest.mark.parametrize("processes", [2, 4])
def test_processes_have_the_record_of_one_where_training_is_chaotic(processes, tmp_path):
    all_have(hosts_script.chaotic, processes, tmp_path)


@pytest.mark.slow
def test_a_killed_process_stops_the_others_and_all_go_on_with_the_same_bits(tmp_path):
    first, second = start(2, tmp_path, "long")
    while not (tmp_path / "kept-1-of-2" / "states" / "2").is_dir():
        assert second.poll() is None, second.communicate()[1][-3000:]
        time.sleep(0.01)
    second.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    _, told = first.communicate()
    assert first.returncode == 1
    assert time.monotonic() - killed < 60
    assert "stopped, as process 1 of 2 is gone; what was saved at" in told
    assert f"the same call with checkpoint='{tmp_path / 'kept'}' continues." in told
    second.communicate()
    all_have(hosts_script.long, 2, tmp_path)
