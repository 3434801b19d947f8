"""Where optax 0.2.8 and the papers part, and which side the lab is on. A pass is no licence:
when optax changes, the test says so, and the note in the docstring goes."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from lab import optimizers

PARAMS = jnp.array([1.0, -2.0])


def first_update(rule, gradient=PARAMS):
    return rule.update(gradient, rule.init(gradient), gradient)[0]


def test_adadelta_without_a_learning_rate_descends_and_that_of_optax_ascends():
    """Zeiler 2012, equation 14: Δx = − RMS[Δx] / RMS[g] · g."""
    expected = -np.sqrt(1e-6) / np.sqrt(0.1 * PARAMS**2 + 1e-6) * PARAMS
    np.testing.assert_allclose(first_update(optimizers.adadelta()), expected, rtol=1e-5)
    np.testing.assert_allclose(first_update(optax.adadelta()), -expected, rtol=1e-5)


def test_scale_by_learning_rate_takes_none_for_one_and_that_of_optax_for_minus_one():
    np.testing.assert_array_equal(first_update(optimizers.scale_by_learning_rate(None)), -PARAMS)
    np.testing.assert_array_equal(first_update(optax.scale_by_learning_rate(None)), PARAMS)


def test_adadelta_averages_the_squared_modulus_and_optax_the_complex_square():
    gradient = jnp.array([1 + 1j, 2j])
    step = first_update(optimizers.scale_by_adadelta(), gradient)
    expected = np.sqrt(1e-6) / np.sqrt(0.1 * np.abs(gradient) ** 2 + 1e-6) * gradient
    np.testing.assert_allclose(step, expected, rtol=1e-5)
    theirs = first_update(optax.scale_by_adadelta(), gradient)
    assert not np.allclose(np.angle(theirs), np.angle(gradient), atol=0.1)


def test_rmsprop_takes_a_variance_rounded_below_zero_for_zero_and_that_of_optax_is_not_a_number():
    gradient = jnp.asarray(np.random.default_rng(0).normal(size=1000) * 1e3, jnp.float32)
    arguments = {"centered": True, "bias_correction": True, "eps_in_sqrt": False}
    assert np.isfinite(first_update(optimizers.rmsprop(0.1, **arguments), gradient)).all()
    assert np.isnan(first_update(optax.rmsprop(0.1, **arguments), gradient)).any()


def test_momentum_leaves_the_rate_outside_and_rmsprop_keeps_it_inside_the_velocity():
    """A rate that falls to zero stops the first at once; the second coasts. Both as in optax."""

    def second(factory, **arguments):
        rule = factory(lambda count: 1.0 - jnp.minimum(count, 1), **arguments)
        state = rule.init(PARAMS)
        for _ in range(2):
            updates, state = rule.update(PARAMS, state)
        return np.asarray(updates)

    for package in (optimizers, optax):
        assert not second(package.sgd, momentum=0.9).any()
        assert second(package.rmsprop, momentum=0.9).all()


def test_decoupled_decay_is_multiplied_by_the_scheduled_rate():
    rule = optimizers.adamw(lambda count: 0.1 / (1 + count), weight_decay=0.5)
    state, zero = rule.init(PARAMS), jnp.zeros(2)
    first, state = rule.update(zero, state, PARAMS)
    second, state = rule.update(zero, state, PARAMS)
    np.testing.assert_allclose(first, -0.1 * 0.5 * PARAMS, rtol=1e-6)
    np.testing.assert_allclose(second, -0.05 * 0.5 * PARAMS, rtol=1e-6)


def test_schedules_inside_accumulation_count_outer_steps():
    rule = optax.MultiSteps(optimizers.sgd(lambda count: 1.0 * (count == 0)), 2)
    state, moved = rule.init(PARAMS), []
    for _ in range(4):
        updates, state = rule.update(PARAMS, state, PARAMS)
        moved.append(bool(jnp.any(updates != 0)))
    assert moved == [False, True, False, False]


def test_differentiating_through_adam_needs_eps_root():
    def moved(gradient, eps_root):
        return jnp.sum(first_update(optimizers.adam(0.1, eps_root=eps_root), gradient))

    zero = jnp.zeros(2)
    assert np.isnan(jax.grad(moved)(zero, 0.0)).all()
    assert np.isfinite(jax.grad(moved)(zero, 1e-8)).all()
