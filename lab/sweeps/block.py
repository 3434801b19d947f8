"""The lanes that run at the same time: chunk by chunk, metrics brought home a chunk late.

A chunk ends at the next evaluation, or where the capacity of a call does; how a run is cut
changes no bit.
"""

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
from lab.sweeps.live import Call, Live, device, host, merged
from lab.sweeps.measured import Measured, measured
from lab.sweeps.pieces import capacity, pieces
from lab.sweeps.place import shard
from lab.sweeps.plan import Job, Lane
from lab.sweeps.rows import Rows
from lab.sweeps.sizes import first_state, hypers_of
from lab.training import make_train
from lab.types import State, Stream

Advance = Callable[[int], None]  # told how many updates were taken


@dataclass
class Course:
    """How far a block has come, on the mesh; lists grow, and the last of them are on their way."""

    state: State
    evaluations: list[dict[str, Any]]  # [D·W] each
    calls: list[Call]
    done: int = 0  # pieces of the run


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
        self.pieces = list(pieces(job.marks, self.capacity))

    def run(
        self, real: int, advance: Advance, predict_on, between=None, live: Live | None = None
    ) -> Measured:
        """Train to the end of the budget; the first `real` lanes count, others are padding."""

        def taken(updates: int) -> None:
            advance(updates * real)

        course = self.begin(live)
        if live is None:
            self._export(course, 0, real)
        for first, count, last in self.pieces[course.done :]:
            self.go_on(course, first, count, last, taken)
            if last:
                self._export(course, first + count, real)
            if between is not None:
                between(partial(self.live, course, taken))
        outputs = None if predict_on is None else self.predict(course.state, predict_on)[:real]
        self._bring_home(course.calls, taken)
        ((_, _, info),) = merged(course.calls, self.job.program.probe_every)
        info, evaluations, stopped_at = jax.tree.map(
            lambda leaf: np.asarray(leaf)[:real],
            (info, course.evaluations, course.state.stopped_at),
        )
        return measured(self.job, self.lanes[:real], evaluations, info, stopped_at, outputs)

    def begin(self, live: Live | None = None) -> Course:
        """Before the first update, or where the block was when it was brought home as `live`."""
        if live is not None:
            state, calls = self._placed(live)
            return Course(state, list(live.evaluations), calls, live.done)
        state = self._start()
        return Course(state, [self._evaluate(state)], [])

    def go_on(self, course: Course, first: int, count: int, last: bool, taken: Advance) -> None:
        """Run the next of the pieces; `taken` is told how many updates are done."""
        if count:
            course.state, info = self.clock.call(
                "training", itemgetter(1), self.program.advance,
                course.state, self.rows.table, self._stream(first, count), self.hypers,
                np.int32(first), np.int32(count),
            )  # fmt: skip
            self._bring_home(course.calls, taken)  # the one before this, while this one runs
            course.calls.append((first, count, info))
        if last:
            course.evaluations.append(self._evaluate(course.state))
        course.done += 1

    def live(self, course: Course, taken: Advance) -> Live:
        """The block as it is now, on the host; lists are emptied into their short form."""
        self._bring_home(course.calls, taken)
        course.calls[:] = merged(course.calls, self.job.program.probe_every) if course.calls else []
        course.evaluations[:] = jax.device_get(course.evaluations)
        count, infos = 0, []
        if course.calls:
            ((_, count, info),) = course.calls
            infos = jax.tree.leaves(info)
        return Live(course.done, host(course.state), list(course.evaluations), count, infos)

    def info(self, live: Live) -> dict[str, Any]:
        """The Info that a block brought home, by its names."""
        rest = self.rows.table, self._stream(0, 0), self.hypers, np.int32(0), np.int32(0)
        info = jax.tree.structure(jax.eval_shape(self.program.advance, self.like(), *rest)[1])
        return jax.tree.unflatten(info, live.infos)

    def _export(self, course: Course, updates: int, real: int) -> None:
        """Look at the lanes that are exported."""
        if self.export is not None:
            last = updates == self.job.marks[-1]
            self.export.look(
                self.job.program, self.lanes[:real], course.state, course.evaluations[-1], updates,
                last,
            )  # fmt: skip

    def _bring_home(self, calls: list[Call], taken: Advance) -> None:
        """Fetch the last call's Info, unless it is here already."""
        if calls and isinstance(calls[-1][2]["loss"], jax.Array):
            first, count, info = calls[-1]
            calls[-1] = first, count, jax.device_get(info)
            taken(count)

    def like(self) -> State:
        """Shapes and dtypes of the state."""
        return jax.eval_shape(
            jax.vmap(partial(first_state, make_train(self.job.program))),
            self._keys("parameters"), self.hypers,
        )  # fmt: skip

    def _placed(self, live: Live):
        """The state on the mesh again, and the calls that led to it as one."""
        state = device(live.state, self.like(), partial(shard, self.mesh))
        return state, [(0, live.count, self.info(live))] if live.count else []

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

    def predict(self, state: State, predict_on) -> np.ndarray:
        """Outputs [D·W, rows, ...] on the rows of each lane's split."""
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
