"""Blocks of a sweep are dealt to processes, and every process gets what the others measured.

The deal is a pure function of numbers that all processes know, so nothing needs to be agreed upon
but the plan itself. As a lane's bits depend on nothing beside it, the record is bitwise that of one
process.
"""

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from jax.sharding import Mesh

from lab.sweeps import hosts
from lab.sweeps.execution.work import block_size, dealt
from lab.sweeps.planning.identity import check_same
from lab.sweeps.planning.plan import Job
from lab.sweeps.results.record import Table


def share(first: int, blocks: int, process: int, processes: int) -> range:
    """Which of a job's blocks are a process's: every so many-th of the sweep's, in turn.

    Args:
      first: How many blocks of the sweep there are before the job's.
      blocks: How many the job has.
      process: Number of the process.
      processes: How many there are.

    >>> share(0, 5, 0, 2), share(0, 5, 1, 2), share(5, 3, 1, 2)
    (range(0, 5, 2), range(1, 5, 2), range(0, 3, 2))
    """
    return range((process - first) % processes, blocks, processes)


def shares(todo: list[Job], mesh: Mesh, process: int) -> list[range]:
    """The blocks of each job that are a process's."""
    found, first = [], 0
    for job in todo:
        blocks = len(dealt(job.lanes, block_size(job, mesh)))
        found.append(share(first, blocks, process, hosts.count()))
        first += blocks
    return found


def agree(described: Callable[[], dict[str, Any]]) -> None:
    """Make sure that all processes run the same sweep.

    Raises:
      InputError: Names the first thing that differs.
    """
    if hosts.count() == 1:
        return
    for process, found in enumerate(hosts.exchange(json.dumps(described()).encode())):
        check_same(
            json.loads(found), described(), f"the sweep of process {process}",
            "give every process the same arguments, the same devices and the same earlier record",
        )  # fmt: skip


def first(make: Callable[[], Any]) -> Any:
    """What `make` gives in process 0, as JSON; others do not call it but wait."""
    if hosts.count() == 1:
        return make()
    told = json.dumps(make(), default=lambda number: number.item()) if hosts.index() == 0 else ""
    return json.loads(hosts.exchange(told.encode())[0])


def gather(table: Table, todo: list[Job], mesh: Mesh, meanwhile: Callable[[], None]) -> None:
    """Put in the table what other processes measured; `meanwhile` is called while one waits.

    Raises:
      Lost: If another process is lost before it has handed in its share.
    """
    if hosts.count() == 1:
        return
    mine = _packed(table, _cells(todo, mesh, hosts.index()))
    for process, content in enumerate(hosts.exchange(mine, meanwhile)):
        if process != hosts.index():
            _put(table, _cells(todo, mesh, process), content)


def _cells(todo: list[Job], mesh: Mesh, process: int) -> list[tuple[int, ...]]:
    """Where the lanes of a process stand in the record."""
    cells = []
    for job, mine in zip(todo, shares(todo, mesh, process)):
        blocks = dealt(job.lanes, block_size(job, mesh))
        cells += [lane.cell for number in mine for lane in blocks[number]]
    return cells


def _packed(table: Table, cells: list[tuple[int, ...]]) -> bytes:
    """Columns of a table at some cells, with their names and dimensions."""
    content = io.BytesIO()
    if cells:
        at = tuple(np.array(cells).T)
        columns = {json.dumps([k, *table.dims[k]]): v[at] for k, v in table.arrays.items()}
        np.savez(content, **columns)  # type: ignore[arg-type] - its own keyword is not among them
    return content.getvalue()


def _put(table: Table, cells: list[tuple[int, ...]], content: bytes) -> None:
    """The inverse of `_packed`."""
    if not cells:
        return
    with np.load(io.BytesIO(content), allow_pickle=False) as columns:
        for told, values in columns.items():
            name, *inner = json.loads(told)
            for cell, value in zip(cells, values, strict=True):
                table.put(name, tuple(inner), cell, value)
