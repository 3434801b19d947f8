"""A padded net is the real one: the same draws, the same training, nothing beyond its edge."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lab import models, optimizers
from lab.models import MLP, PaddedMLP
from lab.validation.errors import InputError

D, K, B = 6, 3, 16
SHAPES = [(8,), (5, 8), (8, 3, 7), (1, 1)]
SAFE = [name for name, entry in optimizers.CATALOG.items() if entry.padding_safe]


def numbers(widths, rates):
    n = {"layers": len(widths)}
    for i in range(3):
        n[f"units_{i}"] = widths[i] if i < len(widths) else 4
        n[f"dropout_{i}"] = rates[i] if i < len(widths) else 0.9
    return {name: jnp.asarray(float(value)) for name, value in n.items()}


def nets(widths, **more):
    return MLP(widths, K, dropout=True, **more), PaddedMLP(3, 8, K, dropout=True, **more)


def cut(padded, like):
    """The real part of padded parameters; what is beyond it must be zero."""

    def leaf(p, r):
        inside = np.asarray(p)[tuple(slice(n) for n in r.shape)]
        assert np.count_nonzero(p) == np.count_nonzero(inside)
        return inside

    return {name: jax.tree.map(leaf, padded[name], like[name]) for name in like}


def data():
    rng = np.random.default_rng(0)
    return jnp.asarray(rng.normal(size=(B, D))), jnp.asarray(rng.integers(0, K, B))


def training(model, hypers, params, rule, steps):
    x, y = data()

    def loss(params, key):
        out, _ = models.apply(model, params, {}, x, train=True, key=key, hypers=hypers)
        return -jnp.mean(jax.nn.log_softmax(out)[jnp.arange(B), y])

    def step(carry, t):
        params, state = carry
        value, gradient = jax.value_and_grad(loss)(params, jax.random.fold_in(jax.random.key(7), t))
        update, state = rule.update(gradient, state, params)
        return (jax.tree.map(jnp.add, params, update), state), value

    return jax.jit(lambda c: jax.lax.scan(step, c, jnp.arange(steps)))((params, rule.init(params)))


@pytest.mark.parametrize("initializer", ["he_normal", "glorot_uniform", "lecun_normal"])
@pytest.mark.parametrize("widths", SHAPES)
def test_initial_values_are_drawn_at_the_real_shape(widths, initializer):
    real, padded = nets(widths, initializer=initializer)
    x, _ = data()
    hypers = numbers(widths, (0.1,) * 3)
    first, _ = models.init(real, jax.random.key(3), x)
    second, _ = models.init(padded, jax.random.key(3), x, hypers)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), first, cut(second, first)
    )


def assert_trained_alike(name, widths, activation):
    with jax.enable_x64(True):
        rates = (0.2, 0.0, 0.5)[: len(widths)]
        real, padded = nets(widths, activation=activation)
        x, _ = data()
        hypers = numbers(widths, rates)
        first, _ = models.init(real, jax.random.key(3), x)
        second, _ = models.init(padded, jax.random.key(3), x, hypers)
        rule = optimizers.CATALOG[name].by_hand(0.05)
        dropped = {"dropout_rate": jnp.asarray(rates)}
        (first, _), losses = training(real, dropped, first, rule, 200)
        (second, _), same = training(padded, hypers, second, rule, 200)
        np.testing.assert_allclose(losses, same, rtol=1e-10)
        scale = max(np.max(np.abs(leaf)) for leaf in jax.tree.leaves(first))
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, atol=1e-12 * scale),
            first,
            cut(second, first),
        )


@pytest.mark.parametrize("widths", SHAPES[1:3])
def test_training_equals_that_of_the_real_net(widths):
    assert_trained_alike("adam", widths, "sigmoid")  # σ(0) is not 0


@pytest.mark.slow
@pytest.mark.parametrize("name", SAFE)
def test_rules_that_are_called_safe_to_pad_are(name):
    assert_trained_alike(name, (5, 8), "relu")


def test_a_rule_that_looks_at_shapes_is_not_called_safe():
    assert {"adam", "adagrad", "adadelta", "rmsprop", "sgd"} <= set(SAFE)
    assert not {"adafactor", "lars", "muon", "noisy_sgd", "shampoo", "soap"} & set(SAFE)


def test_architectures_are_lanes_of_one_program(compilations):
    x, _ = data()
    padded = PaddedMLP(3, 8, K)
    stacked = jax.tree.map(
        lambda *leaves: jnp.stack(leaves), *(numbers(w, (0.0,) * 3) for w in SHAPES)
    )
    before = compilations()
    params = jax.jit(jax.vmap(lambda h: models.init(padded, jax.random.key(0), x, h)[0]))(stacked)
    out = jax.jit(jax.vmap(lambda p, h: models.apply(padded, p, {}, x, train=False, hypers=h)[0]))(
        params, stacked
    )
    assert compilations() - before == 2
    for lane, widths in enumerate(SHAPES):
        real = MLP(widths, K)
        mine, _ = models.init(real, jax.random.key(0), x)
        expected, _ = models.apply(real, mine, {}, x, train=False)
        np.testing.assert_allclose(out[lane], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "given", [{"initializer": "orthogonal"}, {"activation": "prelu"}, {"activation": "rely"}]
)
def test_what_cannot_be_padded_is_refused(given):
    with pytest.raises(InputError):
        PaddedMLP(2, 8, 3, **given)
