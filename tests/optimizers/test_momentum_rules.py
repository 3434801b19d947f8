"""LaProp, AggMo, QHM, QHAdam, Grams and cautious rules: their limits."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lab import optimizers
from lab.validation.errors import InputError

T = 30
RNG = np.random.default_rng(0)
G = RNG.normal(size=(T, 4, 3)) + 0.3


@pytest.fixture
def float64():
    with jax.enable_x64(True):
        yield


def steps(rule, gradients=G):
    """[T, 4, 3]: every update, at parameters of one."""
    with jax.enable_x64(True):
        params = jnp.ones(gradients.shape[1:])

        def one(state, g):
            updates, state = rule.update(g, state, params)
            return state, updates

        return np.asarray(jax.lax.scan(one, rule.init(params), jnp.asarray(gradients))[1])


PAIRS = {
    "qhm of nu 0": (optimizers.qhm(0.1, 0.9, 0.0), optimizers.sgd(0.1)),
    "qhm of nu 1": (optimizers.qhm(1.0, 0.9, 1.0), optimizers.momentum(0.1, 0.9)),
    "qhm of nu beta": (optimizers.qhm(1.0, 0.9, 0.9), optimizers.nesterov(0.1, 0.9)),
    "qhadam of nus 1": (optimizers.qhadam(0.1, nu1=1.0), optimizers.adam(0.1, b1=0.995)),
    "aggmo of one beta": (optimizers.aggmo(0.1, (0.9,)), optimizers.momentum(0.1, 0.9)),
    "laprop of b1 0": (optimizers.laprop(0.1, 0.0, eps=1e-8), optimizers.adam(0.1, b1=0.0)),
    "grams of b1 0": (optimizers.grams(0.1, 0.0, eps=1e-8), optimizers.adam(0.1, b1=0.0)),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_a_limit_is_a_rule_of_its_own(pair):
    rule, limit = PAIRS[pair]
    np.testing.assert_allclose(steps(rule), steps(limit), rtol=1e-12)


def test_aggmo_without_memories_is_refused():
    with pytest.raises(InputError, match="betas must hold one number at least"):
        optimizers.aggmo(0.1, ())


def test_steps_of_laprop_are_bounded_where_those_of_adam_are_not():
    """A large gradient, then little ones: the root has forgotten what the mean has not."""
    spike = np.concatenate([np.full((1, 1), 1e3), np.full((T, 1), 1e-3)])
    assert np.abs(steps(optimizers.adam(0.1, 0.99, 0.5), spike)).max() > 100
    assert np.abs(steps(optimizers.laprop(0.1, 0.99, 0.5), spike)).max() <= 0.1 * np.sqrt(2)


def test_laprop_stands_still_at_a_rate_of_zero():
    rates = jnp.array([0.0, 0.1, 0.0])
    moved = steps(optimizers.laprop(lambda t: rates[t]), G[:3])
    assert np.isfinite(moved).all()
    assert (moved[0] == 0).all()
    assert (moved[1] != 0).all()
    assert (moved[2] == 0).all()


def test_grams_takes_the_size_of_adam_and_the_sign_of_the_gradient():
    moved, adam = steps(optimizers.grams(0.1, eps=1e-8)), steps(optimizers.adam(0.1))
    np.testing.assert_allclose(np.abs(moved), np.abs(adam), rtol=1e-12)
    np.testing.assert_array_equal(np.sign(moved), -np.sign(G))


def masked(step, gradient, xi, floor):
    """A step [n] as a cautious rule takes it, in NumPy."""
    agree = step * gradient < 0
    return np.where(agree, step, 0) / max((agree.sum() + xi) / agree.size, floor)


@pytest.mark.parametrize(("xi", "floor"), [(0.0, 1e-3), (1.0, 0.0), (0.0, 0.5)])
def test_a_cautious_rule_leaves_out_what_points_uphill(xi, floor):
    inner = optimizers.momentum(0.1, 0.9)
    expected = [masked(u, g, xi, floor) for u, g in zip(steps(inner), G, strict=True)]
    moved = steps(optimizers.cautious(inner, xi, floor))
    np.testing.assert_allclose(moved, expected, rtol=1e-12)
    assert (moved * G <= 0).all()
    assert (moved == 0).any()


@pytest.mark.parametrize(("agreeing", "factor"), [(1, 1000.0), (4, 1000.0), (8, 500.0)])
def test_a_cautious_rule_makes_up_for_no_less_than_its_floor(agreeing, factor):
    """Of 4000 numbers."""
    gradient = jnp.where(jnp.arange(4000) < agreeing, 1.0, -1.0)
    downhill = optax.stateless(lambda updates, _: -jnp.ones_like(updates))
    updates, _ = optimizers.cautious(downhill).update(gradient, optax.EmptyState())
    np.testing.assert_allclose(updates[:agreeing], -factor, rtol=1e-5)
    assert (updates[agreeing:] == 0).all()


def test_a_cautious_rule_sees_signs_of_gradients_whose_products_underflow():
    rule = optimizers.cautious(optimizers.sgd(1.0))
    gradient = jnp.array([1e-30, -1e-30, 0.0])
    updates, _ = rule.update(gradient, rule.init(gradient))
    np.testing.assert_allclose(updates, -1.5 * gradient, rtol=1e-6)


@pytest.mark.usefixtures("float64")
def test_a_decay_inside_a_cautious_rule_is_masked_and_one_after_it_is_not():
    params, gradient = jnp.array([1.0, 1.0]), jnp.array([0.0, 1.0])
    inside = optimizers.cautious(optimizers.adamw(0.1, eps=1e-30, weight_decay=0.5))
    updates, _ = inside.update(gradient, inside.init(params), params)
    np.testing.assert_allclose(updates, [0.0, -0.3], rtol=1e-12)  # twice 0.1 · (1 + 0.5)
    after = optax.chain(
        optimizers.cautious(optimizers.adam(1.0, eps=1e-30)),
        optax.scale(-1.0),
        optimizers.add_decayed_weights(0.5),
        optimizers.scale_by_learning_rate(0.1),
    )
    updates, _ = after.update(gradient, after.init(params), params)
    np.testing.assert_allclose(updates, [-0.05, -0.25], rtol=1e-12)  # 0.1 · (2 + 0.5)
