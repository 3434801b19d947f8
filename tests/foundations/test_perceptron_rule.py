"""The perceptron: its rule, where it stops, what bounds it, and its twins."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.linear_model import Perceptron as SklearnPerceptron

from lab.foundations import perceptron
from lab.foundations.units import UNITS, delta_rule
from lab.validation.errors import InputError

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
BIPOLAR = 2 * CORNERS - 1
GATES = {"AND": [-1, -1, -1, 1], "OR": [-1, 1, 1, 1], "NAND": [1, 1, 1, -1]}
XOR = [-1, 1, 1, -1]


def separable(seed, rows=40, inputs=3):
    """A random set, its targets, and a direction that separates them."""
    rng = np.random.default_rng(seed)
    direction = rng.normal(size=inputs + 1).astype(np.float32)
    x = rng.normal(size=(rows, inputs)).astype(np.float32)
    return x, np.sign(x @ direction[:-1] + direction[-1]), direction


@pytest.mark.parametrize("x", [CORNERS, BIPOLAR], ids=["binary", "bipolar"])
@pytest.mark.parametrize("theta", [0.0, 0.2])
@pytest.mark.parametrize("gate", GATES)
def test_gates_are_learnt_and_then_nothing_changes(gate, theta, x):
    t = np.array(GATES[gate], np.float32)
    learnt = perceptron.fit(x, t, theta=theta)
    assert bool(learnt.converged)
    assert (perceptron.output(learnt.unit, x, theta)[:, 0] == t).all()
    again, _ = perceptron.learn_epoch(learnt.unit, x, t[:, None], theta=theta)
    assert all((a == b).all() for a, b in zip(again, learnt.unit))


@pytest.mark.parametrize("x", [CORNERS, BIPOLAR], ids=["binary", "bipolar"])
def test_xor_is_never_learnt(x):
    learnt = perceptron.fit(x, XOR, max_epochs=500)
    assert not bool(learnt.converged)
    assert int(learnt.epochs) == 500
    assert int(learnt.mistakes[0]) >= 500  # at least one correction in every epoch


def test_textbook_and_with_a_band():
    """Fausett 1994, example 2.11: binary inputs, bipolar targets, α = 1, θ = 0.2, ten epochs."""
    x = np.array([[1, 1], [1, 0], [0, 1], [0, 0]], np.float32)
    learnt = perceptron.fit(x, [1, -1, -1, -1], theta=0.2)
    assert learnt.unit.weights[:, 0].tolist() == [2, 3]
    assert float(learnt.unit.bias[0]) == -4
    assert int(learnt.epochs) == 10


def test_output_has_three_values():
    unit = perceptron.Perceptron(jnp.ones((1, 1)), jnp.zeros(1))
    x = np.array([[-0.3], [-0.2], [0.0], [0.2], [0.3]], np.float32)
    assert perceptron.output(unit, x, 0.25)[:, 0].tolist() == [-1, 0, 0, 0, 1]


def test_many_outputs_are_many_perceptrons():
    together = perceptron.fit(CORNERS, np.array(list(GATES.values()), np.float32).T)
    assert bool(together.converged)
    for m, gate in enumerate(GATES.values()):
        alone = perceptron.fit(CORNERS, gate)
        assert (together.unit.weights[:, m] == alone.unit.weights[:, 0]).all()
        assert together.mistakes[m] == alone.mistakes[0]


@pytest.mark.parametrize("theta", [0.0, 0.5])
@pytest.mark.parametrize("seed", range(10))
def test_mistakes_stay_below_the_bound(seed, theta):
    x, t, direction = separable(seed)
    bound = perceptron.mistake_bound(x, perceptron.margin(x, t, direction), 1.0, theta)
    learnt = perceptron.fit(x, t, theta=theta, max_epochs=100_000)
    assert bool(learnt.converged)
    assert 0 < int(learnt.mistakes[0]) <= float(bound)


def test_rate_only_scales_the_weights():
    x, t, _ = separable(3)
    one, half = (perceptron.fit(x, t, alpha=alpha) for alpha in (1.0, 0.5))
    assert int(one.mistakes[0]) == int(half.mistakes[0])
    np.testing.assert_allclose(one.unit.weights, 2 * half.unit.weights, rtol=1e-6)


@pytest.mark.parametrize("epochs", [1, 3, 20])
def test_scikit_learn_makes_the_same_corrections(epochs):
    x, t, _ = separable(1)
    with jax.enable_x64(True):
        x64 = x.astype(np.float64)
        mine = perceptron.fit(x64, t.astype(np.float64), alpha=0.7, max_epochs=epochs)
        weights, bias = (np.asarray(part) for part in mine.unit)
    twin = SklearnPerceptron(eta0=0.7, shuffle=False, tol=None, max_iter=epochs).fit(x64, t)
    np.testing.assert_allclose(weights[:, 0], twin.coef_[0], rtol=1e-12)
    np.testing.assert_allclose(bias, twin.intercept_, rtol=1e-12)


@pytest.mark.parametrize("theta", [0.0, 0.3])
def test_rule_is_subgradient_descent_on_the_perceptron_loss(theta):
    x, t, _ = separable(2)
    along = perceptron.path(x, t, epochs=2, alpha=0.5, theta=theta)
    unit, descend = perceptron.start(3), jax.jit(jax.grad(perceptron.loss))
    for k in range(2 * len(x)):
        row = k % len(x)
        slope = descend(unit, jnp.asarray(x[row]), jnp.asarray(t[row : row + 1]), theta)
        unit = jax.tree.map(lambda w, g: w - 0.5 * g, unit, slope)
        np.testing.assert_allclose(unit.weights, along.weights[k], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("activation", UNITS)
def test_one_rule_descends_four_losses(activation):
    rng = np.random.default_rng(0)
    weights, bias, x = (jnp.asarray(rng.normal(size=s), jnp.float32) for s in ((3, 2), 2, 3))
    t = jnp.array([-1.0, 1.0]) if activation == "sign" else jnp.array([0.0, 1.0])
    slope = jax.grad(lambda w, b: UNITS[activation].loss(x @ w + b, t), argnums=(0, 1))(
        weights, bias
    )
    stepped = delta_rule(weights, bias, x, t, activation=activation, alpha=0.1)
    for old, g, new in zip((weights, bias), slope, stepped):
        np.testing.assert_allclose(new, old - 0.1 * g, rtol=1e-5, atol=1e-6)


def test_strict_promotion_of_types():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        perceptron.learn_one(perceptron.start(2), jnp.ones(2), jnp.ones(1))


@pytest.mark.parametrize(
    ("x", "t", "flags"),
    [(CORNERS, XOR[:3], {}), (CORNERS[0], XOR, {}), (CORNERS, XOR, {"max_epochs": 0})],
)
def test_bad_input_is_refused(x, t, flags):
    with pytest.raises(InputError):
        perceptron.fit(x, t, **flags)
