"""Rules for whole matrices: which arrays they take for matrices, and of which shapes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from optax.contrib import MuonDimensionNumbers

from lab import optimizers

ORTHOGONALIZE = {"normuon": optimizers.normuon, "adamuon": optimizers.adamuon}
RULES = {**ORTHOGONALIZE, "scion": optimizers.scion, "splus": optimizers.splus}
SHAPES = ((), (1,), (0,), (4,), (0, 5), (5, 0), (3, 5), (5, 3), (2, 0, 3), (2, 3, 2, 2))


def last_update(rule, gradients):
    """Of as many updates as there are gradients, all at parameters of zero."""
    params = jnp.zeros_like(gradients[0])
    state, update = rule.init(params), jax.jit(rule.update)
    for gradient in gradients:
        updates, state = update(gradient, state, params)
    return updates


def normal(*shape):
    return jnp.asarray(np.random.default_rng(0).normal(size=shape))


@pytest.mark.parametrize("name", ORTHOGONALIZE)
def test_a_kernel_is_the_matrix_that_its_dimension_numbers_make_of_it(name):
    with jax.enable_x64(True):
        kernels = normal(3, 2, 3, 2, 5)
        numbers = MuonDimensionNumbers(reduction_axis=(0, 1, 2), output_axis=3)
        rule = ORTHOGONALIZE[name](0.1, weight_dimension_numbers=numbers)
        flat = last_update(ORTHOGONALIZE[name](0.1), kernels.reshape(3, 12, 5))
        np.testing.assert_allclose(
            last_update(rule, kernels).reshape(12, 5), flat, rtol=0, atol=1e-14
        )


@pytest.mark.parametrize("name", ORTHOGONALIZE)
def test_matrices_of_a_batch_know_nothing_of_each_other(name):
    with jax.enable_x64(True):
        batch = normal(3, 2, 4, 5) * jnp.array([1.0, 100.0])[:, None, None]
        numbers = MuonDimensionNumbers(reduction_axis=1, output_axis=2)
        together = last_update(ORTHOGONALIZE[name](0.1, weight_dimension_numbers=numbers), batch)
        alone = [last_update(ORTHOGONALIZE[name](0.1), batch[:, i]) for i in range(2)]
        np.testing.assert_allclose(together, jnp.stack(alone), rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", RULES)
def test_gradients_of_zero_move_nothing_of_any_shape(name):
    gradients = [jnp.zeros(shape) for shape in SHAPES]
    rule = RULES[name](0.1)
    state = rule.init(gradients)
    with jax.debug_nans(True):
        for _ in range(2):
            updates, state = rule.update(gradients, state, gradients)
    for u, g in zip(updates, gradients, strict=True):
        np.testing.assert_array_equal(u, g)
    assert all(jnp.all(jnp.isfinite(x)) for x in jax.tree.leaves(state))


def test_the_norms_of_scion_are_what_they_are_called():
    """Steps of length 1: all columns have it, or all rows, entries or singular values (nearly)."""
    with jax.enable_x64(True):
        gradient = normal(1, 6, 4)

        def step(norm, steps=5):
            rule = optimizers.scion(1.0, norm=norm, constrained=False, ns_steps=steps)
            return np.asarray(last_update(rule, gradient))

        np.testing.assert_allclose(np.mean(step("colnorm") ** 2, axis=1), 1, rtol=1e-6)
        np.testing.assert_allclose(np.sqrt(6) * np.linalg.norm(step("rownorm"), axis=0), 1, 1e-6)
        np.testing.assert_allclose(np.abs(step("sign")), 1 / 6, rtol=1e-6)
        largest = np.linalg.norm(step("spectral"), ord=2) / np.sqrt(4 / 6)
        assert 0.7 < largest < 1.3
        np.testing.assert_allclose(
            step("spectral_max"), step("spectral") / np.sqrt(4 / 6), rtol=1e-12
        )
