"""The lanes that run at the same time: chunk by chunk, metrics brought home a chunk late.

A chunk ends at the next evaluation, or where the capacity of a call does; how a run is cut
changes no bit.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from lab.data.streams import key_data
from lab.sweeps.clock import Clock
from lab.sweeps.compiled import Compiled, seen
from lab.sweeps.export import Export
from lab.sweeps.feed import orders, rates
from lab.sweeps.live import Call, Live, device, host, merged, probes
from lab.sweeps.pieces import capacity, pieces
from lab.sweeps.place import shard
from lab.sweeps.plan import Job, Lane
from lab.sweeps.rows import Rows
from lab.sweeps.sizes import first_state, hypers_of
from lab.training import make_train
from lab.types import RUNNING, Stream

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


class Block:
    """All D·W lanes of a block."""

    def __init__(
        self, job: Job, program: Compiled, mesh: Mesh, rows: Rows, clock: Clock, lanes: list[Lane],
        export: Export | None = None,
    ):  # fmt: skip
        self.export = export
        self.job, self.program, self.mesh, self.rows, self.lanes = job, program, mesh, rows, lanes
        self.clock = clock
        self.size = job.program.batch_size
        self.capacity = capacity(self.size)
        self.hypers = shard(mesh, hypers_of(lanes))
        index, mask = zip(*(rows.evaluated[lane.split] for lane in lanes))
        self.evaluated = shard(mesh, (np.stack(index), np.stack(mask)))
        self.noise = self._keys("noise")
        self.rate_LT = rates(lanes, job.marks[-1], self.capacity)

    def run(
        self, real: int, advance: Advance, predict_on, between=None, live: Live | None = None
    ) -> Measured:
        """Train to the end of the budget; the first `real` lanes count, others are padding."""
        if live is None:
            state = self._start()
            evaluations, calls, done = [self._measure(state, 0, real)], [], 0
        else:
            state, calls = self._placed(live)
            evaluations, done = list(live.evaluations), live.done
        for number, (first, count, last) in enumerate(pieces(self.job.marks, self.capacity)):
            if number < done:
                continue
            if count:
                stream = self._stream(first, count)
                state, info = self.clock.call(
                    "training", itemgetter(1), self.program.advance,
                    state, self.rows.table, stream, self.hypers, np.int32(first), np.int32(count),
                )  # fmt: skip
                self._bring_home(calls, advance, real)  # the one before this, while this one runs
                calls.append((first, count, info))
            if last:
                evaluations.append(self._measure(state, first + count, real))
            if between is not None:
                between(partial(self._live, number + 1, state, evaluations, calls, advance, real))
        self._bring_home(calls, advance, real)
        outputs = None if predict_on is None else self._predict(state, predict_on)[:real]
        stopped_at = np.asarray(state.stopped_at)[:real]
        return Measured(
            lanes=self.lanes[:real],
            metrics=self._worst_where_stopped(evaluations, real, stopped_at),
            train_loss=self._train_loss(calls)[:real],
            stopped_at=stopped_at,
            probes=probes(calls, self.job.program.probe_every, real)
            if "probe" in calls[0][2]
            else None,
            outputs=outputs,
            gradients=self._gradients(calls, real),
        )

    def _measure(self, state, updates: int, real: int):
        """Metrics after so many updates; lanes that are exported are looked at."""
        metrics = self._evaluate(state)
        if self.export is not None:
            last = updates == self.job.marks[-1]
            self.export.look(self.job.program, self.lanes[:real], state, metrics, updates, last)
        return metrics

    def _bring_home(self, calls: list[Call], advance: Advance, real: int) -> None:
        """Fetch the last call's Info, unless it is here already."""
        if calls and isinstance(calls[-1][2]["loss"], jax.Array):
            first, count, info = calls[-1]
            calls[-1] = first, count, jax.device_get(info)
            advance(count * real)

    def _live(self, done: int, state, evaluations, calls, advance, real: int) -> Live:
        """The block as it is now, on the host; lists are emptied into their short form."""
        self._bring_home(calls, advance, real)
        calls[:] = merged(calls, self.job.program.probe_every) if calls else []
        evaluations[:] = jax.device_get(evaluations)
        count, infos = (calls[0][1], jax.tree.leaves(calls[0][2])) if calls else (0, [])
        return Live(done, host(state), list(evaluations), count, infos)

    def _placed(self, live: Live):
        """The state on the mesh again, and the calls that led to it as one."""
        like = jax.eval_shape(
            jax.vmap(partial(first_state, make_train(self.job.program))),
            self._keys("parameters"), self.hypers,
        )  # fmt: skip
        state = device(live.state, like, partial(shard, self.mesh))
        if not live.count:
            return state, []
        rest = self.rows.table, self._stream(0, 0), self.hypers, np.int32(0), np.int32(0)
        info = jax.tree.structure(jax.eval_shape(self.program.advance, like, *rest)[1])
        return state, [(0, live.count, jax.tree.unflatten(info, live.infos))]

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
        order_LX = orders(self.lanes, self.rows, self.size, first, count, self.capacity)
        rate_LC = np.zeros((len(self.lanes), self.capacity), self.rate_LT.dtype)
        rate_LC[:, :count] = self.rate_LT[:, first : first + count]
        order_LX, rate_LC = shard(self.mesh, (order_LX, rate_LC))
        return Stream(order_LX, rate_LC, self.noise)

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
