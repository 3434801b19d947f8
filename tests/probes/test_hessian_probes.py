"""Hessian products and traces are those of the dense Hessian, to 1e-8 in float64."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from nets import dense_hessian, loss, net

from lab import probes
from lab.validation.errors import InputError

KEY = jax.random.key(3)
PARAMS, BATCH = net()


@pytest.fixture(autouse=True)
def double():
    with (
        jax.enable_x64(True),
        jax.numpy_dtype_promotion("strict"),
        jax.numpy_rank_promotion("raise"),
    ):
        yield


@pytest.fixture(scope="module")
def dense():
    with jax.enable_x64(True):
        return np.asarray(dense_hessian(PARAMS, BATCH))


@jax.jit
def product(v):
    """H v [P], and vᵀHv / vᵀv."""
    v = ravel_pytree(PARAMS)[1](v)
    flat = ravel_pytree(probes.hessian_vector_product(loss, PARAMS, BATCH, v))[0]
    return flat, probes.curvature_along(loss, PARAMS, BATCH, v)


@jax.jit
def gradient(w):
    return ravel_pytree(jax.grad(loss)(ravel_pytree(PARAMS)[1](w), BATCH))[0]


def directions(size, count=3):
    return np.random.default_rng(0).normal(size=(count, size))


def test_products_are_those_of_the_dense_hessian(dense):
    for v in directions(len(dense)):
        along, curvature = product(v)
        np.testing.assert_allclose(along, dense @ v, atol=1e-10)
        np.testing.assert_allclose(curvature, v @ dense @ v / (v @ v), rtol=1e-9)


def test_products_are_finite_differences_of_gradients(dense):
    flat = np.asarray(ravel_pytree(PARAMS)[0])
    for v in directions(len(dense)):
        difference = (gradient(flat + 1e-5 * v) - gradient(flat - 1e-5 * v)) / 2e-5
        np.testing.assert_allclose(product(v)[0], difference, atol=1e-7)


def test_the_trace_is_the_mean_over_signs(dense):
    draws = 400
    found = jax.jit(lambda: probes.hessian_trace(loss, PARAMS, BATCH, KEY, samples=draws))()
    assert abs(found.value - np.trace(dense)) < 4 * found.error
    keys = jax.random.split(KEY, draws)
    draw = partial(jax.random.rademacher, shape=(len(dense),), dtype=jnp.float64)
    signs = np.asarray(jax.jit(jax.vmap(draw))(keys))
    exact = np.einsum("sp,pq,sq->s", signs, dense, signs)
    np.testing.assert_allclose(found.value, exact.mean(), atol=1e-8)
    np.testing.assert_allclose(found.error, exact.std(ddof=1) / np.sqrt(draws), rtol=1e-8)
    off = dense - np.diag(np.diag(dense))
    np.testing.assert_allclose(exact.var(ddof=1), 2 * np.sum(off**2), rtol=0.5)


def test_the_trace_of_a_diagonal_is_exact():
    diagonal = jnp.arange(9.0)
    operator = probes.Operator(lambda v: diagonal * v, 9, diagonal.dtype, lambda v: v)
    found = jax.jit(lambda: probes.hutchinson(operator, KEY, samples=2))()
    np.testing.assert_allclose(found.value, 36, rtol=1e-12)
    assert found.error < 1e-12
    with pytest.raises(InputError, match="at least 2"):
        probes.hutchinson(operator, KEY, 1)
