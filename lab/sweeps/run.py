"""Runs the lanes of one job: block by block, chunk by chunk, metrics brought home a chunk late.

A block is one group of W lanes on each of D devices. It runs to the end of its budget before the
next one starts, so that live state is one block. A chunk ends at the next evaluation, or where
the capacity of a call does; how a run is cut changes no bit.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from lab.data.streams import key_data, order
from lab.sweeps.clock import Clock
from lab.sweeps.compiled import Compiled, compiled, compiled_schedule, seen
from lab.sweeps.place import check_memory, shard, width
from lab.sweeps.plan import Job, Lane
from lab.sweeps.rows import Rows
from lab.training import make_train
from lab.types import RUNNING, Hypers, Program, Stream

Advance = Callable[[int], None]  # told how many lane-updates were taken


@dataclass(frozen=True)
class Measured:
    """What one block brought home; L lanes (padding cut off), K + 1 evaluations."""

    lanes: list[Lane]
    metrics: dict[str, np.ndarray]  # [L, K + 1]
    train_loss: np.ndarray  # [L, K + 1]: mean over the updates since the evaluation before
    stopped_at: np.ndarray  # [L]
    probes: Any  # pytree of [L, probe times, ...], or None
    outputs: np.ndarray | None  # [L, rows, ...]: predictions at the end
    gradients: np.ndarray | None  # [L, K + 1]: taken so far, where the price is not fixed


def run_job(
    job: Job,
    mesh: Mesh,
    rows: Rows,
    advance: Advance,
    clock: Clock,
    predict_on: Callable[[int], np.ndarray] | None = None,
) -> Iterator[Measured]:
    """Train all lanes of `job`; yields one block after the other.

    Args:
      job: The lanes.
      mesh: Where they run.
      rows: Their data, from `place_rows`.
      advance: Called with the number of lane-updates as they are done.
      clock: Told of the calls that train and evaluate.
      predict_on: Row numbers, by split seed, whose outputs are wanted at the end.
    """
    program = compiled(job.program, mesh)
    lanes_per_device, state_bytes = block_width(job, mesh)
    size = lanes_per_device * mesh.size
    check_memory(mesh, rows.nbytes, 2 * state_bytes * size)  # state and gradient, old and new
    for begin in range(0, len(job.lanes), size):
        lanes = job.lanes[begin : begin + size]
        padded = lanes + [lanes[-1]] * (size - len(lanes))
        block = _Block(job, program, mesh, rows, clock, padded)
        yield block.run(len(lanes), advance, predict_on)


def block_width(job: Job, mesh: Mesh) -> tuple[int, int]:
    """Lanes per device, and bytes of one lane's state with its gradient."""
    hypers = _hypers(job.lanes[:1])
    nbytes = lane_bytes(job.program, tuple(hypers.rule), tuple(hypers.task), _float())
    return width(nbytes, mesh.devices.flat[0].platform), nbytes


@lru_cache(maxsize=512)
def lane_bytes(program: Program, rule: tuple[str, ...], task: tuple[str, ...], dtype: Any) -> int:
    """Bytes of the state and gradient of a lane with numbers of these names."""
    train, number = make_train(program), jax.ShapeDtypeStruct((), dtype)
    hypers = Hypers(dict.fromkeys(rule, number), dict.fromkeys(task, number))
    key = jax.ShapeDtypeStruct((2,), np.uint32)
    state = jax.eval_shape(lambda k, h: train.start(train.draw(k, h), k, h), key, hypers)
    leaves = [*jax.tree.leaves(state), *jax.tree.leaves(state.params)]
    return sum(leaf.size * leaf.dtype.itemsize for leaf in leaves)


class _Block:
    """The lanes that run at the same time, all D·W of them."""

    def __init__(
        self, job: Job, program: Compiled, mesh: Mesh, rows: Rows, clock: Clock, lanes: list[Lane]
    ):
        self.job, self.program, self.mesh, self.rows, self.lanes = job, program, mesh, rows, lanes
        self.clock = clock
        self.size = job.program.batch_size
        self.capacity = capacity(self.size)
        self.hypers = shard(mesh, _hypers(lanes))
        index, mask = zip(*(rows.evaluated[lane.split] for lane in lanes))
        self.evaluated = shard(mesh, (np.stack(index), np.stack(mask)))
        self.noise = self._keys("noise")
        self.rate_LT = self._rates()

    def run(self, real: int, advance: Advance, predict_on) -> Measured:
        state = self._start()
        evaluations = [self._evaluate(state)]
        calls: list[tuple[int, int, dict]] = []
        for start, stop in itertools.pairwise(self.job.marks):
            for first in range(start, stop, self.capacity):
                count = min(self.capacity, stop - first)
                stream = self._stream(first, count)
                state, info = self.clock.call(
                    "training", itemgetter(1), self.program.advance,
                    state, self.rows.table, stream, self.hypers, np.int32(first), np.int32(count),
                )  # fmt: skip
                calls.append((first, count, info))
                if len(calls) > 1:  # the chunk before this one, while this one runs
                    calls[-2] = _home(calls[-2])
                    advance(calls[-2][1] * real)
            evaluations.append(self._evaluate(state))
        calls[-1] = _home(calls[-1])
        advance(calls[-1][1] * real)
        outputs = None if predict_on is None else self._predict(state, predict_on)[:real]
        stopped_at = np.asarray(state.stopped_at)[:real]
        return Measured(
            lanes=self.lanes[:real],
            metrics=self._worst_where_stopped(evaluations, real, stopped_at),
            train_loss=self._train_loss(calls)[:real],
            stopped_at=stopped_at,
            probes=_probes(calls, self.job.program.probe_every, real),
            outputs=outputs,
            gradients=self._gradients(calls, real),
        )

    def _keys(self, purpose: str):
        return shard(self.mesh, np.stack([key_data(lane.seed, purpose) for lane in self.lanes]))

    def _start(self):
        keys = self._keys("parameters")
        # the rule's numbers are left out of what does not read them: fewer compilations
        initial = self.program.draw(keys, self.hypers._replace(rule={}))
        return self.program.start(initial, keys, self.hypers)

    def _evaluate(self, state):
        index, mask = self.evaluated
        table = self.rows.table
        return self.clock.call(
            "evaluating", dict, self.program.evaluate,
            seen(self.job.program, state), table, index, mask, self.hypers._replace(rule={}),
        )  # fmt: skip

    def _predict(self, state, predict_on) -> np.ndarray:
        # rows as they are prepared for the lane's own split: others are scaled otherwise
        own = [predict_on(lane.split) + self.rows.start[lane.split] for lane in self.lanes]
        index = np.stack(own).astype(np.int32)
        outputs = self.program.predict(
            seen(self.job.program, state),
            self.rows.table,
            shard(self.mesh, index),
            self.hypers._replace(rule={}),
        )
        return np.asarray(outputs)

    def _stream(self, first: int, count: int) -> Stream:
        """What every lane reads in updates [first, first + count), padded to the capacity."""
        drawn: dict[tuple[int, int], np.ndarray] = {}
        order_LX = np.zeros((len(self.lanes), self.capacity * self.size), np.int32)
        for at, lane in enumerate(self.lanes):
            name = (lane.seed, lane.split)
            if name not in drawn:
                train = self.rows.train[lane.split]
                span = (first * self.size, (first + count) * self.size)
                drawn[name] = train[order(lane.seed, len(train), *span)]
            order_LX[at, : count * self.size] = drawn[name]
        rate_LC = np.zeros((len(self.lanes), self.capacity), self.rate_LT.dtype)
        rate_LC[:, :count] = self.rate_LT[:, first : first + count]
        order_LX, rate_LC = shard(self.mesh, (order_LX, rate_LC))
        return Stream(order_LX, rate_LC, self.noise)

    def _rates(self) -> np.ndarray:
        """Every lane's learning rate at every update: schedules are numbers to a program."""
        steps = self.job.marks[-1]
        # a rule without a learning rate reads none
        peak_L = np.array([lane.rate or 0.0 for lane in self.lanes], _float())
        rate_LT = np.empty((len(self.lanes), steps), _float())
        for over in {lane.schedule for lane in self.lanes}:
            mine = np.array([lane.schedule == over for lane in self.lanes])
            rates = compiled_schedule(over, self.capacity)
            for first in range(0, steps, self.capacity):
                part = np.asarray(rates(peak_L, np.int32(steps), np.int32(first)))
                rate_LT[mine, first : first + self.capacity] = part[mine, : steps - first]
        return rate_LT

    def _train_loss(self, calls) -> np.ndarray:
        """Mean loss of the updates between two evaluations; none precedes the first."""
        losses = np.concatenate([info["loss"][:, :count] for _, count, info in calls], axis=1)
        columns = [np.full(len(self.lanes), np.nan)]
        for start, stop in itertools.pairwise(self.job.marks):
            none = start == stop
            columns.append(columns[-1] if none else losses[:, start:stop].mean(axis=1))
        return np.stack(columns, axis=1)

    def _gradients(self, calls, real: int) -> np.ndarray | None:
        if "gradients" not in calls[0][2]:
            return None
        each = np.concatenate(
            [info["gradients"][:real, :count] for _, count, info in calls], axis=1
        )
        return np.pad(np.cumsum(each, axis=1), ((0, 0), (1, 0)))[:, list(self.job.marks)]

    def _worst_where_stopped(self, evaluations, real, stopped_at) -> dict[str, np.ndarray]:
        """A diverged lane is a result: the worst value there is, never a missing one."""
        home = jax.device_get(evaluations)
        metrics = {}
        marks = np.array(self.job.marks)
        dead = (stopped_at[:, None] != RUNNING) & (stopped_at[:, None] < marks)
        for name in home[0]:
            worst = -np.inf if name in self.job.task.higher_is_better else np.inf
            values = np.stack([row[name][:real] for row in home], axis=1)
            metrics[name] = np.where(dead | ~np.isfinite(values), worst, values)
        return metrics


def capacity(batch_size: int) -> int:
    """Updates one call can take: long enough to hide its start, short enough to report on."""
    return int(np.clip(2 ** int(np.log2(2**13 / batch_size)), 16, 256))


def _hypers(lanes: list[Lane]) -> Hypers:
    def stack(numbers: list[dict[str, float]]) -> dict[str, np.ndarray]:
        return {k: np.array([row[k] for row in numbers], _float()) for k in sorted(numbers[0])}

    return Hypers(
        stack([lane.rule_numbers for lane in lanes]), stack([lane.task_numbers for lane in lanes])
    )


def _float() -> Any:
    return np.float64 if jax.config.jax_enable_x64 else np.float32  # type: ignore[attr-defined]


def _home(call):
    first, count, info = call
    return first, count, jax.device_get(info)


def _probes(calls, every: int, real: int):
    """The filled slots of every call, one after the other: [L, times, ...] leaves."""
    if "probe" not in calls[0][2]:
        return None

    def filled(call):
        first, count, info = call
        slots = -(-(first + count) // every) - -(-first // every)
        return jax.tree.map(lambda leaf: leaf[:real, :slots], info["probe"])

    parts = [filled(call) for call in calls]
    return jax.tree.map(lambda *leaves: np.concatenate(leaves, axis=1), *parts)
