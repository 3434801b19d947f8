"""`init` and `apply` under jit, vmap and scan, with numbers traced."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from lab import models
from lab.models import MLP

FULL = {"widths": (16, 16), "outputs": 3, "normalization": "batch", "dropout": True}
X = jax.random.normal(jax.random.key(1), (8, 6))
KEY = jax.random.key(0)


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


def test_init_scale_multiplies_kernels_and_nothing_else():
    model = MLP(**FULL, bias_value=0.5)
    one, state = models.init(model, KEY, X)
    two, same_state = models.init(model, KEY, X, {"init_scale": 2.0})
    jax.tree.map(
        lambda a, b: np.testing.assert_array_equal(2 * a if a.ndim > 1 else a, b), one, two
    )
    jax.tree.map(np.testing.assert_array_equal, state, same_state)


def test_a_traced_number_changes_no_bit():
    model = MLP(**FULL)

    @jax.jit
    def outputs(hypers):
        params, state = models.init(model, KEY, X, hypers)
        return models.apply(model, params, state, X, train=True, key=KEY, hypers=hypers)

    plain, traced = jax.jit(lambda: outputs({}))(), outputs({"init_scale": 1.0})
    jax.tree.map(np.testing.assert_array_equal, plain, traced)


def test_rates_scales_and_equal_models_share_one_compilation(compilations):
    def run(model, hypers, key):
        params, state = models.init(model, key, X, hypers)
        return models.apply(model, params, state, X, train=True, key=key, hypers=hypers)[0]

    compiled = jax.jit(run, static_argnums=0)
    numbers = [
        {"dropout_rate": jnp.float32(r), "init_scale": jnp.float32(s)}
        for r, s in ((0.0, 1.0), (0.3, 2.0), (1.0, 0.5))
    ]
    jax.block_until_ready(compiled(MLP(**FULL), numbers[0], KEY))
    before = compilations()
    outputs = [compiled(MLP(**FULL), hypers, KEY) for hypers in numbers]
    assert compilations() == before
    assert jnp.all(outputs[1] != outputs[0])


def test_vmap_over_rates_scales_and_keys_is_each_alone(compilations):
    model = MLP(**FULL)

    def run(hypers, key):
        params, state = models.init(model, key, X, hypers)
        return models.apply(model, params, state, X, train=True, key=key, hypers=hypers)

    hypers = {"dropout_rate": jnp.array([0.0, 0.2, 0.5]), "init_scale": jnp.array([0.5, 1.0, 4.0])}
    keys = jax.random.split(KEY, 3)
    jax.block_until_ready(keys)
    before = compilations()
    together = jax.block_until_ready(jax.jit(jax.vmap(run))(hypers, keys))
    assert compilations() == before + 1
    alone = jax.jit(run)
    for lane in range(3):
        one = alone(jax.tree.map(lambda leaf: leaf[lane], hypers), keys[lane])  # noqa: B023
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a[lane], b, rtol=1e-5, atol=1e-5),  # noqa: B023
            together,
            one,
        )


def test_scan_carries_the_state():
    model = MLP(**FULL)
    params, state = models.init(model, KEY, X)

    def step(state, key):
        outputs, state = models.apply(
            model, params, state, X, train=True, key=key, hypers={"dropout_rate": 0.1}
        )
        return state, outputs

    last, outputs = jax.jit(lambda s: jax.lax.scan(step, s, jax.random.split(KEY, 5)))(state)
    assert outputs.shape == (5, 8, 3)
    assert jax.tree.structure(last) == jax.tree.structure(state)
    again, _ = jax.lax.scan(step, last, jax.random.split(KEY, 5))
    assert jax.tree.structure(again) == jax.tree.structure(state)


def test_evaluation_needs_no_key_and_returns_the_state_itself():
    model = MLP(**FULL)
    params, state = models.init(model, KEY, X)
    first, same = models.apply(model, params, state, X, train=False)
    second, _ = models.apply(model, params, state, X, train=False, key=KEY)
    assert same is state
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("dtype", ["float64", "uint8", "bfloat16"])
def test_parameters_follow_double_precision_and_are_single_otherwise(dtype):
    with jax.enable_x64(True):
        model = MLP(**FULL)
        x = jnp.ones((4, 6), dtype)
        params, state = models.init(model, KEY, x)
        outputs, state = models.apply(model, params, state, x, train=True, key=KEY)
        expected = "float64" if dtype == "float64" else "float32"
        assert {leaf.dtype.name for leaf in jax.tree.leaves((params, state, outputs))} == {expected}


def test_any_linen_module_fits_and_gets_only_the_numbers_it_names():
    class Shifted(nn.Module):
        @nn.compact
        def __call__(self, x, shift=0.0):
            noise = jax.random.normal(self.make_rng("noise"), x.shape) if shift else 0.0
            return nn.Dense(2)(x) + shift, noise

    model = Shifted()
    params, state = models.init(model, KEY, X, {"shift": 0.0, "init_scale": 3.0})
    assert state == {}
    (base, _), _ = models.apply(model, params, state, X, train=False)
    (moved, noise), new = models.apply(
        model, params, state, X, train=True, key=KEY, hypers={"shift": 2.0, "other": 5.0}
    )
    np.testing.assert_allclose(moved, base + 2, rtol=1e-6)
    assert noise.shape == X.shape
    assert new == {}
    assert models.hidden(model, params, state, X) == {}
