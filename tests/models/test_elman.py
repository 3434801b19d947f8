"""The Elman network is Flax's, and its gradient by hand is JAX's; the adding problem trains it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

import lab
from lab import models
from lab.models import Elman, backpropagate_through_time
from lab.tasks._adding import adding, sequences
from lab.validation.errors import InputError, UnknownNameError

KEY = jax.random.key(0)
X = np.random.default_rng(0).normal(size=(5, 9, 2))  # [B, T, D]
MODEL = Elman(hidden=6, outputs=3)


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


def outputs(model, params, x):
    return models.apply(model, params, {}, x, train=True)[0]


def test_equals_the_simple_cell_of_flax():
    x = X.astype(np.float32)
    params, _ = models.init(MODEL, KEY, x)
    params["input"]["bias"] = jnp.linspace(-1, 1, 6)
    cell = nn.SimpleCell(6)
    with jax.numpy_rank_promotion("allow"):
        twin_params = {"i": params["input"], "h": params["recurrent"]}
        h = jnp.zeros((5, 6))
        theirs = cell.init(KEY, h, x[:, 0])["params"]
        assert jax.tree.structure(theirs) == jax.tree.structure(twin_params)
        step = jax.jit(lambda h, x: cell.apply({"params": twin_params}, h, x)[0])
        for t in range(x.shape[1]):
            h = step(h, x[:, t])
        twin = h @ params["output"]["kernel"] + params["output"]["bias"]
    np.testing.assert_allclose(outputs(MODEL, params, x), twin, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
def test_the_gradient_by_hand_is_that_of_jax(activation):
    model = Elman(hidden=6, outputs=3, activation=activation, recurrent_scale=1.5)
    with jax.enable_x64(True):
        params, _ = models.init(model, KEY, X)

        @jax.jit
        def both(params):
            y, pull = jax.vjp(lambda p: outputs(model, p, X), params)
            back = jnp.cos(y)
            return backpropagate_through_time(params, X, back, activation).gradient, pull(back)[0]

        by_hand, exact = both(params)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-11), by_hand, exact)


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_the_gradient_grows_by_the_scale_at_each_time_back(scale):
    model = Elman(hidden=6, outputs=1, activation="linear", recurrent_scale=scale)
    x = X.astype(np.float32)
    params, _ = models.init(model, KEY, x)
    back = backpropagate_through_time(params, x, jnp.ones((5, 1)), "linear")
    growth = np.asarray(back.signal)[:-1] / np.asarray(back.signal)[1:]
    np.testing.assert_allclose(growth, scale, rtol=1e-4)


def test_the_last_state_can_be_seen():
    x = X.astype(np.float32)
    params, _ = models.init(MODEL, KEY, x)
    state = models.hidden(MODEL, params, {}, x)["state"]
    out = params["output"]
    expected = state @ out["kernel"] + out["bias"][None]
    np.testing.assert_allclose(outputs(MODEL, params, x), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        ({"hidden": 0}, InputError, "hidden must be"),
        ({"activation": "tan"}, UnknownNameError, "did you mean 'tanh'"),
        ({"recurrent_initializer": "orthogonals"}, UnknownNameError, "'orthogonal'"),
    ],
)
def test_refuses_impossible_choices(wrong, error, says):
    with pytest.raises(error, match=says):
        Elman(**{"hidden": 4, "outputs": 1, **wrong})


def test_refuses_what_is_no_sequence():
    with pytest.raises(InputError, match="sequences"):
        models.init(MODEL, KEY, jnp.ones((5, 2)))


# The adding problem


def test_targets_are_the_sum_of_the_two_marked_values():
    rows = sequences(3000, 11, seed=1)
    x, y = rows["x"].astype(float), rows["y"]
    assert x.shape == (3000, 11, 2)
    np.testing.assert_array_equal(x[..., 1].sum(1), 2)
    np.testing.assert_array_equal(x[:, :5, 1].sum(1), 1)
    np.testing.assert_allclose((x[..., 0] * x[..., 1]).sum(1), y, rtol=1e-6)
    np.testing.assert_allclose(np.mean((y - 1) ** 2), 1 / 6, rtol=0.1)
    assert (x[..., 0] >= 0).all()
    assert (x[..., 0] <= 1).all()
    for name, again in sequences(3000, 11, seed=1).items():
        np.testing.assert_array_equal(rows[name], again)
    assert (sequences(3000, 11, seed=2)["y"] != y).any()
    with pytest.raises(InputError, match="length"):
        sequences(100, 1)


def train(task, optimizer, updates):
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        return lab.sweep(
            task, [optimizer], axes={"learning_rate": [0.01]}, seeds=2, batch_size=50,
            budget=lab.Budget(updates=updates), evaluations=1, progress=False,
        )  # fmt: skip


def test_a_short_sequence_is_learnt_and_a_steep_one_explodes():
    short = adding(length=4, n=1000, hidden=16)
    assert (train(short, "adam", 200).validation_loss.isel(step=-1) < 0.05).all()
    steep = short.variant(length=40, n=100, hidden=4, activation="linear", recurrent_scale=3.0)
    assert steep.options["length"] == 40
    assert (train(steep, "sgd", 10).diverged_at >= 0).all()


def test_is_a_task_by_name():
    task = lab.tasks.CATALOG["adding"].make(length=5, n=20)
    assert task.options["length"] == 5
    split = task.source.prepare(0)
    assert len(split.train) == 16
    assert len(split.validation) == 4
