"""Shampoo, SOAP and SM3 where their papers and authors leave no choice; NumPy and hand values."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lab import optimizers

RNG = np.random.default_rng(5)


def power(matrix, p):
    values, vectors = np.linalg.eigh(matrix)
    return vectors @ np.diag(values**p) @ vectors.T


def first_update(rule, gradient):
    updates, _ = rule.update(gradient, rule.init(gradient), gradient)
    return np.asarray(updates)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (1, 1, 1)])
@pytest.mark.parametrize("size", [1e3, -1e-3])
def test_shampoo_of_one_entry_steps_by_the_rate(shape, size):
    step = first_update(optimizers.shampoo(0.1, eps=1e-20), jnp.full(shape, size))
    np.testing.assert_allclose(step, np.full(shape, -0.1 * np.sign(size)), rtol=1e-5)


def test_shampoo_counts_axes_of_length_one_in_the_power():
    gradients = RNG.normal(size=(4, 1, 3))
    left, right = 1e-4 * np.eye(1), 1e-4 * np.eye(3)
    with jax.enable_x64(True):
        rule = optimizers.shampoo(0.1)
        state = rule.init(jnp.zeros((1, 3)))
        for g in gradients:
            updates, state = rule.update(jnp.asarray(g), state)
            left, right = left + g @ g.T, right + g.T @ g
            expected = -0.1 * power(left, -1 / 4) @ g @ power(right, -1 / 4)
            np.testing.assert_allclose(updates, expected, atol=1e-10)


def test_shampoo_leaves_an_axis_above_max_size_out_of_the_power():
    g = RNG.normal(size=(3, 5))
    with jax.enable_x64(True):
        step = first_update(optimizers.shampoo(0.1, max_size=4), jnp.asarray(g))
        none = first_update(optimizers.shampoo(0.1, max_size=2), jnp.asarray(g))
    one_sided = -0.1 * power(1e-4 * np.eye(3) + g @ g.T, -1 / 2) @ g
    np.testing.assert_allclose(step, one_sided, atol=1e-10)
    np.testing.assert_allclose(none, -0.1 * g, atol=1e-15)


@pytest.mark.parametrize("weight_decay", [0.1, lambda count: 0.1])
def test_the_first_gradient_of_soap_moves_nothing(weight_decay):
    params = jnp.ones((2, 3))
    rule = optimizers.soap(0.1, weight_decay=weight_decay)
    updates, state = rule.update(params, rule.init(params), params)
    np.testing.assert_array_equal(updates, 0)
    updates, _ = rule.update(0 * params, state, params)
    np.testing.assert_allclose(updates, -0.1 * 0.1 * params, rtol=1e-6)


@pytest.mark.parametrize(
    ("shape", "condition", "seed"), [((6, 4), 10, 1), ((8, 8), 100, 2), ((5, 3, 2), 100, 2)]
)
def test_steps_of_soap_without_noise_stay_near_the_rate(shape, condition, seed):
    rng = np.random.default_rng(seed)
    start = rng.normal(size=shape)
    curvatures = [np.linalg.qr(rng.normal(size=(n, n)))[0] for n in shape]
    curvatures = [
        q @ np.diag(np.geomspace(1, 1 / condition, n)) @ q.T
        for q, n in zip(curvatures, shape, strict=True)
    ]

    def gradient(w):
        for axis, h in enumerate(curvatures):
            w = jnp.moveaxis(jnp.tensordot(jnp.asarray(h), w, axes=(1, axis)), 0, axis)
        return w

    with jax.enable_x64(True):
        rule = optimizers.soap(0.01, weight_decay=0.0)

        def step(carry, _):
            w, state = carry
            updates, state = rule.update(gradient(w), state, w)
            return (w + updates, state), jnp.sqrt(jnp.mean(updates**2)) / 0.01

        w = jnp.asarray(start)
        _, lengths = jax.jit(lambda: jax.lax.scan(step, (w, rule.init(w)), None, length=200))()
    assert (
        0.5 < np.max(np.asarray(lengths)) < 1.6
    )  # columns in another order than V's once took steps of 8


@pytest.mark.parametrize("shape", [(), (1,), (3,), (1, 3), (2, 3)])
@pytest.mark.parametrize("size", [1.0, 1e-5, 1e-12])
def test_the_first_step_of_sm3_is_the_rate_however_small_gradients_are(shape, size):
    step = first_update(optimizers.sm3(0.1, momentum=0.0), jnp.full(shape, -size))
    np.testing.assert_allclose(step, 0.1, rtol=1e-5)
    nothing = first_update(optimizers.sm3(0.1), jnp.zeros(shape))
    np.testing.assert_array_equal(nothing, 0)


@pytest.mark.parametrize("preconditioning", ["frobenius", "aol", "schatten"])
def test_the_direction_of_muon_does_not_depend_on_the_size_of_gradients(preconditioning):
    gradient = jnp.asarray(RNG.normal(size=(3, 4)), jnp.float32)
    directions = [
        first_update(
            optimizers.scale_by_muon(preconditioning=preconditioning, eps=1e-15), size * gradient
        )
        for size in (1.0, 1e-6)
    ]
    np.testing.assert_allclose(*directions, rtol=1e-3)
