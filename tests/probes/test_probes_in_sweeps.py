"""In a sweep probes see what a plain loop sees, and change no bit of the training."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lab
from lab import models, optimizers, probes
from lab.models import ACTIVATIONS, MLP
from lab.types import Hypers, Snapshot

CATALOG = optimizers.CATALOG
MODEL = MLP(
    widths=(8, 8), outputs=3, activation="tanh", normalization="batch", dropout=True
)  # what `supervised` makes of these options
KEPT = ("validation_loss", "validation_accuracy", "train_loss", "diverged_at")


@pytest.fixture(scope="module")
def task():
    return lab.tasks.supervised(
        lab.data.source(lab.data.load("iris")),
        widths=(8, 8),
        activation="tanh",
        normalization="batch",
        dropout=True,
    )


def sweep(task, rules=None, **other):
    return lab.sweep(
        task, rules or {"adam": "adam"}, axes={"learning_rate": [0.01, 0.1, 1e4]}, seeds=3,
        batch_size=10, budget=lab.Budget(updates=21), evaluations=3, progress=False, **other,
    )  # fmt: skip


def same(a, b):
    for name in KEPT:
        np.testing.assert_array_equal(a[name].values, b[name].values, err_msg=name)


@pytest.fixture(scope="module")
def plain(task):
    return sweep(task)


@pytest.fixture(scope="module")
def probed(task):
    def noise(loss, params, batch, key):
        return probes.gradient_moments(loss, params, batch, 5)

    probe = probes.together(
        flow=probes.Flow(),
        since=probes.Since(depth=1),
        signal=probes.Signal(MODEL, ACTIVATIONS["tanh"].by_hand, edges=(-1.0, 0.0, 1.0)),
        noise=probes.OfLoss(task.problem, noise),
    )
    return sweep(task, {"adam": probes.remembering(CATALOG["adam"])}, probe=probe, probe_every=5)


def test_all_probes_together_change_no_bit(plain, probed):
    same(plain, probed)


@pytest.mark.slow
def test_curvature_changes_no_bit(task, plain):
    def curvature(loss, params, batch, key):
        return {
            "sharpness": probes.sharpness(loss, params, batch, key, 4),
            "trace": probes.hessian_trace(loss, params, batch, key, 2).value,
        }

    record = sweep(task, probe=probes.OfLoss(task.problem, curvature), probe_every=5)
    same(plain, record)
    assert np.isfinite(record.probe_sharpness.sel(learning_rate=[0.01, 0.1])).all()


def test_the_record_has_every_probe_by_time_and_layer(task, probed):
    params, _ = task.problem.init(jax.random.key(0), {})
    layers = len(probes.layer_names(params))
    assert layers == 5  # two dense layers, their norms, the output
    assert probed.sizes["probe_step"] == 5
    assert probed.probe_flow_gradient_norm.shape[-2:] == (5, layers)
    assert probed.probe_since_relative_change.shape[-1] == 3
    assert probed.probe_signal_histogram.shape[-2:] == (2, 2)
    sound = probed.sel(learning_rate=[0.01, 0.1])
    assert np.isfinite(sound.probe_flow_gradient_norm).all()
    assert (sound.probe_noise_trace > 0).all()
    np.testing.assert_allclose(sound.probe_signal_histogram.sum("probe_signal_histogram_1"), 1)
    first = sound.isel(probe_step=0)
    np.testing.assert_array_equal(first.probe_since_relative_change, 0)
    np.testing.assert_array_equal(first.probe_since_cosine, 0)
    last = sound.isel(probe_step=-1)
    assert (last.probe_since_relative_change > 0).all()
    assert (np.abs(last.probe_since_cosine) <= 1 + 1e-6).all()
    assert (last.probe_since_cosine != 0).all()


def test_a_rule_that_is_evaluated_elsewhere_is_so_with_memory(task):
    rules = {"mean": "schedule_free_sgd"}
    remembering = {"mean": probes.remembering(CATALOG["schedule_free_sgd"])}
    same(sweep(task, rules), sweep(task, remembering, probe=probes.Since(), probe_every=7))


def test_norms_in_a_sweep_are_those_of_a_plain_loop():
    x = np.linspace(-1, 1, 40, dtype=np.float32)[:, None] * np.ones((1, 3), np.float32)

    def loss(params, batch):
        hidden = jnp.tanh(batch["x"] @ params["a"]["w"])
        return jnp.mean((hidden @ params["b"]["w"] - batch["y"][:, None]) ** 2)

    def init(key):
        return {"a": {"w": jnp.full((3, 4), 0.3)}, "b": {"w": jnp.full((4, 1), -0.2)}}

    task = lab.tasks.own(init, loss, {"x": x, "y": x[:, 0]}, validation=0)
    record = lab.sweep(
        task, {"sgd": probes.remembering(CATALOG["sgd"])}, axes={"learning_rate": [0.1]},
        budget=lab.Budget(updates=6), batch_size=40, probe_every=1, progress=False,
        probe=probes.together(flow=probes.Flow(), since=probes.Since()),
    ).squeeze()  # fmt: skip

    params, before, start = init(None), None, init(None)
    for at in range(6):
        gradient = jax.grad(loss)(params, {"x": x, "y": x[:, 0]})
        seen = record.isel(probe_step=at)
        for name, tree in (("gradient_norm", gradient), ("weight_norm", params)):
            exact = list(probes.layer_norms(tree).values())
            np.testing.assert_allclose(seen[f"probe_flow_{name}"], exact, rtol=1e-4)
        change = list(probes.relative_change(params, start).values())
        np.testing.assert_allclose(seen.probe_since_relative_change, change, rtol=1e-3, atol=1e-7)
        if before is not None:
            cosine = probes.cosine(gradient, before)
            np.testing.assert_allclose(seen.probe_since_cosine, cosine, atol=1e-4)
        update = jax.tree.map(lambda g: -0.1 * g, gradient)
        ratio = list(probes.update_to_weight_ratio(update, params).values())
        np.testing.assert_allclose(seen.probe_flow_update_to_weight, ratio, rtol=1e-4)
        params = jax.tree.map(jnp.add, params, update)
        before = gradient


def test_the_loss_of_a_snapshot_is_the_training_loss(task):
    key = jax.random.key(1)
    params, state = task.problem.init(key, {"init_scale": 1.0})
    rows = task.source.prepare(0).rows
    batch = {name: jnp.asarray(leaf[:10]) for name, leaf in rows.items()}
    numbers = {"init_scale": 1.0, "dropout_rate": 0.3}
    snapshot = Snapshot(
        params, state, None, params, params, batch, jnp.zeros(()), Hypers({}, numbers)
    )
    loss = probes.loss_of(task.problem, snapshot, key)
    exact, _ = task.problem.loss(params, state, batch, key, numbers)
    assert loss(params, batch) == exact
    outputs = models.hidden(MODEL, params, state, batch["x"], train=True, key=key, hypers=numbers)
    shown = probes.Signal(MODEL)(
        snapshot._replace(hypers=Hypers({}, numbers | {"dropout_rate": 0.0}))
    )
    assert shown["mean"].shape == (len(outputs),)


def test_equal_probes_are_equal_and_remembered_factories_too(task):
    def one():
        return probes.together(flow=probes.Flow(depth=1), signal=probes.Signal(MODEL))

    assert one() == one()
    assert hash(one()) == hash(one())
    assert one() != probes.together(flow=probes.Flow())
    adam, again = (probes.remembering(CATALOG["adam"]) for _ in range(2))
    assert adam.by_hand is again.by_hand
    assert replace(adam, by_hand=CATALOG["adam"].by_hand).name == "adam"
    assert adam.state_slots == CATALOG["adam"].state_slots + 2
