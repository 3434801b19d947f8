"""Lanes that were paused, repacked and continued have the bits of lanes that never were."""

from fractions import Fraction

import jax
import numpy as np
import pytest

import lab
from lab.sweeps import engine
from lab.sweeps.execution import rounds
from lab.sweeps.execution.blocks import blocks_until
from lab.sweeps.execution.lane_state import unstacked
from lab.sweeps.execution.timing import Clock
from lab.sweeps.execution.work import Observers
from lab.validation.errors import InputError

SHARES = [Fraction(1, 9), Fraction(1, 3), Fraction(1)]
RATES = [float(r) for r in np.geomspace(1e-3, 1.0, 12)]


@pytest.fixture(scope="module")
def task():
    return lab.tasks.CATALOG["iris"].make(widths=(8,))


def sweep(task, rates):
    return lab.Sweep(
        task,
        ["adam"],
        axes={"learning_rate": rates},
        seeds=3,
        budget=lab.Budget(epochs=6),
        batch_size=8,
        schedule="cosine_decay_schedule",
        evaluations=SHARES,
    )


def advance(plan, stand, evaluation):
    """Lanes of the only job, from where they stand to a evaluation."""
    found = list(stand)
    blocks = list(blocks_until(0, plan.jobs[0], stand, evaluation))
    with Clock() as clock:
        for result in engine.run(plan, blocks, engine.place(), Observers(clock)):
            for lane, lane_state in zip(result.lanes, unstacked(result.paused, len(result.lanes))):
                found[lane] = lane_state
    return found


def test_promoted_lanes_are_bitwise_those_that_were_never_paused(task):
    asked = sweep(task, RATES)
    whole = asked.run(progress=False).validation_loss.isel(optimizer=0)
    (job,) = asked.plan.jobs
    alive = list(range(len(job.lanes)))
    kept = [None] * len(alive)
    for evaluation in (1, 2, 3):
        part = asked.plan.__class__({}, None, [job.of(alive)], {}, {})
        for lane, lane_state in zip(alive, advance(part, [kept[i] for i in alive], evaluation)):
            kept[lane] = lane_state
            _, rate, seed = job.lanes[lane].cell
            assert rounds.metrics(job, lane_state)["loss"] == whole.values[rate, seed, evaluation]
        last, alive = alive[0], alive[::-2]  # half of them, in another order
    state = rounds.state(job, kept[last])
    assert jax.tree.leaves(state.params)[0].dtype == np.float32
    assert int(state.stopped_at) == -1


def test_lanes_that_begin_late_join_those_that_go_on(task):
    plan = sweep(task, RATES[:4]).plan
    none = [None] * 12
    together = advance(plan, none, 2)
    early = advance(plan, none, 1)
    mixed = advance(plan, [*early[:5], *none[5:]], 2)
    same = advance(plan, mixed, 2)
    for a, b, c in zip(together, mixed, same):
        for x, y in zip(a.state, b.state):
            np.testing.assert_array_equal(x, y)
        assert b is c


@pytest.mark.parametrize("shares", [[], [0.5], [0.5, 0.25, 1], [0, 1], [0.5, 2]])
def test_shares_must_ascend_to_one(task, shares):
    with pytest.raises(InputError, match="ascend to 1"):
        lab.Sweep(
            task,
            ["adam"],
            axes={"learning_rate": [0.1]},
            budget=lab.Budget(epochs=1),
            evaluations=shares,
        )
