"""Processes that share a sweep: each gets the record of one process, or says how to go on."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from pathlib import Path

import pytest

import lab
from lab.sweeps import hosts
from lab.sweeps.devices.places import lane_mesh
from lab.sweeps.gather import share
from lab.sweeps.hosts import own
from lab.sweeps.hub import Hub, meet, serve
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
        lane_mesh(("cpu",))


def joined(count):
    """Processes that speak through a hub, all within one."""
    ends = [Pipe() for _ in range(count)]
    threading.Thread(target=serve, args=([end for _, end in ends],), daemon=True).start()
    return [hosts.Joined(i, count, mine) for i, (mine, _) in enumerate(ends)]


def test_each_is_given_what_all_hand_in_and_may_hand_in_more_than_a_pipe_holds():
    handed_in = [bytes([i]) * (i * 2**20) for i in range(3)]
    processes = joined(3)
    with ThreadPoolExecutor(3) as threads:
        for _ in range(2):
            found = threads.map(lambda j: j.exchange(handed_in[j.index], hosts.patient), processes)
            assert list(found) == [handed_in] * 3


@pytest.mark.parametrize("lost", [0, 2])
def test_whoever_is_lost_all_others_learn_it_while_they_train_and_while_they_wait(lost):
    processes = joined(4)
    processes.pop(lost).hub.close()
    training, *waiting = processes
    for process in waiting:
        with pytest.raises(hosts.Lost, match=f"process {lost} of 4 is gone"):
            process.exchange(b"", hosts.patient)
    assert training.hub.poll(10)
    with pytest.raises(hosts.Lost, match=f"process {lost} of 4 is gone"):
        training.check()


def test_a_lost_hub_is_process_0():
    process = hosts.Joined(1, 2, (ends := Pipe())[0])
    process.check()
    ends[1].close()
    with pytest.raises(hosts.Lost, match="process 0 of 2 is gone"):
        process.check()


def test_a_hub_sends_strangers_away():
    hub = Hub(2)
    hub.start()
    meet("127.0.0.1", hub.port, "guessed", 0)
    with socket.create_connection(("127.0.0.1", hub.port)) as stranger:
        stranger.send(b"GET / HTTP/1.1\r\n\r\n")
    processes = [hosts.Joined(i, 2, meet("127.0.0.1", hub.port, hub.key, i)) for i in (1, 0)]
    with ThreadPoolExecutor(2) as threads:
        found = threads.map(lambda j: j.exchange(bytes([j.index]), hosts.patient), processes)
        assert list(found) == [[b"\0", b"\1"]] * 2
    for process in processes:
        process.hub.close()
    hub.join(10)
    assert not hub.is_alive()


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


def checkpoints(folder):
    """The number of the newest."""
    names = (path.name for path in (folder / "states").glob("*"))
    return max((int(name) for name in names if name.isdigit()), default=0)


@pytest.mark.slow
@pytest.mark.parametrize("killed", [0, 1])
def test_a_killed_process_stops_the_others_and_all_go_on_with_the_same_bits(killed, tmp_path):
    processes = start(2, tmp_path, "long")
    left = processes[1 - killed]
    while not all(checkpoints(tmp_path / f"kept-{i}-of-2") >= 2 for i in range(2)):
        assert left.poll() is None, left.communicate()[1][-3000:]
        time.sleep(0.01)
    processes[killed].send_signal(signal.SIGKILL)
    begin = time.monotonic()
    _, told = left.communicate()
    assert left.returncode == 1
    assert time.monotonic() - begin < 60
    assert f"stopped, as process {killed} of 2 is gone; what was saved at" in told
    assert f"the same call with checkpoint='{tmp_path / 'kept'}' continues." in told
    processes[killed].communicate()
    all_have(hosts_script.long, 2, tmp_path)
