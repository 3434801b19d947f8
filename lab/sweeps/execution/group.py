"""Lanes that are trained at the same time at one place: chunk by chunk, metrics fetched later.

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
from lab.sweeps.compilation.programs import compiled, evaluated_part
from lab.sweeps.devices.places import Place, number
from lab.sweeps.execution.inputs import orders, rates
from lab.sweeps.execution.lane_state import Call, LaneState, device, host, merged, taken
from lab.sweeps.execution.work import Work, padded
from lab.sweeps.planning.chunks import chunks
from lab.sweeps.planning.jobs import Lane
from lab.sweeps.planning.sizes import call_capacity, hypers_of, state_shapes
from lab.sweeps.results.measurements import Measured, measured
from lab.types import State, Stream

TOGETHER = 8  # short chunks of all groups fetched at once: the host is slow when it wakes


@dataclass
class GroupProgress:
    """How far a group has come."""

    state: State
    evaluations: list[dict[str, Any]]  # [W] each
    calls: list[Call]
    done: int = 0  # chunks of the run
    in_flight: list["InFlight"] = field(default_factory=list)  # results that are not here yet


class InFlight(NamedTuple):
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
        self.rate_LT = rates(self.lanes, self.job.evaluation_steps[-1], self.capacity)
        self.chunks = list(chunks(self.job.evaluation_steps, self.capacity))
        self.read: tuple[int, Stream] | None = None  # a stream on the device, where it begins

    def finish(self, progress: GroupProgress, outputs: jax.Array | None) -> Measured:
        """Measurements at the end of the budget, with what they predict."""
        self.fetch(progress)
        info = merged(progress.calls, self.job.program.probe_every)
        info, evaluations, stopped_at, predicted = jax.tree.map(
            lambda leaf: np.asarray(leaf)[: len(self.own)],
            (info, progress.evaluations, progress.state.stopped_at, outputs),
        )
        return measured(self.job, self.own, evaluations, info, stopped_at, predicted)

    def begin(self, lane_state: LaneState | None = None) -> GroupProgress:
        """Before the first update, or where the group's own lanes are, as `lane_state` has them."""
        if lane_state is not None:
            lane_state = taken(lane_state, padded(range(len(self.own)), len(self.lanes)))
            calls = [(0, lane_state.count, self.info(lane_state))] if lane_state.count else []
            return GroupProgress(
                self.placed(lane_state.state), list(lane_state.evaluations), calls, lane_state.done
            )
        state = self._start()
        metrics, done = self._evaluate(state)
        return GroupProgress(state, [metrics], [], in_flight=[InFlight(0, [metrics], done)])

    def go_on(self, progress: GroupProgress, first: int, count: int, last: bool) -> None:
        """Run the next of the chunks, without waiting for it."""
        # long chunks are reported one by one, and what a probe saw may be large
        short = count * TOGETHER <= self.capacity and self.job.program.probe is None
        some = self.together if short else 1
        if len(progress.in_flight) >= 2 * some:
            self.fetch(progress, leave=some)
        results, done = [], None
        if count:
            span = number(self.place.device, first), number(self.place.device, count)
            args = progress.state, self.table, self._stream(first), self.hypers, *span
            (progress.state, info), done = self.call(
                "training", lambda result: result[1]["loss"], self.program.advance, *args
            )
            progress.calls.append((first, count, info))
            results.append(info)
        if last:
            metrics, done = self._evaluate(progress.state)
            progress.evaluations.append(metrics)
            results.append(metrics)
        if done is not None:
            progress.in_flight.append(InFlight(count, results, done))
        progress.done += 1

    def lane_state(self, progress: GroupProgress) -> LaneState:
        """The group's own lanes as they are now, on the host."""
        self.fetch(progress)
        count, infos = sum(count for _, count, _ in progress.calls), []
        if progress.calls:
            info = merged(progress.calls, self.job.program.probe_every)
            progress.calls, infos = [(0, count, info)], jax.tree.leaves(info)
        whole = LaneState(
            progress.done, host(progress.state), list(progress.evaluations), count, infos
        )
        return taken(whole, slice(len(self.own)))

    def info(self, lane_state: LaneState) -> dict[str, Any]:
        """The Info of lanes that were fetched, by its names."""
        last = self.job.evaluation_steps[-1] - 1  # of shapes alone; mostly read next
        stream = self._stream(min(lane_state.count, last))
        rest = self.table, stream, self.hypers, np.int32(0), np.int32(0)
        _, info = jax.eval_shape(self.program.advance.jitted, self._like(), *rest)
        return jax.tree.unflatten(jax.tree.structure(info), lane_state.infos)

    def show(self, progress: GroupProgress, updates: int) -> None:
        """Export lanes as they were evaluated last; once all groups go on, as it waits for one."""
        self.export(progress.state, progress.evaluations[-1], updates)

    def export(self, state: State, metrics: dict[str, Any], updates: int) -> None:
        """Export lanes as they are evaluated."""
        if (export := self.work.observers.export) is not None:
            export.observe(self.job, self.own, state, metrics, updates)

    def predict(self, state: State) -> jax.Array | None:
        """Outputs [W, rows, ...] on the rows of each lane's split, if they are wanted."""
        predict_on = self.work.predict_on
        if predict_on is None:
            return None
        # rows as they are prepared for the lane's own split: others are scaled otherwise
        rows = [predict_on(lane.split) + self.rows.start[lane.split] for lane in self.lanes]
        index = self.put(np.stack(rows).astype(np.int32))
        args = (
            evaluated_part(self.job.program, state),
            self.table,
            index,
            self.hypers._replace(rule={}),
        )
        return self.call("evaluating", lambda outputs: outputs, self.program.predict, *args)[0]

    def fetch(self, progress: GroupProgress, leave: int = 0) -> None:
        """Put arrays of the host in the place of results, but for those of the last chunks."""
        while len(progress.in_flight) > leave:
            chunk = progress.in_flight.pop(0)
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
        own, hypers = evaluated_part(self.job.program, state), self.hypers._replace(rule={})
        args = own, self.table, *self.evaluated, hypers
        return self.call("evaluating", itemgetter("loss"), self.program.evaluate, *args)

    def _stream(self, first: int) -> Stream:
        """What every lane reads in the capacity's worth of updates around `first`, padded."""
        begin = first - first % self.capacity
        if self.read is None or self.read[0] != begin:
            count = min(self.capacity, self.job.evaluation_steps[-1] - begin)
            order_LX = orders(self.lanes, self.rows, self.size, begin, count, self.capacity)
            rate_LC = np.zeros((len(self.lanes), self.capacity), self.rate_LT.dtype)
            rate_LC[:, :count] = self.rate_LT[:, begin : begin + count]
            order_LX, rate_LC = self.put((order_LX, rate_LC))
            self.read = begin, Stream(order_LX, rate_LC, self.noise)
        return self.read[1]
