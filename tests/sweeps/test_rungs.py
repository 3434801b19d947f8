"""Lanes that were paused, repacked and continued have the bits of lanes that never were."""

from dataclasses import replace
from fractions import Fraction

import jax
import numpy as np
import pytest

import lab
from lab.sweeps.devices.places import lane_mesh
from lab.sweeps.execution import rounds as rungs
from lab.sweeps.execution.placed_data import place_rows
from lab.sweeps.execution.timing import Clock
from lab.sweeps.execution.work import Work
from lab.sweeps.planning.plan import make_plan
from lab.validation.errors import InputError

SHARES = [Fraction(1, 9), Fraction(1, 3), Fraction(1)]
RATES = [float(r) for r in np.geomspace(1e-3, 1.0, 12)]


@pytest.fixture(scope="module")
def task():
    return lab.tasks.CATALOG["iris"].make(widths=(8,))


def planned(task, trials):
    return make_plan(
        task, ["adam"], axes={}, trials={"adam": [{"learning_rate": r} for r in trials]}, seeds=3,
        budget=lab.Budget(epochs=6), batch_size=8, schedule="cosine_decay_schedule", split=0,
        evaluations=SHARES, probe=None, probe_every=1, timed=None,
    )  # fmt: skip


def test_promoted_lanes_are_bitwise_those_that_were_never_paused(task):
    whole = lab.sweep(
        task, ["adam"], axes={"learning_rate": RATES}, seeds=3, budget=lab.Budget(epochs=6),
        batch_size=8, schedule="cosine_decay_schedule", evaluations=SHARES, progress=False,
    ).validation_loss.isel(optimizer=0)  # fmt: skip
    (job,) = planned(task, RATES).jobs
    mesh = lane_mesh()
    rows = place_rows(job, mesh)
    alive = list(range(len(job.lanes)))
    kept = dict.fromkeys(alive)
    with Clock() as clock:
        for mark in (1, 2, 3):
            part = replace(job, lanes=[job.lanes[i] for i in alive])
            work = Work(part, mesh, rows, clock)
            lives = rungs.advance(work, [kept[i] for i in alive], mark)
            kept = dict(zip(alive, lives))
            for i, live in kept.items():
                _, trial, seed = job.lanes[i].cell
                found = rungs.metrics(job, live)["loss"]
                assert found == whole.values[trial, seed, mark]
            alive = alive[::-2]  # half of them, in another order
    last = job.lanes.index(part.lanes[0])
    state = rungs.state(job, last, kept[last])
    assert jax.tree.leaves(state.params)[0].dtype == np.float32
    assert int(state.stopped_at) == -1


def test_lanes_that_begin_late_join_those_that_go_on(task):
    (job,) = planned(task, RATES[:4]).jobs
    mesh = lane_mesh()
    with Clock() as clock:
        work = Work(job, mesh, place_rows(job, mesh), clock)
        together = rungs.advance(work, [None] * 12, 2)
        early = rungs.advance(work.of(job.lanes[:5]), [None] * 5, 1)
        mixed = rungs.advance(work, [*early, *[None] * 7], 2)
        same = rungs.advance(work, mixed, 2)
    for a, b, c in zip(together, mixed, same):
        for x, y in zip(a.state, b.state):
            np.testing.assert_array_equal(x, y)
        assert b is c


@pytest.mark.parametrize("shares", [[], [0.5], [0.5, 0.25, 1], [0, 1], [0.5, 2]])
def test_shares_must_ascend_to_one(task, shares):
    with pytest.raises(InputError, match="ascend to 1"):
        lab.sweep(
            task, ["adam"], axes={"learning_rate": [0.1]}, budget=lab.Budget(epochs=1),
            evaluations=shares,
        )  # fmt: skip
