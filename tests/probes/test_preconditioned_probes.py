"""Preconditioned sharpness is that of the dense quotient, with the P that rules divide by."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.flatten_util import ravel_pytree
from nets import dense_hessian, loss, net

from lab import optimizers, probes
from lab.validation.errors import InputError

KEY = jax.random.key(3)
PARAMS, BATCH = net()
GRADIENT = {"w": np.array([0.3, -2.0, 1e-3]), "b": np.array([[0.5]])}


@pytest.fixture(autouse=True)
def double():
    with jax.enable_x64(True), jax.numpy_rank_promotion("raise"):
        yield


def close(a, b, rtol):
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=rtol), a, b)


@jax.jit
def top(preconditioner):
    with jax.numpy_dtype_promotion("strict"):
        return probes.preconditioned_eigenvalues(
            loss, PARAMS, BATCH, KEY, preconditioner, count=5, steps=51
        ).values


def test_eigenvalues_are_those_of_the_quotient():
    dense = np.asarray(dense_hessian(PARAMS, BATCH))
    tree = ravel_pytree(PARAMS)[1]
    diagonal = np.random.default_rng(1).uniform(0.1, 3, len(dense))
    exact = np.sort(np.linalg.eigvals(dense / diagonal[:, None]).real)[::-1]
    found = top(tree(jnp.asarray(diagonal)))
    np.testing.assert_allclose(found, exact[:5], atol=1e-8)
    sharpness = jax.jit(
        lambda p: probes.preconditioned_sharpness(loss, PARAMS, BATCH, KEY, p, steps=40)
    )(tree(jnp.asarray(diagonal)))
    np.testing.assert_allclose(sharpness, exact[0], atol=1e-8)
    np.testing.assert_allclose(2 * top(tree(2 * jnp.asarray(diagonal))), found, atol=1e-8)


@pytest.mark.parametrize("package", [optimizers, optax], ids=["by_hand", "optax"])
@pytest.mark.parametrize("taken", [0, 3])
def test_it_is_what_adam_divides_by(package, taken):
    rule = package.adam(0.1, b1=0.8, b2=0.95, eps=1e-4)
    state = rule.init(GRADIENT)
    for step in range(taken):
        _, state = rule.update(jax.tree.map(lambda g: g * (1 + step), GRADIENT), state)  # noqa: B023
    update, after = rule.update(GRADIENT, state)
    divisor = probes.adam_preconditioner(state, 0.95, 1e-4, gradient=GRADIENT)
    correction = 1 - 0.8 ** (taken + 1)
    close(update, jax.tree.map(lambda m, p: -0.1 * m / correction / p, after[0].mu, divisor), 1e-10)
    close(divisor, probes.adam_preconditioner(after, 0.95, 1e-4), 1e-12)
    close(
        probes.adam_preconditioner(after, 0.95, 1e-4, b1=0.8),
        jax.tree.map(lambda p: p * correction, divisor),
        1e-12,
    )


def test_the_one_of_rmsprop_has_no_correction():
    rule = optimizers.rmsprop(0.1, decay=0.9, eps=1e-3, eps_in_sqrt=False)
    state = rule.init(GRADIENT)
    update, _ = rule.update(GRADIENT, state)
    divisor = probes.adam_preconditioner(state, 0.9, 1e-3, gradient=GRADIENT)
    close(update, jax.tree.map(lambda g, p: -0.1 * g / p, GRADIENT, divisor), 1e-10)


def test_a_state_without_mean_squares_is_refused():
    with pytest.raises(InputError, match="'nu'"):
        probes.adam_preconditioner(optimizers.sgd(0.1).init(GRADIENT))
