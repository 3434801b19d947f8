"""What a record holds."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import lab
from lab.sweeps.devices.widths import table, width
from tests.sweeps import small

BUDGET = lab.Budget(updates=40)


@pytest.fixture(scope="module")
def task(blobs_xy):
    x, y = blobs_xy
    return lab.tasks.own(
        small.init,
        small.loss,
        {"x": x, "y": y},
        metrics=small.metrics,
        hypers={"init_scale": 1.0},
    )


def run(task, optimizers=("adam",), **other):
    arguments = {"axes": {"learning_rate": [0.01, 0.1]}, "budget": BUDGET, "batch_size": 10}
    return lab.sweep(task, optimizers, **(arguments | other))


def test_dimensions_are_named_and_ordered(task):
    record = run(
        task,
        ["adam", "lion"],
        axes={"batch_size": [5, 10], "learning_rate": [0.01, 0.1], "split": [0, 1]},
        seeds=3,
        evaluations=4,
    )
    expected = ("optimizer", "batch_size", "learning_rate", "split", "seed", "step")
    assert record.validation_loss.dims == expected
    assert record.validation_loss.shape == (2, 2, 2, 2, 3, 5)
    assert record.updates.dims == ("batch_size", "step")
    np.testing.assert_array_equal(record.examples, record.updates * record.batch_size)


def test_training_lowers_the_loss_and_different_lanes_differ(task):
    loss = run(task, seeds=3).validation_loss
    assert (loss.isel(step=-1) < loss.isel(step=0)).all()
    assert len(np.unique(loss.isel(step=-1))) == loss.isel(step=-1).size


def test_lanes_of_a_seed_start_alike_and_read_the_same_batches(task):
    record = run(task, axes={"learning_rate": [0.0], "b1": [0.5, 0.9]}, seeds=2)
    first, second = record.isel(b1=0), record.isel(b1=1)
    np.testing.assert_array_equal(first.train_loss, second.train_loss)
    assert len(np.unique(first.validation_loss.isel(step=0))) == 2


def test_any_optax_factory_can_stand_beside_the_catalogue(task):
    record = run(task, {"mine": optax.adam, "theirs": "adam"})
    np.testing.assert_allclose(
        record.validation_loss.sel(optimizer="mine"),
        record.validation_loss.sel(optimizer="theirs"),
        rtol=1e-4,
    )


def test_options_of_an_optimizer_are_static_axes(task):
    record = run(task, axes={"learning_rate": [0.1], "nesterov": [False, True]}, seeds=2)
    final = record.validation_loss.isel(step=-1)
    assert (final.sel(nesterov=True) != final.sel(nesterov=False)).all()


def test_options_of_a_task_are_static_axes():
    record = run("iris", axes={"learning_rate": [0.01], "activation": ["tanh", "relu"]})
    assert record.activation.values.tolist() == ["tanh", "relu"]
    assert len(np.unique(record.validation_loss.isel(step=-1))) == 2


def test_schedules_are_an_axis_and_the_rate_is_their_peak(task):
    def halves(peak, steps):
        return lambda t: jnp.where(t < steps // 2, peak, 0.0)

    record = run(task, axes={"learning_rate": [0.1], "schedule": ["constant_schedule", halves]})
    both = record.validation_loss.squeeze()
    constant, halved = both[0].values, both[1].values
    np.testing.assert_array_equal(constant[:11], halved[:11])
    assert np.all(halved[10:] == halved[10])
    assert np.all(constant[11:] != halved[11:])


def test_trials_carry_their_own_settings(task):
    trials = {
        "adam": [{"learning_rate": 0.1, "b1": 0.5}, {"learning_rate": 0.01, "b1": 0.9}],
        "sgd": [{"learning_rate": 1.0}, {"learning_rate": 0.5}],
    }
    record = run(task, ["adam", "sgd"], axes={}, trials=trials)
    assert record.validation_loss.dims[:2] == ("optimizer", "trial")
    assert record.learning_rate.sel(optimizer="sgd").values.tolist() == [1.0, 0.5]
    assert np.isnan(record.b1.sel(optimizer="sgd")).all()
    crossed = run(task, axes={"learning_rate": [0.1], "b1": [0.5]})
    np.testing.assert_array_equal(
        record.validation_loss.sel(optimizer="adam", trial=0),
        crossed.validation_loss.values.reshape(1, -1),
    )


def test_trials_may_set_the_batch_size_and_numbers_of_the_task(task):
    trials = {
        "adam": [
            {"learning_rate": 0.1, "batch_size": 5, "init_scale": 0.5},
            {"learning_rate": 0.1, "batch_size": 20, "init_scale": 0.5},
        ]
    }
    record = run(task, axes={}, trials=trials, budget=lab.Budget(examples=200), evaluations=2)
    assert record.updates.dims == ("trial", "step")
    assert record.updates.isel(step=-1).values.tolist() == [40, 10]
    axes = {"learning_rate": [0.1], "batch_size": [20], "init_scale": [0.5]}
    crossed = run(task, axes=axes, budget=lab.Budget(examples=200), evaluations=2)
    np.testing.assert_array_equal(
        record.validation_loss.isel(trial=1).values.ravel(), crossed.validation_loss.values.ravel()
    )


def test_a_record_is_extended_without_running_its_lanes_again(task):
    small_record = run(task, seeds=[0, 2])
    extended = run(task, seeds=[0, 1, 2, 3], extend=small_record)
    fresh = run(task, seeds=[0, 1, 2, 3])
    for name in ("validation_loss", "train_loss", "diverged_at"):
        np.testing.assert_array_equal(extended[name], fresh[name])
    assert extended.attrs["lane_updates"] == 2 * 2 * 40
    again = run(task, seeds=[0, 1, 2, 3], extend=extended)
    assert again.attrs["lane_updates"] == 0
    assert again.drop_attrs().identical(fresh.drop_attrs())


def test_another_configuration_is_not_extended(task):
    record = run(task)
    with pytest.raises(lab.InputError, match=r"budget.*40.*50"):
        run(task, budget=lab.Budget(updates=50), extend=record)


def test_full_batch_training_uses_every_row_each_update(task):
    record = run(task, batch_size=120, axes={"learning_rate": [0.0]}, seeds=1, evaluations=40)
    losses = record.train_loss.squeeze()[1:]
    np.testing.assert_allclose(losses, losses[0], rtol=1e-6)


def test_a_task_without_data_is_an_objective():
    bowl = lab.tasks.own(
        init=lambda key: jax.random.normal(key, (3,)),
        loss=lambda params, batch: jnp.sum(params**2),
        name="bowl",
    )
    record = lab.sweep(
        bowl, ["sgd"], axes={"learning_rate": [0.25]}, budget=lab.Budget(updates=30), batch_size=1,
        seeds=4,
    )  # fmt: skip
    start, end = (record.validation_loss.isel(step=i).values for i in (0, -1))
    np.testing.assert_allclose(end, start * 0.5**60, rtol=1e-4)


def test_loss_may_carry_a_model_state_and_noise():
    def loss(params, model_state, batch, key, hypers):
        noise = hypers["noise"] * jax.random.normal(key, ())
        seen = model_state["seen"] + 1 if model_state else 0
        return jnp.mean((params - batch["x"]) ** 2) + noise, (
            {"seen": seen} if model_state else {},
            {},
        )

    task = lab.tasks.own(
        init=lambda key: lab.tasks.Initial(jnp.zeros(()), {"seen": jnp.int32(0)}),
        loss=loss,
        data={"x": np.arange(20.0)},
        hypers={"noise": 0.0},
    )
    record = lab.sweep(
        task, ["sgd"], axes={"learning_rate": [0.0], "noise": [0.0, 1.0]}, batch_size=16,
        budget=lab.Budget(updates=8), evaluations=8,
    )  # fmt: skip
    quiet, noisy = (record.train_loss.sel(noise=n).squeeze()[1:] for n in (0.0, 1.0))
    assert len(np.unique(noisy - quiet)) == 8


def test_the_width_depends_on_sizes_and_device_only():
    for rows in map(table, ("cpu", "gpu", "tpu")):
        limits = [limit for limit, _ in rows]
        assert limits == sorted(limits)
        assert limits[-1] == float("inf")
    assert width(10, "cpu") == table("cpu")[0][1]
    assert width(2**40, "cpu") == table("cpu")[-1][1]
    assert width(10, "some new device") == width(10, "gpu")
