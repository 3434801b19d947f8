"""Every activation equals its twin in `jax.nn`, in value and gradient, also where it overflows."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.models import ACTIVATIONS
from lab.models.activations import gelu, softplus, swish
from lab.validation.errors import UnknownNameError

POINTS = np.concatenate([np.linspace(-6, 6, 49), [-1e4, -100, -40, -3, 3, 40, 100, 1e4]])
# Kinks whose derivative JAX leaves to a tie between two branches.
KINKS = {"hard_sigmoid": [-3, 3]}


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


def value_and_derivative(function, x):
    return jax.jit(lambda x: jax.jvp(function, (x,), (jnp.ones_like(x),)))(x)


def twin_value_and_derivative(name, x):
    with jax.numpy_dtype_promotion("standard"):
        return value_and_derivative(ACTIVATIONS[name].via_jax, x)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-6), ("float64", 1e-14)])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_equals_jax(name, dtype, tolerance):
    with jax.enable_x64(dtype == "float64"):
        x = jnp.asarray(POINTS, dtype)
        value, derivative = value_and_derivative(ACTIVATIONS[name], x)
        twin, twin_derivative = twin_value_and_derivative(name, x)
        assert value.dtype == derivative.dtype == dtype
        np.testing.assert_allclose(value, twin, rtol=tolerance, atol=tolerance)
        smooth = ~np.isin(POINTS, KINKS.get(name, []))
        np.testing.assert_allclose(
            derivative[smooth], twin_derivative[smooth], rtol=tolerance, atol=tolerance
        )


@settings(max_examples=40, deadline=None)
@given(st.floats(-(2.0**40), 2.0**40, width=32))
def test_any_number_has_a_finite_value_and_derivative(number):
    for value, derivative in everything(jnp.float32(number)).values():
        assert jnp.isfinite(value)
        assert jnp.isfinite(derivative)


@jax.jit
def everything(x):
    return {name: jax.value_and_grad(ACTIVATIONS[name].by_hand)(x) for name in ACTIVATIONS}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_not_a_number_stays_visible(name):
    assert jnp.isnan(ACTIVATIONS[name](jnp.float32(jnp.nan)))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_half_precision_stays_half(name):
    assert ACTIVATIONS[name](jnp.ones(3, jnp.bfloat16)).dtype == jnp.bfloat16


def test_derivatives_at_zero():
    at_zero = {name: float(d) for name, (_, d) in everything(jnp.float32(0)).items()}
    assert at_zero["relu"] == at_zero["step"] == 0
    assert at_zero["sigmoid"] == 0.25
    assert at_zero["softplus"] == at_zero["silu"] == 0.5
    assert jax.grad(jax.grad(softplus))(0.0) == 0.25


def test_exact_gelu_and_the_alias_of_silu():
    x = jnp.linspace(-4, 4, 9)
    np.testing.assert_allclose(
        gelu(x, approximate=False), jax.nn.gelu(x, approximate=False), atol=1e-6
    )
    assert swish is ACTIVATIONS["silu"].by_hand


def test_a_misspelt_activation_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match="did you mean 'leaky_relu'"):
        ACTIVATIONS["leakyrelu"]
