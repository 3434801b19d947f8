"""Rules of optax.contrib 0.2.8 that part from their papers, and which side the lab is on."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib

from lab import optimizers

RNG = np.random.default_rng(0)
GRADIENTS, START = RNG.normal(1, 0.3, [12, 3]), np.array([1.0, -2.0, 3.0])


def run(rule, gradients=GRADIENTS, start=START):
    """The updates, [T, 3], in float64; and the last state."""
    with jax.enable_x64(True):
        params, updates = jnp.asarray(start), []
        state = rule.init(params)
        for gradient in gradients:
            update, state = rule.update(jnp.asarray(gradient), state, params)
            params = params + update
            updates.append(np.asarray(update))
    return np.stack(updates), state


def first(rule, gradient, params):
    return rule.update(gradient, rule.init(params), params)


def textbook_acprop(gradients, rate, b1, b2, eps):
    """Zhuang et al., algorithm 2, with the start of the authors' code."""
    m = s = np.zeros(3)
    for t, g in enumerate(gradients, 1):
        root = np.sqrt(s / (1 - b2 ** (t - 1))) + eps if t > 1 else 1.0
        yield -rate * g / root
        m = b1 * m + (1 - b1) * g
        s = b2 * s + (1 - b2) * (g - m) ** 2 + eps


def test_acprop_centers_by_the_mean_of_this_update_and_optax_by_that_of_before():
    expected = np.stack(list(textbook_acprop(GRADIENTS, 0.1, 0.5, 0.9, 1e-3)))
    ours, _ = run(optimizers.acprop(0.1, 0.5, 0.9, 1e-3, 1e-3))
    np.testing.assert_allclose(ours, expected, rtol=1e-12)
    theirs, _ = run(optax.contrib.acprop(0.1, 0.5, 0.9, 1e-3, 1e-3))
    np.testing.assert_allclose(theirs[0], expected[0] / 1.001, rtol=1e-12)
    assert np.min(np.abs(theirs[1] / expected[1])) < 0.6  # b1 = 0.5: g − m is twice as large


def test_cocob_bets_on_gradients_whose_squares_overflow():
    gradient = params = jnp.array([1e25, -1e25], jnp.float32)
    ours, _ = first(optimizers.cocob(), gradient, params)
    np.testing.assert_allclose(ours, [-0.01, 0.01], rtol=1e-6)
    theirs, _ = first(optax.contrib.cocob(), gradient, params)
    assert not np.allclose(theirs, ours, rtol=0.1)


def test_cocob_stays_where_no_gradient_came_and_there_is_no_epsilon():
    """The paper's L begins at 0."""
    ours, state = first(optimizers.cocob(eps=0.0), jnp.zeros(2), jnp.ones(2))
    assert not ours.any()
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(state))
    assert np.isnan(first(optax.contrib.cocob(eps=0.0), jnp.zeros(2), jnp.ones(2))[0]).all()


def test_cocob_counts_complex_numbers_by_their_modulus_and_optax_compares_them_with_zero():
    gradient = jnp.array([1 + 1j, -2j])

    def reward(rule):
        """R of who moved by −g, and is right."""
        _, state = first(rule, gradient, 0 * gradient)
        return rule.update(gradient, state, -gradient)[1].reward

    np.testing.assert_allclose(reward(optimizers.scale_by_cocob()), [2, 4], rtol=1e-6)
    assert jnp.iscomplexobj(reward(optax.contrib.scale_by_cocob()))


def test_dadapt_adamw_survives_a_gradient_of_zero():
    """The authors' code returns without a step where ‖s‖₁ = 0."""
    _, mine = first(optimizers.dadapt_adamw(), jnp.zeros(2), jnp.ones(2))
    _, theirs = first(optax.contrib.dadapt_adamw(), jnp.zeros(2), jnp.ones(2))
    assert mine.estim_lr == jnp.float32(1e-6)
    assert np.isnan(theirs.estim_lr)


def test_dadapt_adamw_averages_the_squared_modulus_and_optax_the_complex_square():
    gradient = jnp.array([1 + 1j, 2j])
    square = jnp.abs(gradient) ** 2
    _, ours = first(optimizers.dadapt_adamw(), gradient, gradient)
    np.testing.assert_allclose(ours.exp_avg_sq, 0.001 * square, rtol=1e-5)
    _, theirs = first(optax.contrib.dadapt_adamw(), gradient, gradient)
    np.testing.assert_allclose(theirs.exp_avg_sq, 0.001 * gradient**2, rtol=1e-5)


def test_simplified_ademamix_averages_the_squared_modulus_and_optax_the_complex_square():
    gradient = jnp.array([1 + 1j, 2j])
    _, ours = first(optimizers.scale_by_simplified_ademamix(), gradient, gradient)
    np.testing.assert_allclose(ours.n, 0.05 * jnp.abs(gradient) ** 2, rtol=1e-5)
    _, theirs = first(optax.contrib.scale_by_simplified_ademamix(), gradient, gradient)
    np.testing.assert_allclose(theirs.n, 0.05 * gradient**2, rtol=1e-5)


def test_simplified_ademamix_brings_up_its_memory_as_the_authors_do():
    """m ← g + β₁(t) m, where the authors' halving times grow in a straight line."""

    def b1(t):
        return 0.5 ** (1 / (2 + jnp.minimum(jnp.asarray(t, float), 6) / 3))

    def expected():
        m = v = np.zeros(3)
        for t, g in enumerate(GRADIENTS):
            m, v = g + float(b1(t)) * m, 0.9 * v + 0.1 * g**2
            yield -0.1 * (m + 2 * g) / (np.sqrt(v / (1 - 0.9 ** (t + 1))) + 1e-8)

    with jax.enable_x64(True):
        right = np.stack(list(expected()))
    ours, _ = run(optimizers.simplified_ademamix(0.1, b1, 0.9, alpha=2.0))
    np.testing.assert_allclose(ours, right, rtol=1e-12)


def textbook_mechanic(gradients, x, lam, eps, s_init):
    """Cutkosky, Defazio & Mehta, algorithm 1, around SGD of rate 1; |h| as in the authors' code."""
    beta = np.array([0.9, 0.99])
    m, v, r, s = np.zeros([4, 2])
    start, delta = x, np.zeros(3)
    for g in gradients:
        decay = lam * s.sum() * np.linalg.norm(g) * x / (np.linalg.norm(x) + eps)
        h = delta @ (g + decay)
        delta = delta - g
        m = np.maximum(beta * m, abs(h))
        v = beta**2 * v + h**2
        r = np.maximum(0, beta * r - s * h)
        s = (s_init * m / 2 + r) / (np.sqrt(v) + eps)
        x, old = start + s.sum() * delta, x
        yield x - old


def test_mechanize_is_algorithm_1_and_that_of_optax_bounds_what_it_bets_on():
    options = {"weight_decay": 0.1, "eps": 1e-8, "s_init": 1e-3, "num_betas": 2}
    gradients = np.concatenate([-GRADIENTS[:4], GRADIENTS, GRADIENTS])  # wins, losses, wins
    expected = np.stack(list(textbook_mechanic(gradients, START, 0.1, 1e-8, 1e-3)))
    ours, state = run(optimizers.mechanize(optimizers.sgd(1.0), **options), gradients)
    np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-12)
    assert float(state.s[0]) > 1e-2  # it grew
    theirs, _ = run(optax.contrib.mechanize(optax.sgd(1.0), **options), gradients)
    assert np.max(np.abs(theirs - expected)) > 0.1 * np.max(np.abs(expected))


def test_mechanize_begins_at_the_scale_of_the_paper_and_optax_at_a_hundred_times_that():
    """Algorithm 1: s is zero, then s_init in all where |h| is the largest so far."""

    def scales(rule):
        return [np.sum(np.asarray(run(rule, GRADIENTS[:t])[1].s)) for t in (1, 2)]

    ours = scales(optimizers.mechanize(optimizers.sgd(1.0)))
    np.testing.assert_allclose(ours, [0, 1e-8], rtol=1e-6)
    assert min(scales(optax.contrib.mechanize(optax.sgd(1.0)))) > 5e-7
