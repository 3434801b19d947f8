"""The one loop: blocks of a plan go to this process or to others, results come as they are done."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from jax.sharding import Mesh

from lab.sweeps.devices.places import lane_mesh
from lab.sweeps.execution.blocks import Block, Result, portions, updates_left
from lab.sweeps.execution.distribution import Executor, distributed
from lab.sweeps.execution.shipping import shipped
from lab.sweeps.execution.work import Observers, no_op
from lab.sweeps.local import train_here
from lab.sweeps.planning.identity import check_same, machine
from lab.sweeps.planning.jobs import Plan
from lab.sweeps.planning.prices import seconds
from lab.sweeps.planning.sizes import group_width
from lab.sweeps.results.exports import Export
from lab.sweeps.worker import Call, describe, run_block, settings, timed_program
from lab.validation.errors import require

_AROUND: ContextVar[Executor | None] = ContextVar("around", default=None)


@contextmanager
def executing_on(executor: Executor | None) -> Iterator[None]:
    """Train the sweeps and searches that are begun inside on an executor, unless they say other."""
    token = _AROUND.set(executor)
    try:
        yield
    finally:
        _AROUND.reset(token)


def place(
    executor: Executor | None = None, devices: Sequence[Any] | None = None
) -> Mesh | Executor:
    """Where lanes are trained: an executor, or a mesh of devices of this process.

    Raises:
      InputError: If both are given.
    """
    require(
        executor is None or devices is None,
        "give executor= or devices=, not both: an executor's processes have devices of their own.",
    )
    if devices is not None:
        return lane_mesh(tuple(devices))
    found = executor or _AROUND.get()
    return lane_mesh() if found is None else found


def machine_of(where: Mesh | Executor) -> dict[str, Any]:
    """What numbers depend on, of the process that trains."""
    if isinstance(where, Mesh):
        return machine()
    ((_, found),) = distributed(where, describe, [settings()], {}, no_op)
    return found


def timed_on(where: Mesh | Executor, *program: Any) -> float:
    """Seconds of an update of a program, where lanes are trained (`prices.seconds`)."""
    if isinstance(where, Mesh):
        return seconds(*program)
    sent = shipped(program)
    call = sent.name, settings()
    ((_, found),) = distributed(where, timed_program, [call], dict(sent.parts), no_op)
    return found


def run(
    plan: Plan, blocks: Sequence[Block], where: Mesh | Executor, observers: Observers
) -> Iterator[Result]:
    """Train lanes.

    Args:
      plan: Of all lanes.
      blocks: Which, from where and how far; an executor gets smaller ones, in any order.
      where: From `place`.
      observers: Callbacks.
    """
    if isinstance(where, Mesh):
        yield from train_here(plan, blocks, where, observers)
        return
    worker_machine = machine_of(where)
    widths = [group_width(job, worker_machine["backend"])[0] for job in plan.jobs]
    sent = shipped((plan, observers.export))
    common = settings()
    calls = [
        Call(sent.name, block, common, _exported(plan, block, observers.export))
        for block in portions(plan, blocks, widths, worker_machine["backend"])
    ]

    def poll() -> None:
        observers.between(0, (), None)

    for call, returned in distributed(where, run_block, calls, dict(sent.parts), poll):
        check_same(worker_machine, returned.machine, "a block", "let all workers be alike")
        observers.clock.add(returned.seconds)
        if observers.export is not None:
            observers.export.put(returned.files)
        job = plan.jobs[call.block.job]
        for result in returned.results:
            if result.measured is not None:
                result.measured.lanes.extend(job.lanes[i] for i in result.lanes)
            yield result
        observers.advance(updates_left(plan, call.block))


def _exported(plan: Plan, block: Block, export: Export | None) -> dict[str, bytes]:
    """What lanes that are under way have exported: their best so far, that later ones must beat."""
    if export is None or block.paused is None:
        return {}
    return export.kept(plan.jobs[block.job], block.lanes)
