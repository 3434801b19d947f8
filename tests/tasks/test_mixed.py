"""Mixed precision: scales that under- and overflow where they must, and a gradient by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lab.tasks import mixed


def loss(params, batch):
    """Mean of (w·x)², in the dtype it is given, its mean in float32."""
    out = batch["x"] @ params["w"]
    return jnp.mean(jnp.square(out.astype(jnp.float32)))


@pytest.fixture
def problem():
    keys = jax.random.split(jax.random.key(0))
    params = {"w": jax.random.normal(keys[0], (5,))}
    return params, {"x": jax.random.normal(keys[1], (8, 5)), "y": jnp.arange(8)}


def test_in_float32_a_scale_changes_no_bit(problem):
    params, batch = problem
    value, gradient = jax.value_and_grad(loss)(params, batch)
    for scale in (1.0, 2.0**15):
        found = mixed.scaled_gradient(loss, params, batch, scale, jnp.float32)
        np.testing.assert_array_equal(found[0], value)
        np.testing.assert_array_equal(found[1]["w"], gradient["w"])
        assert bool(found[2])


def test_a_scale_saves_what_float16_loses(problem):
    params, batch = problem
    small = {"x": batch["x"] * 1e-4, "y": batch["y"]}
    true = jax.grad(loss)(params, small)["w"]
    lost = mixed.scaled_gradient(loss, params, small, 2.0**-8, jnp.float16)
    kept = mixed.scaled_gradient(loss, params, small, 2.0**12, jnp.float16)
    assert float(jnp.abs(lost[1]["w"]).max()) == 0.0
    np.testing.assert_allclose(kept[1]["w"], true, rtol=0.02)
    assert kept[1]["w"].dtype == jnp.float32


def test_too_large_a_scale_overflows_and_is_noticed(problem):
    params, batch = problem
    value, _, finite = mixed.scaled_gradient(loss, params, batch, 2.0**17, jnp.float16)
    assert not bool(finite)
    assert np.isfinite(value)  # the value is not scaled


def test_the_scale_halves_at_overflow_and_doubles_after_a_period():
    state = mixed.loss_scale(8.0)
    scales = []
    for finite in (False, True, True, True, False, True):
        state = mixed.next_scale(state, jnp.asarray(finite), period=2)
        scales.append(float(state.scale))
    assert scales == [4.0, 4.0, 8.0, 8.0, 4.0, 4.0]
    assert state.calm.dtype == jnp.int32


def test_the_scale_keeps_its_limits():
    low = mixed.next_scale(mixed.loss_scale(1.0), jnp.asarray(False), low=1.0)
    high = mixed.next_scale(mixed.loss_scale(4.0), jnp.asarray(True), period=1, high=4.0)
    assert (float(low.scale), float(high.scale)) == (1.0, 4.0)


def test_a_value_with_a_gradient_by_hand():
    params = {"a": jnp.ones(3), "b": jnp.zeros(())}
    gradient = {"a": jnp.array([1.0, jnp.inf, -2.0]), "b": jnp.asarray(5.0)}
    value, found = jax.value_and_grad(lambda p: mixed.with_gradient(jnp.asarray(7.0), gradient, p))(
        params
    )
    assert float(value) == 7.0
    np.testing.assert_array_equal(found["a"], gradient["a"])
    np.testing.assert_array_equal(found["b"], gradient["b"])
    halves = jax.grad(lambda p: 0.5 * mixed.with_gradient(jnp.asarray(7.0), gradient, p))(params)
    np.testing.assert_array_equal(halves["b"], 2.5)
