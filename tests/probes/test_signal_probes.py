"""Moments, histograms and shares of units are those that NumPy counts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from nets import B, forward, net

from lab import models, probes
from lab.models import ACTIVATIONS, MLP
from lab.validation.errors import InputError

PARAMS, BATCH = net()
EDGES = (-1.0, -0.5, 0.0, 0.5, 1.0)


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


def test_moments_and_histograms_are_those_of_numpy():
    with jax.enable_x64(True):
        after = forward(PARAMS, BATCH["x"])[2]
        found = jax.jit(
            lambda h: (
                probes.activation_mean(h),
                probes.activation_std(h),
                probes.activation_rms(h),
                probes.histogram(h, EDGES),
            )
        )(after)
    for name, h in after.items():
        mean, std, rms, shares = (value[name] for value in found)
        h = np.asarray(h)
        np.testing.assert_allclose(mean, h.mean(), rtol=1e-12)
        np.testing.assert_allclose(std, h.std(), rtol=1e-12)
        np.testing.assert_allclose(rms, np.sqrt(np.mean(h**2)), rtol=1e-12)
        np.testing.assert_allclose(shares, np.histogram(h, EDGES)[0] / h.size, rtol=1e-12)


def test_outer_bins_take_what_lies_beyond_and_nan_is_in_none():
    x = jnp.array([[-9.0, -1.0, 0.0], [0.5, 9.0, jnp.nan]])
    shares = probes.histogram(x, [-1.0, 0.0, 0.5, 1.0])
    np.testing.assert_allclose(shares, np.array([2, 1, 2]) / 6, rtol=1e-6)
    for wrong in ([0.0, 1.0], [0.0, 0.0, 1.0], [[0.0, 1.0, 2.0]]):
        with pytest.raises(InputError, match="increasing"):
            probes.histogram(x, wrong)


def test_a_vanished_signal_still_has_a_size():
    x = jnp.array([[1e-30, -1e-30]], jnp.float32)
    for measure in (probes.activation_std, probes.activation_rms):
        np.testing.assert_allclose(measure(x), 1e-30, rtol=1e-6)
        assert measure(jnp.zeros((2, 2))) == 0
        assert jnp.isnan(measure(jnp.array([[jnp.nan, 1.0]])))


def test_saturation_is_where_the_derivative_is_small():
    z = jnp.linspace(-6, 6, 2401)[:, None]
    for name, edge in (("sigmoid", 2.887), ("tanh", 2.178)):
        share = probes.saturated_fraction(z, ACTIVATIONS[name].by_hand)
        np.testing.assert_allclose(share, 1 - edge / 6, atol=1e-3)
    assert probes.saturated_fraction(z, ACTIVATIONS["linear"].by_hand) == 0
    np.testing.assert_allclose(
        probes.saturated_fraction(z, ACTIVATIONS["relu"].by_hand), 0.5, atol=1e-3
    )


def test_dead_units_are_those_without_gradient_for_every_example():
    z = jnp.array([[-1.0, -1.0, 2.0, -3.0], [-2.0, 1.0, 2.0, 0.0]])
    relu = ACTIVATIONS["relu"].by_hand
    assert probes.dead_fraction(z, relu) == 0.5
    assert probes.silent_fraction(relu(z)) == 0.5
    assert probes.dead_fraction(z, ACTIVATIONS["leaky_relu"].by_hand) == 0
    assert probes.dead_fraction(z, ACTIVATIONS["step"].by_hand) == 1
    assert probes.silent_fraction(z, tolerance=2.0) == 0.75


def test_dead_units_have_a_column_of_zeros_in_the_dense_jacobian():
    model = MLP(widths=(30,), outputs=2, bias_value=-1.0)
    x = jax.random.normal(jax.random.key(0), (B, 3))
    params, state = models.init(model, jax.random.key(1), x)

    def outputs(p):
        return models.apply(model, p, state, x, train=False)[0]

    jacobian = jax.jacrev(outputs)(params)["hidden_00"]["dense"]["bias"]  # [B, K, W]
    before = models.hidden(model, params, state, x, of="preactivation")
    found = probes.dead_fraction(before, ACTIVATIONS["relu"].by_hand)["hidden_00"]
    assert 0 < found < 1
    np.testing.assert_allclose(found, np.mean(np.all(np.asarray(jacobian) == 0, (0, 1))), rtol=1e-6)


def test_layers_before_and_after_their_activation():
    model = MLP(
        widths=(6, 6), outputs=2, activation="tanh", normalization="batch", residual=True,
        normalization_position="after", dropout=True,
    )  # fmt: skip
    x = 3 * jax.random.normal(jax.random.key(0), (20, 6))
    params, state = models.init(model, jax.random.key(1), x)
    arguments = {"train": True, "key": jax.random.key(2), "hypers": {"dropout_rate": 0.0}}
    before, after, out = (
        models.hidden(model, params, state, x, of=of, **arguments)
        for of in ("preactivation", "activation", "output")
    )
    inputs = x
    for name in ("hidden_00", "hidden_01"):
        np.testing.assert_allclose(after[name], jnp.tanh(before[name]), rtol=1e-6)
        h = np.asarray(after[name])
        normalized = (h - h.mean(0)) / np.sqrt(h.var(0) + 1e-5)
        np.testing.assert_allclose(out[name], inputs + normalized, atol=1e-4)
        inputs = out[name]
    assert models.hidden(model, params, state, x, of="nothing") == {}
