"""Rules that optax lacks, against plain NumPy written from the papers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lab import optimizers

T = 30
RNG = np.random.default_rng(0)
G = RNG.normal(size=(T, 4, 3))
W = RNG.normal(size=(4, 3))


def trajectory(rule):
    """[T + 1, 4, 3], and the last state."""
    with jax.enable_x64(True):
        params, points = jnp.asarray(W), [W]
        state = rule.init(params)
        update = jax.jit(rule.update)
        for g in G:
            updates, state = update(jnp.asarray(g), state, params)
            params = params + updates
            points.append(np.asarray(params))
        return np.stack(points), state, params


def power(matrix, p):
    values, vectors = np.linalg.eigh(matrix)
    return vectors @ np.diag(values**p) @ vectors.T


@pytest.mark.parametrize("t0", [1e6, 10.0])
def test_asgd_is_that_of_torch(t0):
    lr, lambd, alpha, decay = 0.05, 0.1, 0.75, 0.01
    w, mean, eta, mu, points = W, np.zeros_like(W), 0.05, 1.0, [W]
    for t, g in enumerate(G, start=1):  # torch.optim.ASGD, single tensor
        g = g + decay * w
        w = w * (1 - lambd * eta) - eta * g
        mean = w if mu == 1 else mean + (w - mean) * mu
        eta, mu = lr / (1 + lambd * lr * t) ** alpha, 1 / max(1, t - t0)
        points.append(w)
    with jax.enable_x64(True):
        mine, state, params = trajectory(optimizers.asgd(lr, lambd, alpha, t0, decay))
        np.testing.assert_allclose(mine, np.stack(points), rtol=0, atol=1e-13)
        average = optimizers.asgd_eval_params(state, params)
        np.testing.assert_allclose(average, mean, rtol=0, atol=1e-13)


@pytest.mark.parametrize("every", [1, 3])
def test_shampoo_is_that_of_the_paper(every):
    w, left, right, points = W, 1e-4 * np.eye(4), 1e-4 * np.eye(3), [W]
    roots = None
    for t, g in enumerate(G):
        left, right = left + g @ g.T, right + g.T @ g
        if t % every == 0:
            roots = power(left, -0.25), power(right, -0.25)
        w = w - 0.1 * roots[0] @ g @ roots[1]
        points.append(w)
    mine, _, _ = trajectory(optimizers.shampoo(0.1, update_interval=every))
    np.testing.assert_allclose(mine, np.stack(points), rtol=0, atol=1e-10)


def test_shampoo_of_a_vector_is_full_matrix_adagrad():
    with jax.enable_x64(True):
        rule = optimizers.shampoo(0.1)
        state = rule.init(jnp.zeros(4))
        total = 1e-4 * np.eye(4)
        for g in G[:, :, 0]:
            updates, state = rule.update(jnp.asarray(g), state)
            total = total + np.outer(g, g)
            np.testing.assert_allclose(updates, -0.1 * power(total, -0.5) @ g, atol=1e-10)


def test_splus_is_that_of_the_paper():
    b1, b2, rho, lr, decay, every = 0.8, 0.9, 0.7, 0.1, 0.2, 4
    w, m, points, seen = W, np.zeros_like(W), [W], np.zeros_like(W)
    left, right, q_left, q_right = np.zeros([4, 4]), np.zeros([3, 3]), np.eye(4), np.eye(3)
    for t, g in enumerate(G, start=1):
        seen = rho * seen + (1 - rho) * w
        m = b1 * m + (1 - b1) * g
        step = q_left @ np.sign(q_left.T @ m @ q_right) @ q_right.T
        w = w - lr * 2 / 7 * (step + decay * w)
        left, right = b2 * left + (1 - b2) * g @ g.T, b2 * right + (1 - b2) * g.T @ g
        if t == 1 or t % every == 0:
            q_left, q_right = np.linalg.eigh(left)[1], np.linalg.eigh(right)[1]
        points.append(w)
    rule = optimizers.splus(lr, b1, b2, rho, inverse_every=every, weight_decay=decay)
    mine, state, params = trajectory(rule)
    np.testing.assert_allclose(mine, np.stack(points), rtol=0, atol=1e-12)
    with jax.enable_x64(True):
        evaluated = optimizers.splus_eval_params(state, params)
    np.testing.assert_allclose(evaluated, seen / (1 - rho**T), rtol=0, atol=1e-12)


def test_soap_is_that_of_the_paper():
    b1, b2, eps, lr, every = 0.9, 0.95, 1e-8, 0.1, 4
    w, m, v = W, np.zeros_like(W), np.zeros_like(W)
    statistics = [(1 - b2) * g for g in (G[0] @ G[0].T, G[0].T @ G[0])]
    bases = [np.linalg.eigh(matrix)[1][:, ::-1] for matrix in statistics]  # largest first
    points = [W, W]  # the first gradient only starts L and R
    for t, g in enumerate(G[1:], start=1):
        left, right = bases
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * (left.T @ g @ right) ** 2
        n = left.T @ m @ right / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps)
        w = w - lr * (left @ n @ right.T + 0.01 * w)
        statistics = [
            b2 * old + (1 - b2) * new
            for old, new in zip(statistics, (g @ g.T, g.T @ g), strict=True)
        ]
        if t % every == 0:
            for axis, matrix in enumerate(statistics):
                q = bases[axis]
                order = np.argsort(-np.diag(q.T @ matrix @ q))  # V keeps to its eigenvectors
                v = np.take(v, order, axis)
                bases[axis] = np.linalg.qr(matrix @ q[:, order])[0]
        points.append(w)
    mine, _, _ = trajectory(optimizers.soap(lr, b1, b2, eps, update_interval=every))
    np.testing.assert_allclose(mine, np.stack(points), rtol=0, atol=1e-8)
