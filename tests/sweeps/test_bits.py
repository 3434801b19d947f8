"""A lane's numbers are its own: bitwise the same whatever stands beside it."""

import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

import lab
from lab.sweeps.execution import group

RATES = [0.003, 0.01, 0.03, 0.1, 0.3]
BUDGET = lab.Budget(updates=60)
MEASURED = ("validation_loss", "validation_accuracy", "train_loss")


def noisy_task():
    """Batch norm, dropout and a batch that straddles epochs: the chaotic case."""
    table = lab.data.load("iris")
    return lab.tasks.supervised(
        lab.data.source(table), widths=(16, 16), normalization="batch", dropout=True
    )


@pytest.fixture(scope="module")
def task():
    return noisy_task()


def sweep(task, **other):
    arguments = {
        "axes": {"learning_rate": RATES}, "seeds": 6, "budget": BUDGET, "batch_size": 7,
        "schedule": "cosine_decay_schedule", "evaluations": 5,
    }  # fmt: skip
    return lab.sweep(task, ["adam"], **(arguments | other))


@pytest.fixture(scope="module")
def whole(task):
    return sweep(task)


def same(a, b):
    for name in MEASURED:
        np.testing.assert_array_equal(a[name].values, b[name].values, err_msg=name)


def test_a_lane_is_the_same_alone_as_among_others(task, whole):
    alone = sweep(task, axes={"learning_rate": [0.03]}, seeds=[4])
    same(alone, whole.sel(learning_rate=[0.03], seed=[4]))


def test_a_lane_is_the_same_wherever_it_stands(task, whole):
    turned = sweep(task, axes={"learning_rate": RATES[::-1]}, seeds=[5, 3, 1, 0, 2, 4])
    same(turned.sel(learning_rate=RATES, seed=range(6)), whole)


def test_a_run_is_the_same_however_it_is_cut_into_chunks(task, whole, monkeypatch):
    monkeypatch.setattr(group, "call_capacity", lambda job: 9)
    same(sweep(task), whole)


def test_a_number_is_the_same_as_axis_and_as_default(task, whole):
    crossed = sweep(task, axes={"learning_rate": RATES, "b1": [0.8, 0.9], "dropout_rate": [0.5]})
    same(crossed.sel(b1=0.9, dropout_rate=0.5), whole)


def test_a_probe_changes_no_bit(task, whole):
    def norm(snapshot):
        return {"norm": jnp.sqrt(sum(jnp.sum(g**2) for g in _leaves(snapshot.gradient)))}

    probed = sweep(task, probe=norm, probe_every=4)
    same(probed, whole)
    assert probed.probe_norm.sizes["probe_step"] == 15
    assert (probed.probe_norm > 0).all()
    np.testing.assert_array_equal(probed.probe_step, np.arange(15) * 4)


def test_a_longer_constant_budget_begins_with_the_shorter_one(task):
    short = sweep(task, schedule="constant_schedule", evaluations=6)
    long = sweep(task, schedule="constant_schedule", evaluations=12, budget=lab.Budget(updates=120))
    for name in MEASURED:
        np.testing.assert_array_equal(short[name], long[name].isel(step=slice(0, 7)))


def test_if_half_of_all_lanes_diverge_the_others_keep_their_bits(task, whole):
    far = [1e30 * rate for rate in RATES]
    wild = sweep(task, axes={"learning_rate": [r for pair in zip(far, RATES) for r in pair]})
    same(wild.sel(learning_rate=RATES), whole)
    lost = wild.sel(learning_rate=far)
    assert (lost.diverged_at >= 0).all()
    assert np.isposinf(lost.validation_loss.isel(step=-1)).all()
    assert np.isneginf(lost.validation_accuracy.isel(step=-1)).all()
    assert (wild.sel(learning_rate=RATES).diverged_at == -1).all()


def test_meshes_of_2_4_and_8_devices_give_the_same_bits():
    script = Path(__file__).parent / "mesh_script.py"
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    digests = done.stdout.split()
    assert len(digests) == 3
    assert len(set(digests)) == 1, digests


def _leaves(tree):
    import jax

    return jax.tree.leaves(tree)
