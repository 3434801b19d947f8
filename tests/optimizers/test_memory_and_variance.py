"""What the records of their authors' code leave open of Kron, MARS-AdamW, Adam-mini and GaLore."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lab import optimizers
from lab.optimizers.common import kronecker

RNG = np.random.default_rng(0)
SHAPE = (3, 5, 2)


@functools.cache
def factors():
    """Upper triangles of the first two axes, and a diagonal."""
    triangles = [np.triu(RNG.normal(size=(n, n))) + 3 * np.eye(n) for n in SHAPE[:2]]
    return *map(jnp.float32, triangles), jnp.array([0.5, -2.0])


def product():
    """Q, as one matrix."""
    dense = [np.diag(q) if q.ndim == 1 else np.asarray(q) for q in factors()]
    return functools.reduce(np.kron, dense)


@pytest.mark.parametrize(
    ("function", "matrix"),
    [
        (kronecker.multiply, lambda q: q),
        (kronecker.multiply_adjoint, lambda q: q.T),
        (kronecker.solve_adjoint, lambda q: np.linalg.inv(q).T),
    ],
)
def test_a_kronecker_product_is_multiplied_by_axis_by_axis(function, matrix):
    x = jnp.float32(RNG.normal(size=SHAPE))
    expected = (matrix(product()) @ np.asarray(x).ravel()).reshape(SHAPE)
    np.testing.assert_allclose(function(x, factors()), expected, rtol=1e-4, atol=1e-5)


def test_balanced_factors_are_alike_in_size_and_have_the_same_product():
    uneven = tuple(q * scale for q, scale in zip(factors(), (1e6, 1e-3, 1e-3), strict=True))
    even = kronecker.balanced(uneven)
    sizes = [float(jnp.max(jnp.abs(q))) for q in even]
    np.testing.assert_allclose(sizes, sizes[0], rtol=1e-5)
    x = jnp.float32(RNG.normal(size=SHAPE))
    np.testing.assert_allclose(
        kronecker.multiply(x, even), kronecker.multiply(x, factors()), rtol=1e-4, atol=1e-5
    )


def run(rule, gradients, params):
    """Updates [T, ...]."""

    def step(state, gradient):
        updates, state = rule.update(gradient, state, params)
        return state, updates

    return jax.jit(lambda g: jax.lax.scan(step, rule.init(params), g))(gradients)


def test_kron_whitens_correlated_gradients():
    """At the optimum u ~ N(0, I), whose mean square in two dimensions is of the density e⁻ˣ.

    Cut off at 1.1², its mean is 1 − exp(−1.1²).
    """
    mixed = jnp.array([[3.0, 0.0], [2.0, 0.1]])
    gradients = jax.random.normal(jax.random.key(0), (20_000, 2)) @ mixed.T
    rule = optimizers.scale_by_kron(
        b1=0.0, preconditioner_update_probability=1.0, min_ndim_triangular=1, preconditioner_lr=0.01
    )
    _, whitened = run(rule, gradients, jnp.zeros(2))
    second = whitened[10_000:].T @ whitened[10_000:] / 10_000
    np.testing.assert_allclose(second, (1 - np.exp(-1.21)) * np.eye(2), atol=0.03)


def test_kron_waits_for_the_inverse_of_the_probability():
    rule = optimizers.scale_by_kron(preconditioner_update_probability=0.4)
    params = jnp.ones(2)
    state, fitted = rule.init(params), []
    update = jax.jit(rule.update)
    for _ in range(7):
        _, state = update(params, state)
        fitted.append(int(state.fitted))
    assert fitted == [0, 0, 3, 3, 3, 6, 6]


@pytest.mark.parametrize("name", ["kron", "mars_adamw", "adam_mini", "galore"])
def test_long_without_gradient_then_with_one_all_stays_finite(name):
    params = {"w": jnp.ones((2, 3)), "b": jnp.ones(()), "none": jnp.ones((0, 3))}
    seen = jnp.concatenate([jnp.zeros(2_000), jnp.ones(10), jnp.zeros(2_000), jnp.ones(10)])
    gradients = jax.tree.map(lambda p: jax.vmap(lambda x: jnp.full(p.shape, x))(seen), params)
    state, updates = run(getattr(optimizers, name)(0.1), gradients, params)
    floats = [x for x in jax.tree.leaves((state, updates)) if jnp.issubdtype(x.dtype, jnp.floating)]
    assert all(bool(jnp.all(jnp.isfinite(x))) for x in floats)
    assert not jnp.any(updates["w"][:2_000])


def test_mars_without_correction_is_adamw_on_clipped_gradients():
    params = {"w": jnp.ones((2, 3)), "b": jnp.ones(2)}
    gradients = jax.tree.map(lambda p: jnp.float32(RNG.normal(size=(5, *p.shape))), params)
    clipped = jax.tree.map(
        lambda g: jnp.stack([x / max(1.0, float(jnp.linalg.norm(x))) for x in g]), gradients
    )
    _, mine = run(optimizers.mars_adamw(0.1, 0.9, 0.999, gamma=0.0), gradients, params)
    _, adamw = run(optimizers.adamw(0.1, 0.9, 0.999, weight_decay=0.0), clipped, params)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4), mine, adamw)


def test_adam_mini_keeps_a_number_for_every_output():
    params = {"w": jnp.ones((3, 5)), "b": jnp.ones(5), "kernel": jnp.ones((2, 3, 2, 2))}
    nu = optimizers.scale_by_adam_mini().init(params).nu
    assert jax.tree.map(jnp.shape, nu) == {"w": (5,), "b": (5,), "kernel": ()}


def test_galore_on_a_tall_matrix_is_galore_on_the_wide_one():
    """Algorithm 2 is written for m ≤ n; the authors' code, for a taller one, turns it round."""
    gradients = jnp.float32(RNG.normal(size=(9, 3, 5)))
    rule = optimizers.galore(0.1, rank=2, update_proj_gap=100)
    state, wide = run(rule, gradients, jnp.zeros((3, 5)))
    tall_state, tall = run(rule, gradients.mT, jnp.zeros((5, 3)))
    np.testing.assert_allclose(tall.mT, wide, rtol=1e-4, atol=1e-6)
    assert state[0].projector[0].shape == tall_state[0].projector[0].shape == (3, 2)


def test_galore_keeps_moments_of_rank_rows():
    state = optimizers.galore(0.1, rank=2).init({"w": jnp.ones((3, 5)), "b": jnp.ones(4)})
    moments = state[0].base_optimizer_state.mu
    assert jax.tree.map(jnp.shape, moments) == {"w": (2, 5), "b": (4,)}
