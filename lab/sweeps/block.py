"""The lanes that run at the same time: chunk by chunk, metrics brought home a chunk late.

A chunk ends at the next evaluation, or where the capacity of a call does; how a run is cut
changes no bit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

import jax
import numpy as np

from lab.data.streams import key_data
from lab.sweeps.compiled import compiled, seen
from lab.sweeps.feed import orders, rates
from lab.sweeps.live import Call, Live, device, host, merged
from lab.sweeps.measured import Measured, measured
from lab.sweeps.pieces import pieces
from lab.sweeps.place import number, shard
from lab.sweeps.plan import Lane
from lab.sweeps.sizes import call_capacity, first_state, hypers_of
from lab.sweeps.work import Work, padded
from lab.training import make_train
from lab.types import State, Stream


@dataclass
class Course:
    """How far a block has come, on the mesh; lists grow, and the last of them are on their way."""

    state: State
    evaluations: list[dict[str, Any]]  # [D·W] each
    calls: list[Call]
    done: int = 0  # pieces of the run


class Block:
    """The lanes of a block, padded to D·W."""

    def __init__(self, work: Work, lanes: Sequence[Lane]):
        self.job, self.mesh, self.rows, self.clock = work.job, work.mesh, work.rows, work.clock
        self.work, self.own, self.lanes = work, list(lanes), padded(lanes, work.size)
        self.program = compiled(self.job.program, self.mesh)
        self.size = self.job.program.batch_size
        self.capacity = call_capacity(self.job)
        self.hypers = shard(self.mesh, hypers_of(self.lanes))
        index, mask = zip(*(self.rows.evaluated[lane.split] for lane in self.lanes))
        self.evaluated = shard(self.mesh, (np.stack(index), np.stack(mask)))
        self.noise = self._keys("noise")
        self.rate_LT = rates(self.lanes, self.job.marks[-1], self.capacity)
        self.pieces = list(pieces(self.job.marks, self.capacity))
        self.read: tuple[int, Stream] | None = None  # a stream on the mesh, and where it begins

    def run(
        self, between: Callable[[Callable[[], Live]], None], live: Live | None = None
    ) -> Measured:
        """Train to the end of the budget; `between` is called after every piece."""
        course = self.begin(live)
        for piece in self.pieces[course.done :]:
            self.go_on(course, *piece)
            between(partial(self.live, course))
        outputs = self.predict(course.state)
        self._bring_home(course.calls)
        ((_, _, info),) = merged(course.calls, self.job.program.probe_every)
        info, evaluations, stopped_at = jax.tree.map(
            lambda leaf: np.asarray(leaf)[: len(self.own)],
            (info, course.evaluations, course.state.stopped_at),
        )
        return measured(self.job, self.own, evaluations, info, stopped_at, outputs)

    def begin(self, live: Live | None = None) -> Course:
        """Before the first update, or where the block was when it was brought home as `live`."""
        if live is not None:
            state, calls = self._placed(live)
            return Course(state, list(live.evaluations), calls, live.done)
        state = self._start()
        course = Course(state, [self._evaluate(state)], [])
        self.export(state, course.evaluations[-1], 0)
        return course

    def go_on(self, course: Course, first: int, count: int, last: bool) -> None:
        """Run the next of the pieces."""
        if count:
            course.state, info = self.clock.call(
                "training", itemgetter(1), self.program.advance,
                course.state, self.rows.table, self._stream(first), self.hypers,
                number(self.mesh, first), number(self.mesh, count),
            )  # fmt: skip
            self._bring_home(course.calls)  # the one before this, while this one runs
            course.calls.append((first, count, info))
        if last:
            course.evaluations.append(self._evaluate(course.state))
            self.export(course.state, course.evaluations[-1], first + count)
        course.done += 1

    def live(self, course: Course) -> Live:
        """The block as it is now, on the host; lists are emptied into their short form."""
        self._bring_home(course.calls)
        course.calls[:] = merged(course.calls, self.job.program.probe_every) if course.calls else []
        course.evaluations[:] = jax.device_get(course.evaluations)
        count, infos = 0, []
        if course.calls:
            ((_, count, info),) = course.calls
            infos = jax.tree.leaves(info)
        return Live(course.done, host(course.state), list(course.evaluations), count, infos)

    def info(self, live: Live) -> dict[str, Any]:
        """The Info that a block brought home, by its names."""
        last = self.job.marks[-1] - 1  # the stream is for its shapes; it is read next in most cases
        stream = self._stream(min(live.count, last))
        rest = self.rows.table, stream, self.hypers, np.int32(0), np.int32(0)
        info = jax.tree.structure(
            jax.eval_shape(self.program.advance.jitted, self.like(), *rest)[1]
        )
        return jax.tree.unflatten(info, live.infos)

    def export(self, state: State, metrics: dict[str, Any], updates: int) -> None:
        """Show lanes as they are evaluated to whoever looks on."""
        if self.work.export is not None:
            last = updates == self.job.marks[-1]
            self.work.export.look(self.job.program, self.own, state, metrics, updates, last)

    def predict(self, state: State) -> np.ndarray | None:
        """Outputs [L, rows, ...] on the rows of each lane's split, if they are wanted."""
        predict_on = self.work.predict_on
        if predict_on is None:
            return None
        # rows as they are prepared for the lane's own split: others are scaled otherwise
        own = [predict_on(lane.split) + self.rows.start[lane.split] for lane in self.lanes]
        outputs = self.program.predict(
            seen(self.job.program, state), self.rows.table,
            shard(self.mesh, np.stack(own).astype(np.int32)), self.hypers._replace(rule={}),
        )  # fmt: skip
        return np.asarray(outputs)[: len(self.own)]

    def _bring_home(self, calls: list[Call]) -> None:
        """Fetch the last call's Info, unless it is here already."""
        if calls and isinstance(calls[-1][2]["loss"], jax.Array):
            first, count, info = calls[-1]
            calls[-1] = first, count, jax.device_get(info)
            self.work.advance(count * len(self.own))

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

    def _stream(self, first: int) -> Stream:
        """What every lane reads in the capacity's worth of updates around `first`, padded."""
        begin = first - first % self.capacity
        if self.read is None or self.read[0] != begin:
            count = min(self.capacity, self.job.marks[-1] - begin)
            order_LX = orders(self.lanes, self.rows, self.size, begin, count, self.capacity)
            rate_LC = np.zeros((len(self.lanes), self.capacity), self.rate_LT.dtype)
            rate_LC[:, :count] = self.rate_LT[:, begin : begin + count]
            order_LX, rate_LC = shard(self.mesh, (order_LX, rate_LC))
            self.read = begin, Stream(order_LX, rate_LC, self.noise)
        return self.read[1]
