"""Blocks on executors: the record of one process, whoever trains and whatever happens to them."""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import jax
import numpy as np
import pytest

import lab
from lab.sweeps import worker
from lab.sweeps.checkpointing import checkpointer
from lab.sweeps.execution import blocks
from lab.sweeps.execution.distribution import LOSSES, Missing, distributed
from lab.sweeps.execution.shipping import PartCache, shipped
from lab.sweeps.results.record import Record
from lab.types import float_type
from tests.sweeps import executors
from tests.sweeps.killed_script import same

SCRIPT = Path(__file__).parent / "executors_script.py"


@pytest.fixture(scope="module")
def pool():
    with lab.ProcessPool(2) as found:
        yield found


@pytest.fixture(scope="module")
def cluster():
    library = pytest.importorskip("distributed")
    with library.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as found:
        yield found


@pytest.fixture(scope="module")
def dask(cluster):
    with pytest.importorskip("distributed").Client(cluster) as client:
        yield client.get_executor(retries=2)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Records of one process, each made once."""
    known = {}

    def record(name):
        if name not in known:
            folder = tmp_path_factory.mktemp("alone")
            known[name] = getattr(executors, name)(folder), executors.files(folder)
        return known[name]

    return record


@pytest.mark.parametrize("by", ["pool", "dask"])
@pytest.mark.parametrize("name", ["chaotic", "stopping"])
def test_the_record_is_bitwise_that_of_one_process(by, name, alone, request, tmp_path):
    record, models = alone(name)
    executor = request.getfixturevalue(by)
    same(getattr(executors, name)(tmp_path, executor=executor), record)
    assert executors.files(tmp_path) == models


@pytest.mark.parametrize("by", ["pool", "dask"])
def test_a_search_is_that_of_one_process(by, request):
    assert executors.searched(request.getfixturevalue(by)) == executors.searched()


@pytest.mark.slow
@pytest.mark.parametrize("workers", [4])
def test_four_workers_of_dask_give_the_same_bits(workers, alone, tmp_path):
    library = pytest.importorskip("distributed")
    several = library.LocalCluster(n_workers=workers, threads_per_worker=1)
    with several as cluster, library.Client(cluster) as client:
        record = executors.chaotic(tmp_path, executor=client.get_executor(retries=2))
    same(record, alone("chaotic")[0])


def short_blocks(monkeypatch):
    monkeypatch.setattr(blocks, "LONGEST_S", 0.3)
    monkeypatch.setattr(blocks, "SHORTEST_S", 0.1)


def killing(processes, times, over):
    """Kill one of some processes now and then, until told to stop; returns how many it were."""
    killed, over_by_now = [], threading.Event()

    def run():
        while len(killed) < times and not over_by_now.is_set():
            time.sleep(random.uniform(0.05, over))
            if there := processes():
                os.kill(random.choice(there), signal.SIGKILL)
                killed.append(1)

    thread = threading.Thread(target=run)
    thread.start()
    return killed, over_by_now, thread


def survives(executor, processes, times, over, record, tmp_path):
    killed, stop, thread = killing(processes, times, over)
    try:
        same(executors.long(tmp_path, executor=executor), record)
    finally:
        stop.set()
        thread.join()
    return len(killed)


@pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_processes_of_a_pool_may_be_killed(times, alone, monkeypatch, tmp_path):
    short_blocks(monkeypatch)
    record, _ = alone("long")
    with lab.ProcessPool(2) as pool:

        def processes():
            return [worker._process for worker in pool._workers if worker._process]

        killed = 0
        while killed < times:
            killed += survives(pool, processes, times - killed, 2.0, record, tmp_path)


@pytest.mark.slow
def test_workers_of_dask_may_be_killed_20_times(alone, monkeypatch, tmp_path):
    library = pytest.importorskip("distributed")
    short_blocks(monkeypatch)
    record, killed = alone("long")[0], 0
    two = library.LocalCluster(n_workers=2, threads_per_worker=1)
    with two as cluster, library.Client(cluster) as client:

        def processes():
            return [w.process.pid for w in cluster.workers.values() if w.process]

        while killed < 20:
            executor = client.get_executor(retries=2)
            killed += survives(executor, processes, 20 - killed, 6.0, record, tmp_path)


def failing(learning_rate):
    if multiprocessing.parent_process() is not None:
        raise ArithmeticError("words of the worker")
    return lab.optimizers.sgd(learning_rate)


class Odd(Exception):
    """Cannot be unpickled."""

    def __init__(self, what, when):
        super().__init__(f"{what} {when}")


def failing_oddly(learning_rate):
    if multiprocessing.parent_process() is not None:
        raise Odd("words of the worker", "and when")
    return lab.optimizers.sgd(learning_rate)


def small(optimizer="sgd", **where):
    return lab.sweep(
        lab.tasks.CATALOG["iris"].make(widths=(4,)),
        {"mine": optimizer},
        axes={"learning_rate": [0.1, 0.2]},
        budget=lab.Budget(updates=9),
        evaluations=2,
        progress=False,
        **where,
    )


def test_an_error_that_cannot_be_unpickled_is_told_in_its_words(pool):
    with pytest.raises(RuntimeError, match="Odd: words of the worker and when"):
        small(failing_oddly, executor=pool)
    assert pool.submit(abs, -2).result() == 2


def test_threads_and_calls_in_place_are_executors_too_and_keep_the_settings():
    class Inline:
        def submit(self, fn, *args):
            future = Future()
            future.set_result(fn(*args))
            return future

    alone = small()
    with ThreadPoolExecutor(2) as threads:
        with jax.enable_x64(True):
            double = small()
            same(small(executor=threads), double)
            same(small(executor=Inline()), double)
        same(small(executor=threads), alone)
    assert not jax.config.read("jax_enable_x64")
    same(small(executor=Inline()), alone)


def test_a_worker_times_with_the_settings_of_the_process_that_asks(monkeypatch):
    found = []
    monkeypatch.setattr(worker, "seconds", lambda *_: found.append(float_type()) or 1.0)

    class Elsewhere:
        def submit(self, fn, *args):
            with ThreadPoolExecutor(1) as thread:
                return thread.submit(fn, *args)

    with jax.enable_x64(True):
        small(executor=Elsewhere(), timed=True)
    assert {np.dtype(each) for each in found} == {np.dtype("float64")}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here")
@pytest.mark.filterwarnings("ignore:.*fork")
def test_forked_processes_are_refused_rather_than_waited_for():
    with (
        ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as forked,
        pytest.raises(RuntimeError, match="spawn"),
    ):
        small(executor=forked)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"executor": 3}, "executor must be an executor"),
        ({"executor": ThreadPoolExecutor(1), "devices": jax.devices()}, "not both"),
    ],
)
def test_executors_that_cannot_be_are_refused(where, words):
    with pytest.raises(lab.InputError, match=words):
        small(**where)


def test_a_script_that_is_not_guarded_is_told_so(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import lab\n"
        "from lab.sweeps.execution.distribution import distributed\n"
        "print(list(distributed(lab.ProcessPool(1), print, [1], {}, lambda: None)))\n"
    )
    env = os.environ | {"PYTHONPATH": str(SCRIPT.parents[2])}
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False, env=env
    )
    assert 'if __name__ == "__main__":' in done.stderr.splitlines()[-1]


def test_a_checkpoint_of_lanes_under_way_is_continued_elsewhere(pool, monkeypatch, tmp_path):
    """With what they have exported; and a checkpoint of the process that goes on keeps them."""
    for name, value in {"FIRST_S": 0.0, "SHORTEST_S": 0.0, "SHARE": 1e9}.items():
        monkeypatch.setattr(checkpointer, name, value)

    def run(folder, **where):
        return small("adam", seeds=4, export=lab.Export(folder / "models"), **where)

    kept = tmp_path / "kept"
    look, looks = checkpointer.Checkpointer.save_if_due, []

    def stopping(self, *given):
        looks.append(given)
        if len(looks) == 2:
            self.pending.number = signal.SIGINT
        look(self, *given)

    with monkeypatch.context() as patched:
        patched.setattr(checkpointer.Checkpointer, "save_if_due", stopping)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, checkpoint=kept)

    def stopped_at_once(self, *given):
        self.pending.number = signal.SIGINT
        look(self, *given)

    with monkeypatch.context() as patched:
        patched.setattr(checkpointer.Checkpointer, "save_if_due", stopped_at_once)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, checkpoint=kept, executor=Busy(pool))
    handed = []

    class Noting:
        def submit(self, fn, call, *rest):
            handed.append(call)
            return pool.submit(fn, call, *rest)

    record = run(tmp_path, checkpoint=kept, executor=Noting())
    assert any(getattr(call, "block", None) and call.block.paused is not None for call in handed)
    (tmp_path / "alone").mkdir()
    same(record, run(tmp_path / "alone"))
    assert executors.files(tmp_path) == executors.files(tmp_path / "alone")


class Busy:
    """Describes itself while it has nothing else to do, and never trains."""

    def __init__(self, pool):
        self.pool, self.busy = pool, False

    def submit(self, fn, *args):
        if fn is worker.describe:
            assert not self.busy, "whoever asks now waits until all is trained"
            return self.pool.submit(fn, *args)
        self.busy = True
        return Future()


def test_a_signal_is_heard_while_blocks_are_trained(pool, monkeypatch, tmp_path):
    look = checkpointer.Checkpointer.save_if_due

    def stopped_at_once(self, *given):
        self.pending.number = signal.SIGINT
        look(self, *given)

    monkeypatch.setattr(checkpointer.Checkpointer, "save_if_due", stopped_at_once)
    with pytest.raises(KeyboardInterrupt):
        small(executor=Busy(pool), checkpoint=tmp_path / "kept")
    assert (tmp_path / "kept" / "sweep.json").exists()


def test_what_a_worker_raises_stops_the_sweep_with_its_words(pool):
    with pytest.raises(ArithmeticError, match="words of the worker"):
        lab.sweep(
            "iris",
            {"mine": failing},
            axes={"learning_rate": [0.1, 0.2]},
            seeds=40,
            budget=lab.Budget(updates=2),
            executor=pool,
        )
    assert pool.submit(abs, -2).result() == 2


def test_a_killed_coordinator_runs_no_finished_block_again(alone, monkeypatch, tmp_path):
    root = SCRIPT.parents[2]
    child = subprocess.Popen(
        [sys.executable, SCRIPT, tmp_path],
        env=os.environ | {"PYTHONPATH": str(root)},
        cwd=root,
        stderr=subprocess.PIPE,
        text=True,
    )
    states = tmp_path / "kept" / "states"
    while not any(path.name.isdigit() and int(path.name) >= 2 for path in states.glob("*")):
        assert child.poll() is None, child.communicate()[1][-3000:]
        time.sleep(0.01)
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(child.pid)], capture_output=True, text=True, check=True
    ).stdout.split()
    child.kill()
    child.communicate()
    record, _ = alone("long")
    trained, write = [], Record.write

    def counting(self, measured):
        trained.extend(lane.cell for lane in measured.lanes)
        write(self, measured)

    monkeypatch.setattr(Record, "write", counting)
    again = executors.long(tmp_path, checkpoint=tmp_path / "kept")
    same(again, record)
    assert 0 < len(trained) < record.diverged_at.size
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and any(Path(f"/proc/{pid}").exists() for pid in children):
        time.sleep(0.1)
    assert not any(Path(f"/proc/{pid}").exists() for pid in children), "orphans"


def test_blocks_hold_every_lane_once_in_whole_groups_and_get_shorter():
    plan = lab.Sweep(
        "digits",
        ["adam", "sgd"],
        axes={"learning_rate": np.geomspace(1e-4, 1e-1, 9).tolist()},
        seeds=100,
        budget=lab.Budget(updates=20_000),
    ).plan
    whole = [blocks.Block(i, tuple(range(len(job.lanes)))) for i, job in enumerate(plan.jobs)]
    found = blocks.portions(plan, whole, [32, 32], "cpu")
    for number, job in enumerate(plan.jobs):
        mine = [block.lanes for block in found if block.job == number]
        assert [lane for lanes in mine for lane in lanes] == list(range(len(job.lanes)))
        assert all(len(lanes) % 32 == 0 for lanes in mine[:-1])
    seconds = [blocks.lane_seconds(plan.jobs[b.job], b, "cpu") * len(b.lanes) for b in found]
    assert max(seconds) < 1.6 * blocks.LONGEST_S
    assert len(found) > 20
    assert seconds[0] > 2 * seconds[-1]


class Alternating:
    """Processes that take turns; `broken` is how many calls are lost first."""

    def __init__(self, processes=2, broken=0):
        self.holds = [set() for _ in range(processes)]
        self.turn, self.broken, self.calls = 0, broken, 0

    def submit(self, fn, call, names, sent, *_):
        self.calls += 1
        future = Future()
        if self.broken:
            self.broken -= 1
            future.set_exception(BrokenExecutor("gone"))
            return future
        cache = self.holds[self.turn % len(self.holds)]
        self.turn += 1
        missing = tuple(name for name in names if name not in cache | set(sent))
        cache.update(() if missing else names)
        future.set_result(Missing(missing) if missing else fn(call))
        return future


def run(executor, calls, parts=None):
    return sorted(distributed(executor, lambda call: -call, calls, parts or {}, lambda: None))


def test_every_process_is_sent_what_it_lacks_though_they_take_turns():
    executor = Alternating(processes=3)
    executor.holds[1].add("plan")
    assert run(executor, [1, 2, 3, 4], {"plan": b"p", "data": b"d"}) == [
        (1, -1),
        (2, -2),
        (3, -3),
        (4, -4),
    ]
    assert executor.calls <= 4 * 3


def test_calls_of_lost_processes_are_submitted_again_and_again_but_not_for_ever():
    assert run(Alternating(broken=LOSSES - 1), [5]) == [(5, -5)]
    with pytest.raises(RuntimeError, match=f"lost its process {LOSSES} times"):
        run(Alternating(broken=LOSSES), [5])


def test_an_executor_that_takes_no_more_calls_is_told_in_a_sentence():
    class Broken:
        def submit(self, *_):
            raise BrokenExecutor("a process ended")

    with pytest.raises(RuntimeError, match=r"takes no more calls \(a process ended\)"):
        run(Broken(), [1])


def test_data_are_sent_once_and_functions_stay_what_they_were():
    task = lab.tasks.CATALOG["iris"].make(widths=(8,))

    def plan(rates):
        return lab.Sweep(
            task,
            {"mine": lambda learning_rate: lab.optimizers.sgd(learning_rate)},
            axes={"learning_rate": rates},
            budget=lab.Budget(updates=2),
        ).plan

    cache, first, second = PartCache(), shipped(plan([0.1])), shipped(plan([0.2]))
    names = tuple(second.parts)
    one = cache.get(first.name, first.parts)
    missing = cache.missing(second.name, names, {})
    assert sum(len(second.parts[name]) for name in missing) < 0.5 * sum(
        len(content) for content in second.parts.values()
    )
    two = cache.get(second.name, {name: second.parts[name] for name in missing})
    assert two.jobs[0].task is one.jobs[0].task
    assert two.jobs[0].program.problem is one.jobs[0].program.problem


def test_a_pool_ends_at_once_when_it_must():
    pool = lab.ProcessPool(1)
    pool.submit(os.getpid).result()
    pool.submit(time.sleep, 60)
    begin = time.monotonic()
    time.sleep(0.2)
    pool.shutdown(wait=False)
    assert time.monotonic() - begin < 20
