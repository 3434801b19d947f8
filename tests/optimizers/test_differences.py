"""Which side follows the paper, where `differences.py` says that optax 0.2.8 and the lab part."""

import inspect
import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib
import pytest
from differences import DIFFERENCES

from lab import optimizers

PARAMS = jnp.array([1.0, -2.0])


@pytest.mark.parametrize("name", DIFFERENCES)
def test_every_difference_has_a_test_of_its_name(name):
    sources = Path(__file__).parent.glob("test_*differences*.py")
    tests = re.findall(r"def (test_\w+)", "".join(path.read_text() for path in sources))
    assert any(test.startswith(f"test_{name}_") for test in tests)
    assert inspect.isfunction(getattr(optimizers, name))


def first(rule, gradient=PARAMS, params=PARAMS, **extra):
    return rule.update(gradient, rule.init(params), params, **extra)


def test_ademamix_keeps_its_dtypes():
    mine = optimizers.scale_by_ademamix(mu_dtype=jnp.bfloat16)
    _, state = first(mine)
    assert (state.m1.dtype, state.nu.dtype) == (jnp.bfloat16, jnp.float32)
    theirs = optax.contrib.scale_by_ademamix(mu_dtype=jnp.bfloat16)
    assert theirs.init(PARAMS).nu.dtype == jnp.bfloat16
    assert first(theirs)[1].m1.dtype == jnp.float32


def test_madgrad_takes_its_root_in_full():
    """Defazio & Jelassi, algorithm 1: λ_k = γ √(k + 1), at the second update."""
    with jax.enable_x64(True):
        gradient = params = jnp.array([1.0, -2.0])
        weight = (0.1 + 1e-6) * (1 + np.sqrt(2))
        s, nu = weight * np.asarray(gradient), weight * np.asarray(gradient) ** 2
        expected = -s / (np.cbrt(nu) + 1e-6)
        errors = []
        for factory in (optimizers.madgrad, optax.contrib.madgrad):
            rule = factory(0.1, momentum=0.0)
            _, state = first(rule, gradient, params)
            updates, _ = rule.update(gradient, state, params)
            errors.append(np.max(np.abs(updates - expected)))
        assert errors[0] < 1e-15
        assert errors[1] > 1e-10


def test_polyak_sgd_is_scaled():
    """optax's own documentation: s min((f − f*) / ‖g‖², γ)."""
    step = -0.5 * 1.0 / 5.0 * PARAMS
    mine, _ = first(optimizers.polyak_sgd(scaling=0.5), value=1.0)
    theirs, _ = first(optax.polyak_sgd(scaling=0.5), value=1.0)
    np.testing.assert_allclose(mine, step, rtol=1e-6)
    np.testing.assert_allclose(theirs, 4 * step, rtol=1e-6)


def test_prodigy_survives_a_gradient_of_zero():
    """The authors' code returns without a step where ‖s‖₁ = 0."""
    _, mine = first(optimizers.prodigy(), jnp.zeros(2))
    _, theirs = first(optax.contrib.prodigy(), jnp.zeros(2))
    assert mine.estim_lr == 1e-6
    assert np.isnan(theirs.estim_lr)


def textbook_prodigy(gradients, params, eps, d, new_d):
    """Mishchenko & Defazio, algorithm 4, with corrections of the start; `new_d` for d_{k+1} ε."""
    b1, b2, b3 = 0.9, 0.999, np.sqrt(0.999)
    m = v = s = np.zeros_like(params)
    r, start = 0.0, params
    for k, g in enumerate(gradients, 1):
        gamma = np.sqrt(1 - b2**k) / (1 - b1**k)
        m, v = b1 * m + (1 - b1) * d * g, b2 * v + (1 - b2) * (d * g) ** 2
        r, s = b3 * r + gamma * d**2 * g @ (start - params), b3 * s + gamma * d**2 * g
        larger = max(d, r / np.abs(s).sum())
        update = -gamma * d * m / (np.sqrt(v) + (larger if new_d else d) * eps)
        params, d = params + update, larger
        yield update


def test_prodigy_multiplies_epsilon_by_the_old_estimate_and_optax_by_the_new():
    gradients, start = np.random.default_rng(0).normal(1, 0.3, [12, 3]), np.array([1.0, -2.0, 3.0])
    with jax.enable_x64(True):
        for factory, new_d in ((optimizers.prodigy, False), (optax.contrib.prodigy, True)):
            rule, params, updates = factory(eps=0.05, estim_lr0=0.1), jnp.asarray(start), []
            state = rule.init(params)
            for gradient in gradients:
                update, state = rule.update(jnp.asarray(gradient), state, params)
                params = params + update
                updates.append(update)
            assert state.estim_lr > 0.11  # else there is no difference to look at
            right, wrong = (
                np.stack(list(textbook_prodigy(gradients, start, 0.05, 0.1, d)))
                for d in (new_d, not new_d)
            )
            np.testing.assert_allclose(np.stack(updates), right, rtol=1e-7)
            assert np.max(np.abs(np.stack(updates) / wrong - 1)) > 1e-3


def test_sam_sgd_survives_a_gradient_of_zero():
    """At a minimum there is no direction to climb in, and no step is right."""
    extra = {"grad_fn": lambda params, _: params - PARAMS}
    mine, _ = first(optimizers.sam_sgd(0.1), jnp.zeros(2), **extra)
    climb = optax.chain(optax.contrib.normalize(), optax.sgd(0.05))
    twin = optax.contrib.sam(optax.sgd(0.1), climb, opaque_mode=True)
    theirs, _ = first(twin, jnp.zeros(2), **extra)
    assert not mine.any()
    assert np.isnan(theirs).all()


def test_lbfgs_ignores_what_its_line_search_does_not_use():
    def loss(params):
        return jnp.sum(params**2)

    extra = {"value": 5.0, "grad": 2 * PARAMS, "value_fn": loss, "obj_fn": loss}
    updates, _ = first(optimizers.lbfgs(), 2 * PARAMS, **extra)
    assert loss(PARAMS + updates) < 5.0
    try:
        first(optax.lbfgs(), 2 * PARAMS, **extra)
    except TypeError:
        return
    raise AssertionError("optax takes it too: drop the difference")


TURN = np.exp(0.7j)


def complex_updates(rule, turn):
    """Of gradients and parameters that are real but for a common phase."""
    params = jnp.asarray(turn * np.array([[1.0, -2.0], [0.3, 4.0]]))
    state, updates = rule.init(params), []
    for factor in (1.0, -0.3, 0.5):
        update, state = rule.update(jnp.asarray(factor) * params, state, params)
        params = params + update
        updates.append(update)
    return np.array(updates)


def assert_phase_is_kept(by_hand, via_optax):
    """A common phase of all complex numbers changes nothing but the phase of the updates."""
    rule, real = by_hand(0.1), complex_updates(by_hand(0.1), 1.0)
    np.testing.assert_allclose(complex_updates(rule, TURN), TURN * real, rtol=1e-4, atol=1e-10)
    try:
        theirs = complex_updates(via_optax(0.1), TURN)
    except (TypeError, ValueError):
        return
    assert not np.allclose(theirs, TURN * complex_updates(via_optax(0.1), 1.0), rtol=1e-2)


def test_adopt_keeps_the_phase_of_complex_numbers_and_optax_fails():
    assert_phase_is_kept(optimizers.adopt, optax.contrib.adopt)


def test_madgrad_keeps_the_phase_of_complex_numbers_and_optax_fails():
    assert_phase_is_kept(optimizers.madgrad, optax.contrib.madgrad)


def test_prodigy_keeps_the_phase_of_complex_numbers_and_optax_does_not():
    assert_phase_is_kept(optimizers.prodigy, optax.contrib.prodigy)


def test_galore_projects_on_the_shorter_side():
    """Zhao et al., algorithm 2: for m ≤ n rows and columns, R = Pᵀ G of P [m, r]."""
    gradient = jnp.float32(np.random.default_rng(0).normal(size=(2, 3, 5)))
    left = np.linalg.svd(gradient[0])[0][:, :1]
    scaled = 0.0
    mean, square = 0.0, 0.0
    for g in gradient:
        small = left.T @ g
        mean, square = 0.9 * mean + 0.1 * small, 0.999 * square + 0.001 * small**2
        scaled = mean / (1 - 0.9**2) / (np.sqrt(square / (1 - 0.999**2)) + 1e-8)
    errors = []
    for factory in (optimizers.galore, optax.contrib.galore):
        rule = factory(1.0, rank=1)
        _, state = first(rule, gradient[0], gradient[0])
        updates, _ = rule.update(gradient[1], state, gradient[0])
        errors.append(np.max(np.abs(updates + left @ scaled)))
    assert errors[0] < 1e-5
    assert errors[1] > 1e-2
