"""Sophia is algorithm 3 of Liu et al. (2024): h is looked at first, m is not corrected."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lab import optimizers


def bowl(w):
    """50 w²: its gradient is 100 w, its curvature 100."""
    return 50 * jnp.sum(w**2)


def test_the_first_step_is_newtons_by_the_curvature_seen_in_it():
    rule, w = optimizers.sophia(0.1, gamma=1.0, weight_decay=0.0), jnp.array([0.1])
    update, _ = rule.update(jax.grad(bowl)(w), rule.init(w), w, obj_fn=bowl)
    # m = 0.035 · 10, h = 0.01 · 100
    np.testing.assert_allclose(update, [-0.035], rtol=1e-6)


def algorithm_3(w, gradient, curvature, rates, b1, b2, gamma, eps, c, decay, k):
    """[T, n], in NumPy."""
    m, h, path = np.zeros_like(w), np.zeros_like(w), []
    for t, rate in enumerate(rates, start=1):
        m = b1 * m + (1 - b1) * gradient(w)
        if (t - 1) % k == 0:  # t mod k = 1; at k = 1 always
            h = b2 * h + (1 - b2) * curvature(w)
        w = w - rate * decay * w
        w = w - rate * np.clip(m / np.maximum(gamma * h, eps), -c, c)
        path.append(w)
    return np.stack(path)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_it_follows_algorithm_3_where_the_diagonal_is_exact(k):
    """Σ cosh aᵢ wᵢ, whose Hessian is its diagonal, so that random signs see it exactly."""
    a, b1, b2, gamma, eps, c, decay = np.array([0.5, 1.0, 3.0]), 0.9, 0.8, 0.3, 0.05, 0.7, 0.1
    start, rates = np.array([1.0, -2.0, 0.1]), 0.2 / (1 + np.arange(12))
    with jax.enable_x64(True):
        expected = algorithm_3(
            start, lambda w: a * np.sinh(a * w), lambda w: a**2 * np.cosh(a * w),
            rates, b1, b2, gamma, eps, c, decay, k,
        )  # fmt: skip
        rule = optimizers.sophia(
            lambda t: jnp.asarray(rates)[t], b1, b2, eps, decay,
            gamma=gamma, clip_threshold=c, update_interval=k,
        )  # fmt: skip

        def loss(w):
            return jnp.sum(jnp.cosh(a * w))

        step = jax.jit(lambda w, state: rule.update(jax.grad(loss)(w), state, w, obj_fn=loss))
        w = jnp.asarray(start)
        state, path = rule.init(w), []
        for _ in rates:
            update, state = step(w, state)
            w = optax.apply_updates(w, update)
            path.append(w)
    np.testing.assert_allclose(np.stack(path), expected, rtol=1e-12)
