"""Lanczos finds what a dense eigensolver finds, to 1e-8 in float64, in any transformation."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from nets import dense_hessian, loss, net

from lab import probes
from lab.validation.errors import InputError

KEY = jax.random.key(3)
NETS = [net(seed) for seed in range(3)]
SIZE = 51


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
        return np.asarray(dense_hessian(*NETS[0]))


@partial(jax.jit, static_argnums=(2, 3))
def top(params, batch, count, steps):
    return probes.top_eigenvalues(loss, params, batch, KEY, count, steps)


def operator(entries):
    return probes.Operator(lambda v: entries @ v, len(entries), entries.dtype, lambda v: v)


@partial(jax.jit, static_argnums=(1, 2))
def largest(entries, count, steps):
    return probes.largest(operator(entries), KEY, count, steps)


@partial(jax.jit, static_argnums=1)
def lanczos(entries, steps):
    return probes.lanczos(operator(entries), KEY, steps)


def random_symmetric(size, seed=0):
    a = np.random.default_rng(seed).normal(size=(size, size))
    return a + a.T


def test_all_steps_give_every_eigenvalue(dense):
    assert dense.shape == (SIZE, SIZE)
    found = top(*NETS[0], SIZE, SIZE)
    values, vectors = np.asarray(found.values), np.asarray(found.vectors)
    np.testing.assert_allclose(values, np.linalg.eigvalsh(dense)[::-1], atol=1e-8)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(SIZE), atol=1e-10)
    assert np.abs(vectors @ dense - values[:, None] * vectors).max() < 1e-8


def test_few_steps_give_the_largest_within_their_bounds(dense):
    exact = np.linalg.eigvalsh(dense)[::-1]
    found = top(*NETS[0], 3, 30)
    np.testing.assert_allclose(found.values, exact[:3], atol=1e-8)
    rough = top(*NETS[0], 3, 8)
    distance = np.abs(np.asarray(rough.values)[:, None] - exact).min(1)
    assert (distance <= np.asarray(rough.errors) + 1e-12).all()
    assert rough.errors[2] > 1e-8


@pytest.mark.parametrize("steps", [3, 40])
def test_the_basis_is_orthonormal_and_makes_the_matrix_tridiagonal(steps):
    entries = random_symmetric(40)
    alphas, betas, basis = map(np.asarray, lanczos(entries, steps))
    tridiagonal = np.diag(alphas) + np.diag(betas[:-1], 1) + np.diag(betas[:-1], -1)
    np.testing.assert_allclose(basis @ basis.T, np.eye(steps), atol=1e-12)
    np.testing.assert_allclose(basis @ entries @ basis.T, tridiagonal, atol=1e-11)


def test_low_rank_and_repeated_eigenvalues_are_found():
    q = np.linalg.qr(random_symmetric(12, 1))[0]
    spectrum = np.array([7.0, 7, 7, 2, 2, 0, 0, 0, 0, 0, -1, -1])
    found = largest(q @ np.diag(spectrum) @ q.T, 12, 12)
    np.testing.assert_allclose(found.values, spectrum, atol=1e-8)
    np.testing.assert_array_equal(largest(np.zeros((12, 12)), 12, 12).values, 0)
    np.testing.assert_allclose(largest(-np.eye(12), 12, 12).values, -1, atol=1e-12)


def test_more_steps_than_parameters_are_not_taken():
    np.testing.assert_allclose(largest(np.diag([3.0, -8, 1]), 1, 20).values, [3], atol=1e-12)


def test_vmap_and_scan_give_what_each_net_has():
    def measure(params, batch):
        return probes.sharpness(loss, params, batch, KEY, 40)

    params, batches = jax.tree.map(lambda *leaves: np.stack(leaves), *NETS)
    mapped = jax.jit(jax.vmap(measure))(params, batches)
    scan = jax.jit(lambda nets: jax.lax.scan(lambda c, one: (c, measure(*one)), None, nets)[1])
    exact = [np.linalg.eigvalsh(dense_hessian(*one))[-1] for one in NETS]
    np.testing.assert_allclose(mapped, exact, atol=1e-8)
    np.testing.assert_allclose(scan((params, batches)), exact, atol=1e-8)


def test_single_precision_is_enough_for_five_digits(dense):
    single = {"f": "float32", "i": "int32"}
    params, batch = jax.tree.map(lambda leaf: leaf.astype(single[leaf.dtype.kind]), NETS[0])
    found = top(params, batch, 1, 25).values
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, np.linalg.eigvalsh(dense)[-1:], rtol=1e-5)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: lanczos(np.eye(3), 4), "between 1 and the 3 parameters"),
        (lambda: largest(np.eye(3), 4, 20), "count must lie"),
    ],
)
def test_refuses_impossible_counts(call, says):
    with pytest.raises(InputError, match=says):
        call()


def test_the_key_does_not_matter():
    """A key decides the first vector only: the answer is the same for all."""
    entries = jnp.asarray(random_symmetric(30, 5))
    draw = jax.jit(jax.vmap(lambda key: probes.largest(operator(entries), key, 2, 30).values))
    found = draw(jax.random.split(KEY, 4))
    exact = np.linalg.eigvalsh(entries)[::-1][:2]
    np.testing.assert_allclose(found, np.tile(exact, (4, 1)), atol=1e-9)
