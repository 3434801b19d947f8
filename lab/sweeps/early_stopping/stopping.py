"""Runs the lanes of one job until each has stopped early or is at the end of its budget.

All groups go on together, from one evaluation to the next. A lane that stops is frozen where it
stands, in its group; when the others fit in fewer blocks they are repacked without it. Where a lane
stands changes no bit, so one that does not stop is bitwise what it is without a rule.

A diverged lane is a result and no rule is asked about it: it stays as in any sweep.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from lab.sweeps.early_stopping.outcome import Ending, epochs, leveled
from lab.sweeps.early_stopping.rule import EarlyStopping, Watch, unwatched, watched
from lab.sweeps.execution.blocks import Block, Result
from lab.sweeps.execution.group import Course, Group
from lab.sweeps.execution.lane_state import Live, host, stacked, taken, unstacked
from lab.sweeps.execution.work import Work, dealt, padded
from lab.sweeps.results.measurements import Measured, measured, worst_where
from lab.types import RUNNING, State


@dataclass
class Pack:
    """A group on its way."""

    at: Sequence[int]  # its lanes, by their numbers; in the group the last one again as padding
    group: Group
    course: Course
    watch: Watch  # [W]
    best: State | None  # on the device: lanes at their last improvement, if they go back there


def train_until_stopped(rule: EarlyStopping, work: Work, block: Block) -> Iterator[Result]:
    """Train the lanes of a block of the job under a rule; yields them all at once."""
    run = Run(rule, work.of(block.lanes))
    run.begin(block.paused)
    for chunk in run.left():
        run.go_on(*chunk)
        work.observers.between(block.job, block.lanes, run.live)
    yield Result(block.job, block.lanes, run.measured())


class Run:
    """Lanes that share a rule: some in packs, others dropped."""

    def __init__(self, rule: EarlyStopping, work: Work):
        self.rule, self.upward = rule, rule.upward(work.job.task)
        self.work, self.job, self.width = work, work.job, work.width
        # state, gradient and best, old and new, of all blocks at the same time
        work.check_memory(states=3, blocks=-(-len(work.job.lanes) // work.size))
        self.epochs = epochs(self.job.marks)
        self.packs: list[Pack] = []
        self.dropped: dict[int, Live] = {}

    def begin(self, whole: Live | None) -> None:
        """Lanes before their first update, or as they were when brought home."""
        lanes = len(self.job.lanes)
        if whole is None:
            self.packs = self._packed(range(lanes), lambda _: None)
            for pack in self.packs:
                pack.group.show(pack.course, 0)
        else:
            self._repack(dict(enumerate(unstacked(whole, lanes))))

    def left(self) -> Iterator[tuple[int, int, bool]]:
        """The chunks to be run, as long as there are lanes."""
        while self.packs:
            chunks, done = self.packs[0].group.chunks, self.packs[0].course.done
            if done == len(chunks):
                return
            yield chunks[done]

    def go_on(self, first: int, count: int, last: bool) -> None:
        """Run a chunk of every pack; after an evaluation the rule is asked."""
        for pack in self.packs:
            pack.group.go_on(pack.course, first, count, last)
        if not last:
            return
        for pack in self.packs:
            pack.group.show(pack.course, first + count)
            pack.group.bring_home(pack.course)
        mark = len(self.packs[0].course.evaluations) - 1
        if mark in self.epochs:
            for pack in self.packs:
                self._ask(pack, self.epochs.index(mark), first + count)
            stopped = np.concatenate([p.watch.stopped_at[: len(p.at)] > 0 for p in self.packs])
            lanes, running = stopped.size, int((~stopped).sum())
            if -(-running // self.work.size) < -(-len(self.packs) // len(self.work.places)):
                self.work.observers.advance(
                    (self.job.marks[-1] - first - count) * (lanes - running)
                )
                self._repack(self._home())

    def live(self) -> Live:
        """All lanes as one block, on the host."""
        lives = self._home()
        return stacked(leveled([lives[i] for i in range(len(lives))]))

    def measured(self) -> Measured:
        """What the lanes brought home, with the weights that they were left with."""
        live, job = self.live(), self.job
        ending = Ending(self.rule, job.marks, Watch(*live.beside[:4]), live.state[-1])
        evaluations = ending.carried(live.evaluations)
        info = self._group(0, range(min(self.width, len(job.lanes)))).info(live)
        state = ending.restored(live.state, live.beside[4:])
        return measured(
            job, job.lanes, evaluations, ending.cut(info, job.program.probe_every),
            ending.diverged_at, self._finish(state, evaluations[-1]),
            stopped_early_at=ending.stopped_at, best_at=ending.best_at,
        )  # fmt: skip

    def _ask(self, pack: Pack, epoch: int, updates: int) -> None:
        """Watch one more evaluation; freeze the lanes that stop, keep those that improved."""
        state = pack.course.state
        values = pack.course.evaluations[-1][self.rule.metric]
        values = worst_where(self.job, self.rule.metric, False, values)
        stopped_at = np.asarray(state.stopped_at)
        alive = stopped_at == RUNNING
        pack.watch = watched(self.rule, self.upward, pack.watch, epoch, values, alive)
        if pack.best is not None:
            improved = pack.group.put(pack.watch.best_at == epoch)
            now = pack.group.put(np.full_like(stopped_at, updates))  # what the weights have taken
            pack.best = _chosen(improved, state._replace(stopped_at=now), pack.best)
        stops = pack.watch.stopped_at == epoch
        frozen = np.where(stops, np.int32(updates), stopped_at)
        pack.course.state = state._replace(stopped_at=pack.group.put(frozen))

    def _home(self) -> dict[int, Live]:
        """Every lane, on the host."""
        lives = dict(self.dropped)
        for pack in self.packs:
            live = pack.group.live(pack.course)
            beside = (*pack.watch, *host(pack.best))
            lives |= zip(pack.at, unstacked(live._replace(beside=beside), len(pack.at)))
        return lives

    def _repack(self, lives: dict[int, Live]) -> None:
        """Lanes that have not stopped, in as few blocks as hold them."""
        running = [i for i, live in sorted(lives.items()) if not Watch(*live.beside[:4]).stopped_at]
        self.dropped = {i: live for i, live in lives.items() if i not in set(running)}
        self.packs = self._packed(running, lambda at: stacked([lives[i] for i in at]))

    def _packed(
        self, lanes: Sequence[int], stand: Callable[[Sequence[int]], Live | None]
    ) -> list[Pack]:
        """A pack for every W lanes."""
        return [self._pack(n, at, stand(at)) for n, at in enumerate(dealt(lanes, self.width))]

    def _pack(self, number: int, at: Sequence[int], stand: Live | None) -> Pack:
        group = self._group(number, at)
        course = group.begin(stand)
        if stand is not None:
            beside = taken(stand, padded(range(len(at)), self.width)).beside
            watch, best = Watch(*beside[:4]), beside[4:]
            return Pack(at, group, course, watch, group.placed(best) if best else None)
        values = course.evaluations[0][self.rule.metric]
        best = None
        if self.rule.restore_best_weights:  # a copy: `advance` takes the state itself
            everywhere = group.put(np.ones(self.width, bool))
            best = _chosen(everywhere, course.state, course.state)
        return Pack(at, group, course, unwatched(self.width, values.dtype), best)

    def _finish(self, state: list[np.ndarray], metrics: dict) -> np.ndarray | None:
        """Export lanes as they are in the end; outputs [L, rows, ...], if they are wanted."""
        predicts, outputs = self.work.predict_on is not None, []
        if self.work.observers.export is None and not predicts:
            return None
        for number, at in enumerate(dealt(range(len(self.job.lanes)), self.width)):
            group, where = self._group(number, at), padded(at, self.width)
            placed = group.placed([leaf[where] for leaf in state])
            shown = {name: values[where] for name, values in metrics.items()}
            group.export(placed, shown, self.job.marks[-1])
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
