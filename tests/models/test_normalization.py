"""Normalizations are the formulas, and Flax's layers with the same parameters."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from lab import models
from lab.models import MLP
from lab.models.normalization import BatchNorm, GroupNorm, InputNorm, InstanceNorm
from lab.validation.errors import InputError

apply = jax.jit(models.apply, static_argnums=0, static_argnames="train")
X = 3 + 2 * jax.random.normal(jax.random.key(0), (32, 12))


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


def shaken(tree):
    """The tree plus something, so that scale and bias are not 1 and 0."""
    return jax.tree.map(lambda leaf: leaf + jnp.linspace(0.3, 1.4, leaf.size), tree)


def test_training_uses_the_batch_and_inference_the_running_averages():
    norm = BatchNorm()
    params, state = models.init(norm, jax.random.key(0), X)
    assert state["batch_stats"]["mean"].sum() == 0
    y, moved = apply(norm, params, state, X, train=True)
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(y.var(0), 1, rtol=1e-4)
    stats = moved["batch_stats"]
    np.testing.assert_allclose(stats["mean"], 0.1 * X.mean(0), rtol=1e-5)
    np.testing.assert_allclose(stats["var"], 0.9 + 0.1 * X.var(0), rtol=1e-5)
    y, same = apply(norm, params, moved, X, train=False)
    expected = (X - stats["mean"][None]) / np.sqrt(stats["var"][None] + 1e-5)
    np.testing.assert_allclose(y, expected, rtol=1e-5)
    jax.tree.map(np.testing.assert_array_equal, same, moved)


def test_equals_the_batch_norm_of_flax():
    ours, theirs = BatchNorm(), nn.BatchNorm(momentum=0.9, use_fast_variance=False)
    params, state = models.init(ours, jax.random.key(0), X)
    params, state = shaken(params), shaken(state)
    y, moved = apply(ours, params, state, X, train=True)
    with jax.numpy_rank_promotion("allow"):
        twin, twin_moved = jax.jit(
            partial(theirs.apply, use_running_average=False, mutable=["batch_stats"])
        )({"params": params, **state}, X)
    np.testing.assert_allclose(y, twin, rtol=1e-5, atol=1e-5)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), moved, dict(twin_moved))


@pytest.mark.parametrize("groups", [1, 3])
def test_equals_the_layer_and_group_norms_of_flax(groups):
    ours = GroupNorm(groups=groups)
    theirs = nn.GroupNorm(num_groups=groups, epsilon=1e-5, use_fast_variance=False)
    params = shaken(models.init(ours, jax.random.key(0), X)[0])
    y, _ = apply(ours, params, {}, X, train=True)
    with jax.numpy_rank_promotion("allow"):
        twin = jax.jit(theirs.apply)({"params": params}, X)
        layer = jax.jit(nn.LayerNorm(epsilon=1e-5).apply)({"params": params}, X)
    np.testing.assert_allclose(y, twin, rtol=1e-5, atol=1e-5)
    if groups == 1:
        np.testing.assert_allclose(y, layer, rtol=1e-4, atol=1e-5)


def test_layer_norm_treats_each_example_alone():
    model = MLP(widths=(12,), outputs=2, normalization="layer")
    params, state = models.init(model, jax.random.key(0), X)
    together, _ = apply(model, params, state, X, train=True)
    alone, _ = apply(model, params, state, X[:1], train=True)
    np.testing.assert_allclose(together[:1], alone, rtol=1e-4, atol=1e-6)


def test_batch_norm_of_a_single_example_has_only_its_bias_left():
    norm = BatchNorm(bias_value=0.5)
    params, state = models.init(norm, jax.random.key(0), X[:1])
    y, _ = apply(norm, params, state, X[:1], train=True)
    np.testing.assert_array_equal(y, jnp.full_like(y, 0.5))


def test_running_averages_arrive():
    norm = BatchNorm()
    params, state = models.init(norm, jax.random.key(0), X)

    def step(state, _):
        return apply(norm, params, state, X, train=True)[1], None

    state, _ = jax.lax.scan(step, state, length=100)
    np.testing.assert_allclose(state["batch_stats"]["mean"], X.mean(0), rtol=1e-3)
    np.testing.assert_allclose(state["batch_stats"]["var"], X.var(0), rtol=1e-3)


@pytest.mark.parametrize("shape", [(6, 10, 4), (3, 5, 2, 4)])
def test_equals_the_instance_norm_of_flax(shape):
    x = 3 + 2 * jax.random.normal(jax.random.key(0), shape)
    ours, theirs = InstanceNorm(), nn.InstanceNorm(epsilon=1e-5, use_fast_variance=False)
    params = shaken(models.init(ours, jax.random.key(0), x)[0])
    y, _ = apply(ours, params, {}, x, train=True)
    with jax.numpy_rank_promotion("allow"):
        twin = jax.jit(theirs.apply)({"params": params}, x)
    np.testing.assert_allclose(y, twin, rtol=1e-4, atol=1e-5)
    same, _ = apply(ours, params, {}, x, train=False)
    np.testing.assert_array_equal(y, same)


def test_instance_norm_needs_positions():
    with pytest.raises(InputError, match="needs positions"):
        models.init(InstanceNorm(), jax.random.key(0), X)


def test_input_norm_takes_the_statistics_of_all_rows_seen():
    norm = InputNorm()
    params, state = models.init(norm, jax.random.key(0), X)
    assert params == {}
    still, _ = apply(norm, params, state, X, train=False)
    np.testing.assert_allclose(still, X, rtol=1e-4)
    for first, last in ((0, 8), (8, 9), (9, 32)):
        y, state = apply(norm, params, state, X[first:last], train=True)
        seen = np.asarray(X[:last])
        expected = (seen[first:] - seen.mean(0)) / np.sqrt(seen.var(0) + 1e-5)
        np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
    assert state["batch_stats"]["count"] == 32
    y, same = apply(norm, params, state, X, train=False)
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(y.std(0), 1, rtol=1e-4)
    jax.tree.map(np.testing.assert_array_equal, same, state)


def test_input_norm_is_the_first_layer_of_an_mlp():
    model = MLP(widths=(), outputs=2, input_normalization=True)
    params, state = models.init(model, jax.random.key(0), X)
    y, moved = apply(model, params, state, X, train=True)
    x = (X - X.mean(0)[None]) / np.sqrt(X.var(0) + 1e-5)[None]
    np.testing.assert_allclose(y, x @ params["output"]["kernel"], rtol=1e-3, atol=1e-4)
    shifted, _ = apply(model, params, moved, X, train=False)
    np.testing.assert_allclose(shifted, y, rtol=1e-4, atol=1e-5)


def test_groups_must_divide_the_units():
    with pytest.raises(InputError, match="given 5"):
        models.init(GroupNorm(groups=5), jax.random.key(0), X)
