"""`lab.sweep`: many training runs in, one labelled record out."""

import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from fractions import Fraction
from functools import cache, partial
from typing import Any

import jax
import numpy as np
import xarray as xr

from lab import records
from lab.budget import Budget
from lab.catalog import ScheduleEntry
from lab.files import AnyPath
from lab.sweeps import hosts
from lab.sweeps.checkpointing.checkpointer import keeping, timed_before
from lab.sweeps.checkpointing.enclosing import place_for
from lab.sweeps.devices.memory import told_when_exhausted
from lab.sweeps.devices.places import lane_mesh, warn_of_idle_cores
from lab.sweeps.devices.precision import full_precision
from lab.sweeps.early_stopping.rule import EarlyStopping, check_monitor
from lab.sweeps.early_stopping.stopping import run_until_stopped
from lab.sweeps.execution.lane_state import Live
from lab.sweeps.execution.placed_data import place_rows
from lab.sweeps.execution.progress_bar import Progress
from lab.sweeps.execution.runner import run_job
from lab.sweeps.execution.timing import Clock
from lab.sweeps.execution.work import Work
from lab.sweeps.gather import agree, first, gather, shares
from lab.sweeps.planning.arguments import Setting
from lab.sweeps.planning.identity import identity
from lab.sweeps.planning.plan import make_plan
from lab.sweeps.planning.rules import Optimizers
from lab.sweeps.planning.sizes import group_width
from lab.sweeps.results import extension as resume
from lab.sweeps.results.exports import Export
from lab.sweeps.results.record import Table
from lab.tasks import CATALOG as TASKS
from lab.tasks.task import Task
from lab.types import Snapshot
from lab.validation.checks import checked
from lab.validation.kinds import Count, Finite, Whole


@checked
@full_precision()
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
    probe: Callable[[Snapshot], Any] | None = None,
    probe_every: Count = 10,
    predict_on: Callable[[int], np.ndarray] | None = None,
    extend: xr.Dataset | None = None,
    timed: bool = False,
    devices: Sequence[jax.Device] | None = None,  # type: ignore[valid-type]
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
        label to a list of dicts. Crossed with `axes`.
      seeds: A count or a list. A seed fixes initial parameters, order of the examples and noise;
        all lanes of a seed read the same ones, so comparisons are paired.
      budget: How much training each lane gets.
      batch_size: Examples per update, unless an axis.
      schedule: Name, entry, or `(peak, steps) -> schedule`, stretched over the budget with the
        learning rate as its peak.
      split: Seed of the train/validation/test split, unless an axis.
      evaluations: How often validation metrics are taken, evenly over the budget, beside once
        before the first update; or at which shares of it, ascending to 1.
      probe: `Snapshot -> pytree of arrays`, recorded every `probe_every` updates.
      probe_every: Its period in updates.
      predict_on: From a split seed to the numbers of rows for which the record gets the trained
        models' `outputs`; equally many for every split.
      extend: A record of the same sweep with fewer seeds, trials or values: what it holds is
        taken over and not run again.
      timed: Whether lanes are charged in seconds too: each program is timed alone first, unless
        `extend` holds its time. Always so where the budget is in seconds.
      devices: Where lanes run; by default all that this process has.
      progress: Whether to show a progress bar; by default on a terminal.
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
    begin = time.perf_counter()
    task = TASKS[task].make() if isinstance(task, str) else task
    folder, how = place_for(checkpoint)
    known = resume.timed(extend) | (timed_before(folder) if folder is not None else {})
    laid_out = partial(
        make_plan, task, optimizers, axes=axes or {}, trials=trials, seeds=seeds, budget=budget,
        batch_size=batch_size, schedule=schedule, split=split, evaluations=evaluations,
        probe=probe, probe_every=probe_every,
    )  # fmt: skip
    timed = timed or budget.currency == "seconds"
    if timed and hosts.count() > 1:
        known = first(lambda: laid_out(timed=known).timed)
    plan = laid_out(timed=known if timed else None)
    if early_stopping is not None:
        check_monitor(early_stopping, plan.jobs)
    configuration = {
        "task": task.name,
        "data_sha256": task.source.sha256,
        "task_hypers": dict(task.hypers),
        "task_options": {k: str(v) for k, v in task.options.items()},
        "budget": {budget.currency: budget.amount},
        "evaluations": [*map(str, evaluations)]
        if isinstance(evaluations, Sequence)
        else int(evaluations),
        "fixed": plan.fixed,
        "early_stopping": None if early_stopping is None else vars(early_stopping),
        "probe": None
        if probe is None
        else [getattr(probe, "__name__", str(probe)), int(probe_every)],
    }
    mesh = lane_mesh(None if devices is None else tuple(devices))
    warn_of_idle_cores(mesh)
    table = Table(plan)
    todo = plan.jobs
    if extend is not None:
        todo = resume.take_over(plan, configuration, extend, table.put)
    # traces all functions, and so only for those who ask
    described = cache(partial(identity, plan, todo, configuration, mesh))
    keeper = nullcontext() if folder is None else keeping(folder, described, table, how)
    updates = sum(len(job.lanes) * job.marks[-1] for job in todo)
    shown = sys.stderr.isatty() and not hosts.index() if progress is None else progress
    widths: dict[str, int] = {}
    lane_bytes = 0.0
    placed: dict[Any, Any] = {}
    lanes = sum(len(job.lanes) for job in todo)
    with keeper as kept, Progress(updates, lanes, shown) as bar, Clock(begin) as clock:
        if kept is not None:
            clock.begin_at(kept.spent)
        agree(described)
        for number, (job, share) in enumerate(zip(todo, shares(todo, mesh, hosts.index()))):
            widths[job.lanes[0].setting["optimizer"]] = group_width(job, mesh)[0]
            between, begun = _go_on, (0, None)
            if kept is not None:
                between, begun = kept.between(number, clock.spent), kept.begun(number)
            if begun is None or not share:
                bar.advance(len(job.lanes) * job.marks[-1])
                continue
            where = (job.task.source, *sorted({lane.split for lane in job.lanes}))
            if where not in placed:
                placed = {where: place_rows(job, mesh)}  # one table at a time is kept
            run = run_job if early_stopping is None else partial(run_until_stopped, early_stopping)
            work = Work(job, mesh, placed[where], clock, bar.advance, export, predict_on)
            with told_when_exhausted(group_width(job, mesh)[0], job.program.batch_size):
                for measured in run(work, between, begun, share):
                    table.write(measured)
            lane_bytes = max(lane_bytes, work.lane_bytes)
        if kept is not None:
            kept.finish(len(todo), clock.spent)
        gather(table, todo, mesh, hosts.patient if kept is None else kept.waiting)
    configuration = configuration | {"lane_width": widths, "seconds_per_update": plan.timed}
    record = records.stamp(table.dataset(), configuration)
    spent = clock.spent()
    record.attrs["seconds"] = spent.pop("all")
    record.attrs |= {f"seconds_{kind}": seconds for kind, seconds in spent.items()}
    record.attrs |= {} if kept is None else kept.told()
    record.attrs |= {"lane_updates": updates - table.saved(todo), "lane_bytes": lane_bytes}
    return record


def _go_on(block: int, live: Callable[[], Live]) -> None:
    """Between two pieces of a sweep that keeps no checkpoints."""
