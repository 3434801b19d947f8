"""`lab.sweep`: many training runs in, one labelled record out. `lab.Sweep`: the same as a value."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import KW_ONLY, dataclass, fields
from fractions import Fraction
from functools import cache, cached_property, partial
from typing import Any

import jax
import numpy as np
import xarray as xr
from jax.sharding import Mesh

from lab import records
from lab.budget import Budget
from lab.catalog import ScheduleEntry
from lab.files import AnyPath
from lab.sweeps import engine
from lab.sweeps.checkpointing.checkpointer import checkpointing, timed_before
from lab.sweeps.checkpointing.enclosing import place_for
from lab.sweeps.devices.places import warn_of_idle_cores
from lab.sweeps.devices.precision import full_precision
from lab.sweeps.early_stopping.rule import EarlyStopping, check_monitor
from lab.sweeps.execution.blocks import blocks_left, updates_left
from lab.sweeps.execution.distribution import AnyExecutor
from lab.sweeps.execution.progress_bar import Progress
from lab.sweeps.execution.timing import Clock
from lab.sweeps.execution.work import Observers
from lab.sweeps.planning.arguments import (
    Setting,
    checked_axes,
    checked_seeds,
    checked_shares,
    checked_trials,
    over_budget,
)
from lab.sweeps.planning.identity import hashed, identity, json_words, of_job, predictions
from lab.sweeps.planning.jobs import Plan
from lab.sweeps.planning.plan import make_plan
from lab.sweeps.planning.prices import seconds
from lab.sweeps.planning.rules import Optimizers, resolve
from lab.sweeps.planning.sizes import group_width
from lab.sweeps.results import extension
from lab.sweeps.results.exports import Export
from lab.sweeps.results.record import Record
from lab.tasks import CATALOG as TASKS
from lab.tasks.task import Task
from lab.types import Probe, Snapshot
from lab.validation.checks import check_fields, checked
from lab.validation.errors import require
from lab.validation.kinds import Count, Finite, Whole


@dataclass(frozen=True, eq=False)
class Sweep:
    """What is trained: a value that can be compared, hashed, pickled, and run anywhere.

    The arguments are those of `lab.sweep` that say what is trained; everything is checked when it
    is made. Two are equal if all that can change a number is: data, code, settings, and the
    versions and device of this process; to compare them traces their functions.

    >>> import lab
    >>> sweep = lab.Sweep(
    ...     "iris", ["sgd"], axes={"learning_rate": [0.1]}, budget=lab.Budget(updates=5),
    ...     evaluations=1,
    ... )
    >>> dict(sweep.run().validation_loss.sizes)
    {'optimizer': 1, 'learning_rate': 1, 'seed': 1, 'step': 2}
    """

    task: Task | str
    optimizers: Optimizers
    _: KW_ONLY
    budget: Budget
    axes: Mapping[str, Iterable[Any]] | None = None
    trials: Mapping[str, Sequence[Setting]] | None = None
    seeds: int | Sequence[int] = 1
    batch_size: Count = 32
    schedule: str | ScheduleEntry | Callable[..., Any] = "constant_schedule"
    split: Whole = 0
    evaluations: int | Sequence[Fraction | Finite] = 20
    probe: Probe | None = None
    predict_on: Callable[[int], np.ndarray] | None = None
    timed: bool = False
    early_stopping: EarlyStopping | None = None

    def __post_init__(self):
        check_fields(self)
        task = TASKS[self.task].make() if isinstance(self.task, str) else self.task
        choices = resolve(self.optimizers)
        axes = checked_axes(self.axes or {}, choices, task)
        given = self.optimizers
        rules = dict(given) if isinstance(given, Mapping) else {name: name for name in choices}
        held = {
            "task": task,
            "optimizers": rules,
            "axes": axes,
            "trials": checked_trials(self.trials, choices, axes, task),
            "timed": self.timed or self.budget.currency == "seconds",
        }
        if not isinstance(self.seeds, int):
            held["seeds"] = checked_seeds(self.seeds)
        for name, value in held.items():
            object.__setattr__(self, name, value)
        checked_shares(self.evaluations)
        over_budget(self.schedule)

    @cached_property
    def plan(self) -> Plan:
        """Its lanes, by program; each program that is charged in seconds is timed here, once."""
        return self._planned({}, seconds)

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Everything that its numbers depend on in this process, in words."""
        with full_precision():
            return identity(self.plan, engine.machine_of(engine.place()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sweep) and hashed(self.identity) == hashed(other.identity)

    def __hash__(self) -> int:
        return hash(hashed(self.identity))

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @full_precision()
    def run(
        self,
        *,
        extend: xr.Dataset | None = None,
        checkpoint: AnyPath | None = None,
        export: Export | None = None,
        executor: AnyExecutor | None = None,
        devices: Sequence[jax.Device] | None = None,  # type: ignore[valid-type]
        progress: bool | None = None,
    ) -> xr.Dataset:
        """Train; where and how changes no bit. Arguments and record are those of `lab.sweep`."""
        begin = time.perf_counter()
        folder, how = place_for(checkpoint)
        where = engine.place(executor, devices)
        known = extension.timed(extend) | (timed_before(folder) if folder is not None else {})
        timing = partial(engine.timed_on, where)
        plan = self._planned(known, timing) if self.timed else self.plan
        record, machine = Record(plan), cache(partial(engine.machine_of, where))
        if isinstance(where, Mesh):
            warn_of_idle_cores(where)
        elif folder is not None:
            machine()  # a worker that has all blocks to train would answer after the last of them
        if extend is not None:
            extension.take_over(record, extend, machine())
        described = cache(lambda: identity(plan, machine()))
        before = record.done.copy()
        updates = sum(job.evaluation_steps[-1] * len(record.left(job)) for job in plan.jobs)
        lane_bytes = 0.0
        with (
            nullcontext()
            if folder is None
            else checkpointing(folder, described, record, how) as kept,
            Progress(updates, int((~before).sum()), progress) as bar,
            Clock(begin) as clock,
        ):
            observers = Observers(clock, bar.advance, export)
            if kept is not None:
                clock.begin_at(kept.spent)
                kept.seconds = clock.spent
                observers = observers._replace(between=kept.save_if_due)
            left = blocks_left(record) if kept is None else kept.blocks()
            bar.advance(updates - sum(updates_left(plan, block) for block in left))
            for result in engine.run(plan, left, where, observers):
                if result.measured is not None:
                    record.write(result.measured)
                lane_bytes = max(lane_bytes, result.lane_bytes)
            if kept is not None and left:
                kept.finish()
        made = records.stamp(record.dataset(), _configuration(plan, machine()), machine())
        spent = clock.spent()
        made.attrs["seconds"] = spent.pop("all")
        made.attrs |= {f"seconds_{kind}": took for kind, took in spent.items()}
        made.attrs |= {} if kept is None else kept.summary()
        made.attrs |= {"lane_updates": updates - record.saved(before), "lane_bytes": lane_bytes}
        return made

    def _planned(self, known: Mapping[str, float], timing: Callable[..., float]) -> Plan:
        plan = make_plan(self, known if self.timed else None, timing)  # type: ignore[arg-type]
        if self.early_stopping is not None:
            check_monitor(self.early_stopping, plan.jobs)
        return plan


@checked
def sweep(
    task: Task | str,
    optimizers: Optimizers,
    *,
    axes: Mapping[str, Iterable[Any]] | None = None,
    trials: Mapping[str, Sequence[Setting]] | None = None,
    seeds: int | Sequence[int] = 1,
    budget: Budget,
    batch_size: Count = 32,
    schedule: str | ScheduleEntry | Callable[..., Any] = "constant_schedule",
    split: Whole = 0,
    evaluations: int | Sequence[Fraction | Finite] = 20,
    probe: Probe | Callable[[Snapshot], Any] | None = None,
    probe_every: Count | None = None,
    predict_on: Callable[[int], np.ndarray] | None = None,
    extend: xr.Dataset | None = None,
    timed: bool = False,
    devices: Sequence[jax.Device] | None = None,  # type: ignore[valid-type]
    executor: AnyExecutor | None = None,
    progress: bool | None = None,
    checkpoint: AnyPath | None = None,
    export: Export | None = None,
    early_stopping: EarlyStopping | None = None,
) -> xr.Dataset:
    """Train every combination of optimizers, axis values and seeds, as a few compiled programs.

    Args:
      task: What is trained: a `lab.Task`, or a name out of `lab.tasks.CATALOG`.
      optimizers: Names out of `lab.optimizers.CATALOG`, or a dict from labels to names, entries
        or factories such as `optax.adam`.
      axes: Values to cross. Any float parameter of the optimizers, `learning_rate`, `split` and
        the task's own numbers are traced; `schedule` is data; `batch_size`, the task's options
        and the optimizers' other parameters cost a program per value.
      trials: Settings to try instead of a full grid, equally many per optimizer: a dict from
        label to a list of dicts. Crossed with `axes`. They may name their `split` and, all of them,
        their `seed`: lanes are then rows of a list, and the record has no dimension `seed`.
      seeds: A count or a list. A seed fixes initial parameters, order of the examples and noise;
        all lanes of a seed read the same ones, so comparisons are paired.
      budget: How much training each lane gets.
      batch_size: Examples per update, unless an axis.
      schedule: Name, entry, or `(peak, steps) -> schedule`, stretched over the budget with the
        learning rate as its peak.
      split: Seed of the train/validation/test split, unless an axis.
      evaluations: How often validation metrics are taken, evenly over the budget, beside once
        before the first update; or at which shares of it, ascending to 1.
      probe: What measures the training state (`lab.Probe`), or its function alone, which is then
        called every `probe_every` updates.
      probe_every: Period of a probe that is a function; 10 by default.
      predict_on: From a split seed to the numbers of rows for which the record gets the trained
        models' `outputs`; equally many for every split.
      extend: A record of the same sweep with fewer seeds, trials or values: what it holds is
        taken over and not run again.
      timed: Whether lanes are charged in seconds too: each program is timed alone first, unless
        `extend` holds its time. Always so where the budget is in seconds.
      devices: Where lanes run; by default all that this process has.
      executor: Where blocks of lanes run instead: anything with `submit` of `concurrent.futures`,
        such as `lab.ProcessPool(4)` or Dask's `client.get_executor(retries=2)`. The record has the
        same bits; a lost process costs what it was running, which is run again elsewhere. The
        `seconds_…` of several processes are added up.
      progress: Whether to show a progress bar; by default on a terminal and in a notebook.
      checkpoint: A folder in which the state of the sweep is kept while it runs, about every
        minute or as often as 2 % of the time pays for. Where the same sweep was checkpointed
        before, it is continued, and its record is bitwise what it would have been. SIGINT and
        SIGTERM save before they act.
      export: Which lanes leave their best and final parameters as files (`lab.Export`), for
        `lab.load_model`; not those that `extend` holds.
      early_stopping: When a lane stops before its budget is spent (`lab.EarlyStopping`). Lanes
        that do not stop have the bits they have without; several rules can be replayed on one
        record (`lab.sweeps.early_stopping.rule.replay`).

    Returns:
      A dataset with dimensions `optimizer`, `trial` (if given), the axes, `seed` and `step`:
      `train_loss` (mean over the batches since the evaluation before; NaN at the first),
      `validation_NAME` for each metric, `diverged_at` (number of the update whose loss was not
      finite, or -1). The ledger is coordinates: `updates`, `examples`, `gradient_evaluations`,
      `flops` (and `seconds`) that a lane was charged up to each step, each with the dimensions
      along which it differs, and `unspent`, less than an update, of the budget. A diverged
      lane's metrics are infinite from there on. With `early_stopping`, `stopped_early_at` and
      `best_at` (the last improvement) count updates, -1 for none: a lane that stopped is charged
      nothing more, its `train_loss` and probes are NaN from there on (0, if integers), and its
      validation metrics are those of the weights it is left with, as are those of every lane at
      the last step, `outputs` and final exports; `unspent` holds what it saved. Attributes say
      what this call took: `lane_updates`, `seconds` and, of these, `seconds_compiling`,
      `seconds_initializing` (first parameters), `seconds_training` and
      `seconds_evaluating` (`lab.sweeps.execution.timing`), and `lane_bytes`, memory of one lane
      while it trains, of the program with the largest.

    Raises:
      InputError: Before anything compiles, if something cannot be what was meant, or if another
        sweep's checkpoints, another process or other files are in the folder `checkpoint`.

    >>> import lab
    >>> record = lab.sweep(
    ...     "iris", ["adam"], axes={"learning_rate": [0.01, 0.1]}, seeds=3,
    ...     budget=lab.Budget(epochs=2), batch_size=16, evaluations=2,
    ... )
    >>> dict(record.validation_loss.sizes)
    {'optimizer': 1, 'learning_rate': 2, 'seed': 3, 'step': 3}
    """
    if isinstance(probe, Probe):
        require(probe_every is None, "probe_every must not be given beside a lab.Probe.")
    elif probe is not None:
        probe = Probe(probe, 10 if probe_every is None else probe_every)
    declared = Sweep(
        task, optimizers, axes=axes, trials=trials, seeds=seeds, budget=budget,
        batch_size=batch_size, schedule=schedule, split=split, evaluations=evaluations,
        probe=probe, predict_on=predict_on, timed=timed, early_stopping=early_stopping,
    )  # fmt: skip
    return declared.run(
        extend=extend, checkpoint=checkpoint, export=export, executor=executor, devices=devices,
        progress=progress,
    )  # fmt: skip


def _configuration(plan: Plan, machine: Mapping[str, Any]) -> dict[str, Any]:
    """What a record says of how it was made: enough to be extended by the same sweep only."""
    words = {name: word for job in plan.jobs for name, word in of_job(job).items()}
    return plan.shared | {
        "identity": json_words(dict(machine) | words | predictions(plan)),
        "lane_width": {
            job.lanes[0].setting["optimizer"]: group_width(job, machine["backend"])[0]
            for job in plan.jobs
        },
        "seconds_per_update": plan.timed,
    }
