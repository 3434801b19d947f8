"""Lanes that are trained at the same time at one place: chunk by chunk, metrics brought home later.

A chunk ends at the next evaluation, or where the capacity of a call does; how a run is cut
changes no bit.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

import jax
import numpy as np

from lab.data.streams import key_data
from lab.sweeps.compilation.programs import compiled, seen
from lab.sweeps.devices.places import Place, number
from lab.sweeps.execution.inputs import orders, rates
from lab.sweeps.execution.lane_state import Call, Live, device, host, merged, taken
from lab.sweeps.execution.work import Work, padded
from lab.sweeps.planning.chunks import chunks
from lab.sweeps.planning.jobs import Lane
from lab.sweeps.planning.sizes import call_capacity, hypers_of, state_shapes
from lab.sweeps.results.measurements import Measured, measured
from lab.types import State, Stream

TOGETHER = 8  # short chunks of all groups brought home at once: the host is slow when it wakes


@dataclass
class Course:
    """How far a group has come."""

    state: State
    evaluations: list[dict[str, Any]]  # [W] each
    calls: list[Call]
    done: int = 0  # chunks of the run
    away: list["Away"] = field(default_factory=list)  # chunks whose results are not here yet


class Away(NamedTuple):
    """A chunk whose results are on the device, or will be."""

    count: int  # updates
    results: list[dict[str, Any]]
    done: Future[float]


class Group:
    """Lanes of a job at a place, padded to W."""

    def __init__(self, work: Work, place: Place, lanes: Sequence[Lane]):
        self.job, self.rows, self.place = work.job, work.rows, place
        self.work, self.own, self.lanes = work, list(lanes), padded(lanes, work.width)
        self.program = compiled(self.job.program, work.mesh)
        self.call = partial(work.observers.clock.call, place)
        self.table = self.rows.table[place.device]
        self.size = self.job.program.batch_size
        self.capacity = call_capacity(self.job)
        self.together = max(1, TOGETHER // len(work.places))
        self.hypers = self.put(hypers_of(self.lanes))
        index, mask = zip(*(self.rows.evaluated[lane.split] for lane in self.lanes))
        self.evaluated = self.put((np.stack(index), np.stack(mask)))
        self.noise = self._keys("noise")
        self.rate_LT = rates(self.lanes, self.job.marks[-1], self.capacity)
        self.chunks = list(chunks(self.job.marks, self.capacity))
        self.read: tuple[int, Stream] | None = None  # a stream on the device, where it begins

    def finish(self, course: Course, outputs: jax.Array | None) -> Measured:
        """What the lanes brought home, at the end of the budget, with what they predict."""
        self.bring_home(course)
        info = merged(course.calls, self.job.program.probe_every)
        info, evaluations, stopped_at, predicted = jax.tree.map(
            lambda leaf: np.asarray(leaf)[: len(self.own)],
            (info, course.evaluations, course.state.stopped_at, outputs),
        )
        return measured(self.job, self.own, evaluations, info, stopped_at, predicted)

    def begin(self, live: Live | None = None) -> Course:
        """Before the first update, or where the group's own lanes are, as `live` has them."""
        if live is not None:
            live = taken(live, padded(range(len(self.own)), len(self.lanes)))
            calls = [(0, live.count, self.info(live))] if live.count else []
            return Course(self.placed(live.state), list(live.evaluations), calls, live.done)
        state = self._start()
        metrics, done = self._evaluate(state)
        return Course(state, [metrics], [], away=[Away(0, [metrics], done)])

    def go_on(self, course: Course, first: int, count: int, last: bool) -> None:
        """Run the next of the chunks, without waiting for it."""
        # long chunks are told one by one, and what a probe saw may be large
        short = count * TOGETHER <= self.capacity and self.job.program.probe is None
        some = self.together if short else 1
        if len(course.away) >= 2 * some:
            self.bring_home(course, leave=some)
        results, done = [], None
        if count:
            span = number(self.place.device, first), number(self.place.device, count)
            args = course.state, self.table, self._stream(first), self.hypers, *span
            (course.state, info), done = self.call(
                "training", lambda result: result[1]["loss"], self.program.advance, *args
            )
            course.calls.append((first, count, info))
            results.append(info)
        if last:
            metrics, done = self._evaluate(course.state)
            course.evaluations.append(metrics)
            results.append(metrics)
        if done is not None:
            course.away.append(Away(count, results, done))
        course.done += 1

    def live(self, course: Course) -> Live:
        """The group's own lanes as they are now, on the host."""
        self.bring_home(course)
        count, infos = sum(count for _, count, _ in course.calls), []
        if course.calls:
            info = merged(course.calls, self.job.program.probe_every)
            course.calls, infos = [(0, count, info)], jax.tree.leaves(info)
        whole = Live(course.done, host(course.state), list(course.evaluations), count, infos)
        return taken(whole, slice(len(self.own)))

    def info(self, live: Live) -> dict[str, Any]:
        """The Info that lanes brought home, by its names."""
        last = self.job.marks[-1] - 1  # the stream is for its shapes; it is read next in most cases
        stream = self._stream(min(live.count, last))
        rest = self.table, stream, self.hypers, np.int32(0), np.int32(0)
        _, info = jax.eval_shape(self.program.advance.jitted, self._like(), *rest)
        return jax.tree.unflatten(jax.tree.structure(info), live.infos)

    def show(self, course: Course, updates: int) -> None:
        """Export lanes as they were evaluated last; once all groups go on, as it waits for one."""
        self.export(course.state, course.evaluations[-1], updates)

    def export(self, state: State, metrics: dict[str, Any], updates: int) -> None:
        """Show lanes as they are evaluated to whoever looks on."""
        if (looks := self.work.observers.export) is not None:
            last = updates == self.job.marks[-1]
            looks.look(self.job.program, self.own, state, metrics, updates, last)

    def predict(self, state: State) -> jax.Array | None:
        """Outputs [W, rows, ...] on the rows of each lane's split, if they are wanted."""
        predict_on = self.work.predict_on
        if predict_on is None:
            return None
        # rows as they are prepared for the lane's own split: others are scaled otherwise
        rows = [predict_on(lane.split) + self.rows.start[lane.split] for lane in self.lanes]
        index = self.put(np.stack(rows).astype(np.int32))
        args = seen(self.job.program, state), self.table, index, self.hypers._replace(rule={})
        return self.call("evaluating", lambda outputs: outputs, self.program.predict, *args)[0]

    def bring_home(self, course: Course, leave: int = 0) -> None:
        """Put arrays of the host in the place of results, but for those of the last chunks."""
        while len(course.away) > leave:
            chunk = course.away.pop(0)
            chunk.done.result()
            for results in chunk.results:
                results |= jax.tree.map(np.asarray, results)
            self.work.observers.advance(chunk.count * len(self.own))

    def _like(self) -> State:
        """Shapes and dtypes of the state."""
        one, width = state_shapes(self.job), len(self.lanes)
        return jax.tree.map(lambda x: jax.ShapeDtypeStruct((width, *x.shape), x.dtype), one)

    def put(self, tree: Any) -> Any:
        """Arrays of the host, on the group's device."""
        return jax.device_put(tree, self.place.device)

    def placed(self, leaves: Sequence[np.ndarray]) -> State:
        """A state on the device, from its leaves on the host."""
        return device(list(leaves), self._like(), self.put)

    def _keys(self, purpose: str):
        return self.put(np.stack([key_data(lane.seed, purpose) for lane in self.lanes]))

    def _start(self):
        keys = self._keys("parameters")
        # the rule's numbers are left out of what does not read them: fewer compilations
        args = keys, self.hypers._replace(rule={})
        initial, _ = self.call("initializing", lambda drawn: drawn, self.program.draw, *args)
        # the state is given to a later call, so that nobody may wait for it
        state, _ = self.call(
            "initializing", lambda _: initial, self.program.start, initial, keys, self.hypers
        )
        return state

    def _evaluate(self, state):
        own, hypers = seen(self.job.program, state), self.hypers._replace(rule={})
        args = own, self.table, *self.evaluated, hypers
        return self.call("evaluating", itemgetter("loss"), self.program.evaluate, *args)

    def _stream(self, first: int) -> Stream:
        """What every lane reads in the capacity's worth of updates around `first`, padded."""
        begin = first - first % self.capacity
        if self.read is None or self.read[0] != begin:
            count = min(self.capacity, self.job.marks[-1] - begin)
            order_LX = orders(self.lanes, self.rows, self.size, begin, count, self.capacity)
            rate_LC = np.zeros((len(self.lanes), self.capacity), self.rate_LT.dtype)
            rate_LC[:, :count] = self.rate_LT[:, begin : begin + count]
            order_LX, rate_LC = self.put((order_LX, rate_LC))
            self.read = begin, Stream(order_LX, rate_LC, self.noise)
        return self.read[1]
