"""What a rule inside `multi_steps` is told of k micro-batches: their mean, or their sum."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lab import optimizers


def last_update(rule, gradients, losses, **extra):
    params = jnp.zeros(1)
    state = rule.init(params)
    for g, loss in zip(gradients, losses, strict=True):
        update, state = rule.update(jnp.array([g]), state, params, value=loss, **extra)
    return update, state


def test_polyaks_step_is_by_the_mean_loss():
    rule = optimizers.multi_steps(optimizers.polyak_sgd(100.0), 2)
    update, _ = last_update(rule, (2.0, 2.0), (1.0, 3.0))
    np.testing.assert_allclose(update, [-1.0])  # (2 / 2²) · 2


def test_polyaks_step_is_by_the_summed_loss_of_summed_gradients():
    rule = optimizers.multi_steps(optimizers.polyak_sgd(100.0), 2, use_grad_mean=False)
    update, _ = last_update(rule, (2.0, 3.0), (1.0, 4.0))
    np.testing.assert_allclose(update, [-1.0])  # (5 / 5²) · 5


def test_losses_are_forgotten_with_the_step_they_belong_to():
    rule = optimizers.multi_steps(optimizers.polyak_sgd(100.0), 2)
    update, _ = last_update(rule, (2.0,) * 4, (100.0, 300.0, 1.0, 3.0))
    np.testing.assert_allclose(update, [-1.0])


@pytest.mark.parametrize("name", ["momo", "momo_adam", "polyak_sgd"])
def test_equal_parts_of_a_batch_are_the_step_on_the_whole(name):
    """½ Σ (w − t)² over four targets, at once and in parts."""
    inner = optimizers.CATALOG[name].by_hand()
    targets = jnp.array([[1.0, -2.0], [0.5, 3.0], [-1.0, 0.0], [2.0, 2.0]])
    params = jnp.array([0.3, -0.4])

    def loss(w, targets):
        return 0.5 * jnp.mean(jnp.sum((w - targets) ** 2, -1))

    value, gradient = jax.value_and_grad(loss)(params, targets)
    whole, _ = inner.update(gradient, inner.init(params), params, value=value)
    rule = optimizers.multi_steps(inner, 4)
    state = rule.init(params)
    for target in targets:
        value, gradient = jax.value_and_grad(loss)(params, target[None])
        update, state = rule.update(gradient, state, params, value=value)
    np.testing.assert_allclose(update, whole, rtol=1e-5)


def test_a_line_search_is_given_the_mean_gradient_and_loss():
    seen = {}

    def update(updates, state, params=None, **extra):
        seen.update(extra)
        return updates, state

    spy = optax.GradientTransformationExtraArgs(lambda params: optax.EmptyState(), update)
    rule = optimizers.multi_steps(spy, 2)
    params = jnp.zeros(1)
    state = rule.init(params)
    with jax.disable_jit():
        for g in (1.0, 5.0):
            _, state = rule.update(
                jnp.array([g]), state, params,
                value=g, grad=jnp.array([g]), value_fn="of the last", other=g,
            )  # fmt: skip
    np.testing.assert_allclose(seen["value"], 3.0)
    np.testing.assert_allclose(seen["grad"], [3.0])
    assert (seen["value_fn"], seen["other"]) == ("of the last", 5.0)


def test_a_plateau_inside_sees_one_loss_per_step():
    rule = optimizers.multi_steps(optimizers.reduce_on_plateau(0.5, patience=1), 2)
    update, state = last_update(rule, (1.0,) * 4, (9.0, 1.0, 1.0, 9.0))
    np.testing.assert_allclose(update, [0.5])  # means of 5 and 5
    assert int(state.gradient_step) == 2
