"""Groups of lanes in turn: what is computed, where a lane stands, and who gets which block."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lab
from lab.data.streams import key_data
from lab.sweeps import hosts, work
from lab.sweeps.mapped import mapped
from lab.sweeps.place import lane_mesh, number
from lab.sweeps.plan import Job, make_plan
from lab.sweeps.sizes import Layout, layout
from lab.sweeps.slots import Slots

WIDTH, ROOM = 2, 3  # lanes of a group, groups of a device


def job() -> Job:
    """Of one lane."""
    plan = make_plan(
        lab.tasks.CATALOG["iris"].make(), ["adam"], axes={"learning_rate": [0.1]},
        trials=None, seeds=1,
        budget=lab.Budget(updates=1), batch_size=8, schedule="constant_schedule", split=0,
        evaluations=1, probe=None, probe_every=1, timed=None,
    )  # fmt: skip
    return plan.jobs[0]


def walk(state, rows, key):
    """Something with a state, something shared, and keys going in and out."""
    drawn = jax.random.fold_in(jax.random.wrap_key_data(key, impl="threefry2x32"), 7)
    moved = state * 0.5 + rows.sum() + jax.random.normal(drawn, state.shape)
    return moved, {"loss": (moved**2).mean(), "key": drawn}


@pytest.mark.parametrize("groups", range(ROOM + 1))
def test_the_first_groups_are_computed_and_no_others(groups):
    mesh = lane_mesh()
    lanes = mesh.size * ROOM * WIDTH
    state = np.random.default_rng(0).normal(size=(lanes, 5)).astype(np.float32)
    rows = jnp.arange(4.0)
    key = np.stack([key_data(seed, "noise") for seed in range(lanes)])
    walked, found = jax.jit(jax.vmap(walk, in_axes=(0, None, 0)))(state, rows, key)

    together = mapped(walk, mesh, WIDTH, (0, None, 0), in_place=True)
    moved, info = together(number(mesh, groups), state, rows, key)
    used = np.arange(lanes) % (ROOM * WIDTH) < groups * WIDTH
    np.testing.assert_array_equal(np.asarray(moved)[~used], state[~used])
    np.testing.assert_allclose(np.asarray(moved)[used], walked[used], rtol=1e-6)
    np.testing.assert_array_equal(np.asarray(info["loss"])[~used], 0)
    np.testing.assert_array_equal(
        jax.random.key_data(info["key"])[used], jax.random.key_data(found["key"])[used]
    )


def test_few_groups_and_many_have_one_program(compilations):
    mesh = lane_mesh()
    twice = mapped(lambda x: 2 * x, mesh, WIDTH, (0,))
    x = np.ones((mesh.size * ROOM * WIDTH, 3), np.float32)
    counts = [number(mesh, groups) for groups in range(1, ROOM + 1)]
    twice(counts[0], x)
    before = compilations()
    for count in counts:
        twice(count, x)
    assert compilations() == before


@settings(deadline=None, max_examples=30)
@given(lanes=st.integers(1, 2 * ROOM * WIDTH), rows=st.integers(0, 4))
def test_what_is_put_comes_home(lanes, rows):
    mesh = lane_mesh()
    slots = Slots(mesh, Layout(WIDTH, ROOM, 1), lanes)
    tree = {"x": np.arange(lanes * rows, dtype=np.float32).reshape(lanes, rows),
            "y": np.arange(lanes, dtype=np.int32)}  # fmt: skip
    there = slots.put(tree)
    assert {len(leaf) for leaf in there.values()} == {mesh.size * ROOM * WIDTH}
    for home in (slots.home(there), dict(zip(tree, slots.leaves(there))), slots.home(tree)):
        assert all(np.array_equal(home[name], tree[name]) for name in tree)
    used = int(np.asarray(slots.groups))
    assert (used - 1) * WIDTH * mesh.size < lanes <= used * WIDTH * mesh.size
    # padding is a lane of the block, so that nothing is computed that could fail on its own
    standing = np.asarray(there["y"]).reshape(mesh.size, -1)[:, : used * WIDTH]
    assert set(standing.ravel()) == set(range(lanes))


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize("groups", [1, 2, 7, 8, 9, 20])
def test_blocks_are_as_large_as_fits_and_every_process_gets_one(groups, processes, monkeypatch):
    monkeypatch.setattr(hosts, "count", lambda: processes)
    mesh, one = lane_mesh(), job()
    room = layout(one, mesh)
    one.lanes[:] = one.lanes[:1] * (groups * room.width * mesh.size)
    size = work.block_size(one, mesh)
    blocks = [len(block) for block in work.dealt(one.lanes, size)]
    assert size % (room.width * mesh.size) == 0
    assert size <= room.lanes * mesh.size
    assert len(blocks) >= min(groups, processes)
    assert sum(blocks) == len(one.lanes)
    assert max(blocks) == size


def test_an_accelerator_is_filled_by_one_group():
    class Device:
        platform = "gpu"

    class Mesh:
        devices = np.array([Device()])

    assert layout(job(), Mesh()).groups == 1


def test_lanes_of_several_groups_are_those_of_single_ones(monkeypatch):
    def losses():
        record = lab.sweep(
            "iris", ["adam"], axes={"learning_rate": np.geomspace(1e-3, 0.1, 40)}, seeds=4,
            budget=lab.Budget(updates=20), batch_size=16, evaluations=4, progress=False,
        )  # fmt: skip
        return record.validation_loss.values, record.train_loss.values

    many = losses()
    monkeypatch.setattr("lab.sweeps.sizes.GROUPS", 1)
    for first, second in zip(many, losses()):
        np.testing.assert_array_equal(first, second)
