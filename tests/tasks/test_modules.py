"""Modules of other libraries train as plain arrays do: to the same loss, with what they hold."""

import pickle

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import lab
from lab.tasks.task import Initial

X = np.linspace(-1, 1, 24, dtype=np.float32)[:, None]
DATA = {"x": X, "y": np.sin(3 * X[:, 0])}


def weights(key):
    """Of layers 1-8-8-1, in Equinox's order of axes."""
    keys = jax.random.split(key, 3)
    return [
        (jax.random.normal(k, (o, i)) / i**0.5, jnp.zeros(o))
        for k, i, o in zip(keys, (1, 8, 8), (8, 8, 1))
    ]


def squared(outputs, batch):
    return jnp.mean((outputs[:, 0] - batch["y"]) ** 2)


def plain():
    def loss(params, batch):
        x = batch["x"]
        for w, b in params[:-1]:
            x = jnp.tanh(x @ w.T + b)
        return squared(x @ params[-1][0].T + params[-1][1], batch)

    return weights, loss


def in_equinox():
    """An MLP of Equinox holds its activations among its leaves."""

    def init(key):
        net = eqx.nn.MLP(1, 1, 8, 2, activation=jnp.tanh, key=key)

        def layers(net):
            return [array for layer in net.layers for array in (layer.weight, layer.bias)]

        return eqx.tree_at(layers, net, [array for pair in weights(key) for array in pair])

    def loss(params, batch):
        assert callable(params.activation)
        return squared(jax.vmap(params)(batch["x"]), batch)

    return init, loss


class Net(nnx.Module):
    def __init__(self, key):
        rngs = nnx.Rngs(0)
        self.layers = nnx.List([nnx.Linear(*w.T.shape, rngs=rngs) for w, _ in weights(key)])
        for layer, (w, b) in zip(self.layers, weights(key)):
            layer.kernel, layer.bias = nnx.Param(w.T), nnx.Param(b)

    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = jnp.tanh(layer(x))
        return self.layers[-1](x)


def in_nnx():
    def init(key):
        return nnx.state(Net(key), nnx.Param)

    def loss(params, batch):
        net = nnx.merge(nnx.graphdef(nnx.eval_shape(lambda: Net(jax.random.key(0)))), params)
        return squared(net(batch["x"]), batch)

    return init, loss


def in_nnx_whole():
    def loss(params, batch):
        return squared(params(batch["x"]), batch)

    return lambda key: Net(key), loss


def trained(init, loss, **other):
    task = lab.tasks.own(init, loss, DATA, validation=0.25, **other)
    return lab.sweep(
        task, ["adamw"], axes={"learning_rate": [1e-3, 1e-2]}, seeds=2, batch_size=6,
        budget=lab.Budget(epochs=5), progress=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def expected():
    return trained(*plain())


@pytest.mark.parametrize("made", [in_equinox, in_nnx, in_nnx_whole])
def test_a_module_trains_as_arrays_do(made, expected):
    found = trained(*made())
    for name in ("validation_loss", "train_loss"):
        np.testing.assert_allclose(found[name].values, expected[name].values, rtol=2e-4)


class Noisy(eqx.Module):
    """With settings among its leaves (a rate, a flag), and a list of functions."""

    linear: eqx.nn.Linear
    dropout: eqx.nn.Dropout
    functions: list

    def __init__(self, key):
        self.linear = eqx.nn.Linear(1, 1, key=key)
        self.dropout = eqx.nn.Dropout(0.5)
        self.functions = [lambda x: 2 * x, jnp.sin]


def test_settings_are_not_trained_and_reach_every_function():
    seen = []

    def output(params, x):
        assert (params.dropout.p, params.dropout.inference) == (0.5, False)
        seen.append(1)
        return params.functions[1](params.functions[0](jax.vmap(params.linear)(x)))

    def loss(params, batch, key):
        return squared(params.dropout(output(params, batch["x"]), key=key), batch)

    def metrics(params, batch):
        return {"loss": (output(params, batch["x"])[:, 0] - batch["y"]) ** 2}

    def predict(params, batch):
        return output(params, batch["x"])

    task = lab.tasks.own(lambda key: Noisy(key), loss, DATA, metrics=metrics, predict=predict)
    record = lab.sweep(
        task, ["sgd"], axes={"learning_rate": [0.1]}, budget=lab.Budget(epochs=2), batch_size=4,
        progress=False, predict_on=lambda split: np.arange(3),
    )  # fmt: skip
    assert seen
    assert np.isfinite(record.validation_loss).all()
    assert np.isfinite(record.outputs).all()
    initial = task.problem.init(jax.random.key(0), {})
    assert [leaf.shape for leaf in jax.tree.leaves(initial.params)] == [(1, 1), (1,)]


def test_a_state_may_hold_functions_and_counts():
    def init(key):
        return Initial({"w": 1.0, "b": jnp.zeros(2)}, {"count": 0, "act": jnp.tanh})

    def loss(params, model_state, batch):
        value = squared(model_state["act"](params["w"] * batch["x"] + params["b"]), batch)
        return value, (model_state | {"count": model_state["count"] + 1}, {})

    record = trained(init, loss)
    assert np.isfinite(record.validation_loss).all()
    problem = lab.tasks.own(init, loss, DATA).problem
    params, model_state = problem.init(jax.random.key(0), {})
    assert params["w"].dtype == jnp.float32
    _, (after, _) = problem.loss(params, model_state, DATA, None, {})
    assert int(after["count"]) == 1
    assert after["act"] is None


def test_hypers_reach_init():
    def init(key, hypers):
        return {"w": hypers["scale"] * jnp.ones(1), "act": jnp.tanh}

    def loss(params, batch):
        return squared(params["act"](params["w"] * batch["x"]), batch)

    problem = lab.tasks.own(init, loss, DATA, hypers={"scale": 1.0}).problem
    for scale in (2.0, 3.0):
        params = problem.init(jax.random.key(0), {"scale": scale}).params
        found, _ = problem.loss(params, {}, DATA, None, {"scale": scale})
        assert float(found) == pytest.approx(float(squared(jnp.tanh(scale * X), DATA)), rel=1e-6)


def init_at_the_top(key):
    return eqx.nn.MLP(1, 1, 4, 1, key=key)


def loss_at_the_top(params, batch):
    return squared(jax.vmap(params)(batch["x"]), batch)


def test_a_task_with_a_module_is_pickled_with_its_functions_alone():
    task = lab.tasks.own(init_at_the_top, loss_at_the_top, DATA)
    params = task.problem.init(jax.random.key(0), {}).params
    loss = task.problem.loss(params, {}, DATA, None, {})[0]  # knows the rest now
    again = pickle.loads(pickle.dumps(task.problem))
    assert again == task.problem
    assert again.loss(params, {}, DATA, None, {})[0] == loss
