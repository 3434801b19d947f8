"""Aliases of optax 0.2.8 that part from their papers, and which side the lab is on."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lab import optimizers
from lab.optimizers import CATALOG


def run(rule, gradients, params):
    """The updates, [T, ...], in float64."""
    with jax.enable_x64(True):
        params = jnp.asarray(params)
        state, history = rule().init(params), []
        for gradient in gradients:
            updates, state = rule().update(jnp.asarray(gradient), state, params)
            history.append(np.asarray(updates))
    return np.stack(history)


GRADIENTS = np.random.default_rng(0).normal(size=(12, 5))
PARAMS = np.linspace(-1, 2, 5)


def textbook_adan(gradients, params, rate, wd=0.0, b=(0.98, 0.92, 0.99), eps=1e-8, eps_root=1e-8):
    """Xie et al. 2022, algorithm 1, with β for their 1 − β and their code's corrections."""
    m = v = n = np.zeros_like(params)
    for t, g in enumerate(gradients, 1):
        d = g - gradients[t - 2] if t > 1 else np.zeros_like(g)
        m = b[0] * m + (1 - b[0]) * g
        v = b[1] * v + (1 - b[1]) * d
        n = b[2] * n + (1 - b[2]) * (g + b[1] * d) ** 2
        m_hat, v_hat, n_hat = (x / (1 - beta**t) for x, beta in zip((m, v, n), b, strict=True))
        ahead = params - rate * (m_hat + b[1] * v_hat) / (np.sqrt(n_hat + eps_root) + eps)
        yield ahead / (1 + rate * wd) - params


@pytest.mark.parametrize("wd", [0.0, 0.1])
def test_adan_weights_its_look_ahead_as_the_paper_does_and_optax_hardly_looks_ahead(wd):
    expected = np.stack(list(textbook_adan(GRADIENTS, PARAMS, 0.1, wd)))
    ours = run(lambda: optimizers.adan(0.1, weight_decay=wd), GRADIENTS, PARAMS)
    np.testing.assert_allclose(ours, expected, rtol=1e-11)
    theirs = run(lambda: optax.adan(0.1, weight_decay=wd), GRADIENTS, PARAMS)
    if wd == 0:  # no difference to look at yet, where the decay is none
        np.testing.assert_allclose(theirs[0], expected[0], rtol=1e-11)
    assert np.max(np.abs(theirs - expected)) > 0.01


def textbook_rprop(gradients, params, size):
    """Igel & Hüsken 2000, iRprop⁻."""
    size, last = np.full_like(params, size), np.zeros_like(params)
    for gradient in gradients:
        g = gradient.copy()
        agreement = g * last
        size = np.where(agreement > 0, np.minimum(size * 1.2, 50.0), size)
        size = np.where(agreement < 0, np.maximum(size * 0.5, 1e-6), size)
        g[agreement < 0] = 0
        yield -np.sign(g) * size
        last = g


def test_rprop_takes_the_step_of_this_gradient_and_optax_that_of_the_last():
    expected = np.stack(list(textbook_rprop(GRADIENTS, PARAMS, 0.1)))
    np.testing.assert_allclose(
        run(lambda: optimizers.rprop(0.1), GRADIENTS, PARAMS), expected, rtol=1e-12
    )
    theirs = run(lambda: optax.rprop(0.1), GRADIENTS, PARAMS)
    assert not theirs[0].any()
    assert np.max(np.abs(theirs - expected)) > 0.09


def test_sm3_takes_complex_numbers_and_optax_does_not():
    """By |g|²: turned gradients are turned steps."""
    gradient = jnp.array([[3 + 4j, 1j], [0.5, 2j]])
    rule, theirs = optimizers.sm3(0.1, momentum=0.0), optax.sm3(0.1)
    updates, _ = rule.update(gradient, rule.init(gradient))
    np.testing.assert_allclose(updates, -0.1 * gradient / np.abs(gradient), rtol=1e-5)
    with pytest.raises(ValueError, match="complex"):
        theirs.update(gradient, theirs.init(gradient))


def test_sm3_takes_scalars_and_schedules_and_optax_does_not():
    params = jnp.float32(2.0)
    rule = optimizers.sm3(lambda count: 0.1, momentum=0.0)
    updates, _ = rule.update(params, rule.init(params))
    np.testing.assert_allclose(updates, -0.1, rtol=1e-5)
    theirs = optax.sm3(0.1)
    with pytest.raises(IndexError):
        theirs.update(params, theirs.init(params))
    with pytest.raises(TypeError):
        optax.sm3(lambda count: 0.1)


def test_sm3_steps_by_the_rate_for_small_gradients_and_optax_by_a_part_of_it():
    """Anil et al. 2019, SM3-II: the first step is η sign(g); their own code has ε = 1e-30."""
    gradients, params = 1e-5 * GRADIENTS[:1].reshape(1, 5, 1), PARAMS.reshape(5, 1)
    ours, theirs = (
        run(lambda m=m: m.sm3(0.1, momentum=0.0), gradients, params) for m in (optimizers, optax)
    )
    np.testing.assert_allclose(ours, -0.1 * np.sign(gradients), rtol=1e-12)
    assert np.max(np.abs(theirs)) < 0.05


def test_sm3_is_that_of_optax_on_matrices_but_for_epsilon():
    gradients, params = GRADIENTS.reshape(12, 5, 1), PARAMS.reshape(5, 1)
    theirs = optax.chain(optax.scale_by_sm3(0.9, eps=1e-30), optax.scale(-0.1))
    pair = (run(lambda r=r: r, gradients, params) for r in (optimizers.sm3(0.1), theirs))
    np.testing.assert_allclose(*pair, rtol=1e-12)


def divided(name):
    """The last entry after one update from (1, 2, 3) on Σ w², at η = 1 and λ = 0.1: ours, optax."""
    with jax.enable_x64(True):
        w = jnp.array([1.0, 2.0, 3.0])
        for package in (optimizers, optax.contrib):
            rule = getattr(package, name)(1.0, weight_decay=0.1)
            updates, _ = rule.update(2 * w, rule.init(w), w, value=jnp.sum(w**2))
            yield (w + updates)[2]


def test_momo_divides_its_step_too_and_optax_the_weights_alone():
    """Schaipp et al. 2023, lemma 3.1: w ← (w − τ d) / (1 + η λ), here τ d = 0.225 · 2 w."""
    expected = [(3 - 1.35) / 1.1, 3 / 1.1 - 1.35]
    np.testing.assert_allclose(list(divided("momo")), expected, rtol=1e-12)


def test_momo_adam_divides_its_step_too_and_optax_the_weights_alone():
    """The same with τ d / D = 1."""
    np.testing.assert_allclose(list(divided("momo_adam")), [2 / 1.1, 3 / 1.1 - 1], rtol=1e-7)


def test_momo_moves_where_gradients_are_small_and_optax_stands_still():
    """At a loss of 1, far off, τ = η = 0.5; optax takes ‖g‖² below 2.2e-16 for 0."""
    w = jnp.array([1e-3, -1e-3])
    g = 1e-6 * w
    moves = []
    for package in (optimizers, optax.contrib):
        rule = package.momo(0.5)
        updates, _ = rule.update(g, rule.init(w), w, value=jnp.float32(1.0))
        moves.append(updates)
    np.testing.assert_allclose(moves[0], -0.5 * g, rtol=1e-5)
    np.testing.assert_array_equal(moves[1], 0)


def test_schedule_free_sgd_weighs_a_point_by_the_rate_that_led_to_it_and_optax_by_the_next():
    """Defazio et al. 2024, algorithm 1: warm-up over 4 updates, H = diag(1, 0.3), from (1, −2)."""
    params, averages = jnp.array([1.0, -2.0]), []
    for package in (optimizers, optax.contrib):
        rule, y = package.schedule_free_sgd(0.5, warmup_steps=4), params
        state = rule.init(y)
        for _ in range(2):
            updates, state = rule.update(jnp.array([1.0, 0.3]) * y, state, y)
            y = y + updates
        averages.append(package.schedule_free_eval_params(state, y))
    np.testing.assert_allclose(averages[0], [0.7, -1.8095], rtol=1e-5)
    np.testing.assert_allclose(averages[1], [0.9, -1.94], rtol=1e-5)


def test_schedule_free_adamw_takes_a_step_at_once_in_a_warm_up_and_optax_none():
    """The authors' warm-up is (t + 1) / T: a first step of γ / T, here 0.4 / 4."""
    params, moves = jnp.array([1.0, -2.0]), []
    for package in (optimizers, optax.contrib):
        rule = package.schedule_free_adamw(0.4, warmup_steps=4)
        updates, _ = rule.update(params, rule.init(params), params)
        moves.append(updates)
    np.testing.assert_allclose(moves[0], [-0.1, 0.1], rtol=1e-5)
    np.testing.assert_allclose(moves[1], 0, atol=1e-7)


def test_fromage_shrinks_the_weights_where_optax_rounds_the_shrinkage_away():
    """1/√(1 + η²) − 1 ≈ −η²/2, of which float32 keeps nothing below η = 2e-4."""
    params, zero = jnp.array([3.0, 4.0]), jnp.zeros(2)

    def shrunk(factory):
        rule = factory(jnp.float32(1e-4))
        return rule.update(zero, rule.init(params), params)[0]

    np.testing.assert_allclose(shrunk(optimizers.fromage), -0.5e-8 * params, rtol=1e-5)
    assert not shrunk(optax.fromage).any()


def test_adafactor_is_as_exact_as_its_parameters_and_optax_as_float32():
    arguments = {"learning_rate": 0.1, "min_dim_size_to_factor": 2}
    gradients, params = GRADIENTS[:, :4].reshape(12, 2, 2), PARAMS[:4].reshape(2, 2)
    ours, twin, theirs = (
        run(lambda f=f: f(**arguments), gradients, params)
        for f in (optimizers.adafactor, CATALOG["adafactor"].via_optax, optax.adafactor)
    )
    np.testing.assert_allclose(ours, twin, rtol=1e-13)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert np.max(np.abs(ours / theirs - 1)) > 1e-10


def test_the_twins_of_other_ingredients_are_optax_where_optax_is_right():
    """Float32, no schedule: the twin of adafactor is optax.adafactor, that of fromage likewise."""
    params = jnp.asarray(PARAMS, jnp.float32)
    for name in ("adafactor", "fromage"):
        twin, theirs = CATALOG[name].via_optax(0.1), getattr(optax, name)(0.1)
        a, b = (r.update(2 * params, r.init(params), params)[0] for r in (twin, theirs))
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_novograd_has_the_alias_and_the_transform_of_optax_with_an_epsilon_each():
    gradient = jnp.array([3e-6, 4e-6])
    for package in (optimizers, optax):
        alias, transform = package.novograd(1.0), package.scale_by_novograd()
        smaller, _ = alias.update(gradient, alias.init(gradient), gradient)
        larger, _ = transform.update(gradient, transform.init(gradient), gradient)
        np.testing.assert_allclose(-smaller, gradient / 6e-6, rtol=1e-5)
        np.testing.assert_allclose(larger, gradient / 5.01e-6, rtol=1e-5)


def test_noise_is_that_of_optax_for_integers_and_keys_and_one_key_only():
    params = {"w": jnp.ones([3, 2]), "b": jnp.ones(())}
    for key in (3, jax.random.key(3)):
        ours, theirs = (m.noisy_sgd(0.1, key=key) for m in (optimizers, optax))
        a, b = (r.update(params, r.init(params))[0] for r in (ours, theirs))
        jax.tree.map(np.testing.assert_array_equal, a, b)
    with pytest.raises(ValueError, match="not both"):
        optimizers.noisy_sgd(0.1, key=0, seed=0)
