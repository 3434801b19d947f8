"""Runs the lanes of one job until each has stopped early or is at the end of its budget.

All groups go on together, from one evaluation to the next. A lane that stops is frozen where it
stands, in its group; when the others fit in fewer blocks they are regrouped. Where a lane
stands changes no bit, so one that does not stop is bitwise what it is without a rule.

A diverged lane is a result and no rule is asked about it: it stays as in any sweep.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from lab.sweeps.early_stopping.outcome import Outcome, aligned, epochs
from lab.sweeps.early_stopping.rule import EarlyStopping, Watch, unwatched, watched
from lab.sweeps.execution.blocks import Block, Result
from lab.sweeps.execution.group import Group, GroupProgress
from lab.sweeps.execution.lane_state import LaneState, host, stacked, taken, unstacked
from lab.sweeps.execution.work import Work, batched, padded
from lab.sweeps.results.measurements import Measured, measured, worst_where
from lab.types import RUNNING, State


@dataclass
class ActiveGroup:
    """A group on its way."""

    at: Sequence[int]  # its lanes, by their numbers; in the group the last one again as padding
    group: Group
    progress: GroupProgress
    watch: Watch  # [W]
    best: State | None  # on the device: lanes at their last improvement, if they go back there


def train_until_stopped(rule: EarlyStopping, work: Work, block: Block) -> Iterator[Result]:
    """Train the lanes of a block of the job under a rule; yields them all at once."""
    run = Run(rule, work.of(block.lanes))
    run.begin(block.paused)
    for chunk in run.left():
        run.go_on(*chunk)
        work.observers.between(block.job, block.lanes, run.lane_state)
    yield Result(block.job, block.lanes, run.measured())


class Run:
    """Lanes that share a rule: some in active groups, others dropped."""

    def __init__(self, rule: EarlyStopping, work: Work):
        self.rule, self.upward = rule, rule.upward(work.job.task)
        self.work, self.job, self.width = work, work.job, work.width
        # state, gradient and best, old and new, of all blocks at the same time
        work.check_memory(states=3, blocks=-(-len(work.job.lanes) // work.size))
        self.epochs = epochs(self.job.evaluation_steps)
        self.active: list[ActiveGroup] = []
        self.dropped: dict[int, LaneState] = {}

    def begin(self, whole: LaneState | None) -> None:
        """Lanes before their first update, or as they were when fetched."""
        lanes = len(self.job.lanes)
        if whole is None:
            self.active = self._grouped(range(lanes), lambda _: None)
            for active in self.active:
                active.group.show(active.progress, 0)
        else:
            self._regroup(dict(enumerate(unstacked(whole, lanes))))

    def left(self) -> Iterator[tuple[int, int, bool]]:
        """The chunks to be run, as long as there are lanes."""
        while self.active:
            chunks, done = self.active[0].group.chunks, self.active[0].progress.done
            if done == len(chunks):
                return
            yield chunks[done]

    def go_on(self, first: int, count: int, last: bool) -> None:
        """Run a chunk of every active group; after an evaluation the rule is asked."""
        for active in self.active:
            active.group.go_on(active.progress, first, count, last)
        if not last:
            return
        for active in self.active:
            active.group.show(active.progress, first + count)
            active.group.fetch(active.progress)
        evaluation = len(self.active[0].progress.evaluations) - 1
        if evaluation in self.epochs:
            for active in self.active:
                self._ask(active, self.epochs.index(evaluation), first + count)
            stopped = np.concatenate([p.watch.stopped_at[: len(p.at)] > 0 for p in self.active])
            lanes, running = stopped.size, int((~stopped).sum())
            if -(-running // self.work.size) < -(-len(self.active) // len(self.work.places)):
                self.work.observers.advance(
                    (self.job.evaluation_steps[-1] - first - count) * (lanes - running)
                )
                self._regroup(self._fetched())

    def lane_state(self) -> LaneState:
        """All lanes as one block, on the host."""
        by_lane = self._fetched()
        return stacked(aligned([by_lane[i] for i in range(len(by_lane))]))

    def measured(self) -> Measured:
        """Measurements with the weights that they were left with."""
        one, job = self.lane_state(), self.job
        outcome = Outcome(self.rule, job.evaluation_steps, Watch(*one.beside[:4]), one.state[-1])
        evaluations = outcome.carried(one.evaluations)
        info = self._group(0, range(min(self.width, len(job.lanes)))).info(one)
        state = outcome.restored(one.state, one.beside[4:])
        return measured(
            job, job.lanes, evaluations, outcome.cut(info, job.program.probe_every),
            outcome.diverged_at, self._finish(state, evaluations[-1]),
            stopped_early_at=outcome.stopped_at, best_at=outcome.best_at,
        )  # fmt: skip

    def _ask(self, active: ActiveGroup, epoch: int, updates: int) -> None:
        """Watch one more evaluation; freeze the lanes that stop, keep those that improved."""
        state = active.progress.state
        values = active.progress.evaluations[-1][self.rule.metric]
        values = worst_where(self.job, self.rule.metric, False, values)
        stopped_at = np.asarray(state.stopped_at)
        alive = stopped_at == RUNNING
        active.watch = watched(self.rule, self.upward, active.watch, epoch, values, alive)
        if active.best is not None:
            improved = active.group.put(active.watch.best_at == epoch)
            now = active.group.put(np.full_like(stopped_at, updates))  # what the weights have taken
            active.best = _chosen(improved, state._replace(stopped_at=now), active.best)
        stops = active.watch.stopped_at == epoch
        frozen = np.where(stops, np.int32(updates), stopped_at)
        active.progress.state = state._replace(stopped_at=active.group.put(frozen))

    def _fetched(self) -> dict[int, LaneState]:
        """Every lane, on the host."""
        by_lane = dict(self.dropped)
        for active in self.active:
            one = active.group.lane_state(active.progress)
            beside = (*active.watch, *host(active.best))
            by_lane |= zip(active.at, unstacked(one._replace(beside=beside), len(active.at)))
        return by_lane

    def _regroup(self, by_lane: dict[int, LaneState]) -> None:
        """Lanes that have not stopped, in as few blocks as hold them."""
        running = [i for i, one in sorted(by_lane.items()) if not Watch(*one.beside[:4]).stopped_at]
        self.dropped = {i: one for i, one in by_lane.items() if i not in set(running)}
        self.active = self._grouped(running, lambda at: stacked([by_lane[i] for i in at]))

    def _grouped(
        self, lanes: Sequence[int], stand: Callable[[Sequence[int]], LaneState | None]
    ) -> list[ActiveGroup]:
        """An active group for every W lanes."""
        return [self._group_of(n, at, stand(at)) for n, at in enumerate(batched(lanes, self.width))]

    def _group_of(self, number: int, at: Sequence[int], stand: LaneState | None) -> ActiveGroup:
        group = self._group(number, at)
        progress = group.begin(stand)
        if stand is not None:
            beside = taken(stand, padded(range(len(at)), self.width)).beside
            watch, best = Watch(*beside[:4]), beside[4:]
            return ActiveGroup(at, group, progress, watch, group.placed(best) if best else None)
        values = progress.evaluations[0][self.rule.metric]
        best = None
        if self.rule.restore_best_weights:  # a copy: `advance` takes the state itself
            everywhere = group.put(np.ones(self.width, bool))
            best = _chosen(everywhere, progress.state, progress.state)
        return ActiveGroup(at, group, progress, unwatched(self.width, values.dtype), best)

    def _finish(self, state: list[np.ndarray], metrics: dict) -> np.ndarray | None:
        """Export lanes as they are in the end; outputs [L, rows, ...], if they are wanted."""
        predicts, outputs = self.work.predict_on is not None, []
        if self.work.observers.export is None and not predicts:
            return None
        for number, at in enumerate(batched(range(len(self.job.lanes)), self.width)):
            group, where = self._group(number, at), padded(at, self.width)
            placed = group.placed([leaf[where] for leaf in state])
            shown = {name: values[where] for name, values in metrics.items()}
            group.export(placed, shown, self.job.evaluation_steps[-1])
            outputs += [np.asarray(group.predict(placed))[: len(at)]] if predicts else []
        return np.concatenate(outputs) if predicts else None

    def _group(self, number: int, at: Sequence[int]) -> Group:
        """At one place after the other."""
        places = self.work.places
        return Group(self.work, places[number % len(places)], [self.job.lanes[i] for i in at])


@jax.jit
def _chosen(mask_L, new, old):
    """`new` where the mask is set."""
    return jax.tree.map(
        lambda a, b: jnp.where(mask_L.reshape(-1, *[1] * (a.ndim - 1)), a, b), new, old
    )
