"""Faults of optax 0.2.8 that the lab does not share, each with the right value and optax's."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib
import pytest

from lab import optimizers


def last(rule, params, gradients, extras):
    """The updates of the last call, parameters following; anything that a rule needs is extra."""
    state = rule.init(params)
    for gradient, extra in zip(gradients, extras, strict=True):
        updates, state = rule.update(gradient(params), state, params, **extra)
        params = optax.apply_updates(params, updates)
    return updates


def test_sophia_looks_at_the_curvature_first_and_optax_does_not():
    def loss(w):
        return 50 * jnp.sum(w**2)

    w = jnp.array([0.1])
    for factory, step in ((optimizers.sophia, -0.035), (optax.contrib.sophia, -0.1)):
        rule = factory(0.1, gamma=1.0, weight_decay=0.0)
        np.testing.assert_allclose(last(rule, w, [jax.grad(loss)], [{"obj_fn": loss}]), [step])


def test_sam_of_one_gradient_is_the_rule_and_optax_undoes_the_step_before():
    for factory, step in ((optimizers.sam, -0.16), (optax.contrib.sam, 0.04)):
        rule = factory(optax.sgd(0.1), optax.sgd(0.5), sync_period=1)
        update = last(rule, jnp.array(1.0), [lambda w: 2 * w] * 2, [{}] * 2)
        np.testing.assert_allclose(update, step, rtol=1e-6)  # from 0.8 to 0.64, or back to 0.84


def test_multi_steps_hands_on_the_mean_loss_and_optax_the_last():
    extras = [{"value": 1.0}, {"value": 3.0}]
    theirs = optax.MultiSteps(optax.polyak_sgd(100.0), 2).gradient_transformation()
    mine = optimizers.multi_steps(optimizers.polyak_sgd(100.0), 2)
    for rule, step in ((mine, -1.0), (theirs, -1.5)):
        np.testing.assert_allclose(
            last(rule, jnp.zeros(1), [lambda w: jnp.array([2.0])] * 2, extras), [step]
        )


@pytest.mark.parametrize(
    ("losses", "patience", "right", "of_optax"),
    [((-1.0,) * 4, 2, 0.1, 1.0), ((4.0, 3.0, 2.0, 1.0), 0, 1.0, 1e-4), ((1.0,) * 3, 0, 0.01, 0.1)],
)
def test_reduce_on_plateau_counts_right_and_optax_does_not(losses, patience, right, of_optax):
    sides = ((optimizers.reduce_on_plateau, right), (optax.contrib.reduce_on_plateau, of_optax))
    for factory, scale in sides:
        extras = [{"value": loss} for loss in losses]
        update = last(
            factory(patience=patience), jnp.zeros(1), [jnp.ones_like] * len(losses), extras
        )
        np.testing.assert_allclose(update, [scale], rtol=1e-5)


def test_lbfgs_descends_where_curvature_is_negative_and_optax_climbs():
    for factory, end in ((optimizers.lbfgs, -1.0), (optax.lbfgs, 1.0)):
        rule, w = factory(0.5, linesearch=None), jnp.array([0.3])
        state, step = rule.init(w), jax.jit(rule.update)
        for _ in range(40):
            update, state = step(-jnp.sin(w), state, w)
            w = w + update
        np.testing.assert_allclose(jnp.cos(w), [end], rtol=1e-5)


def test_adafactor_is_finite_before_its_offset_and_optax_is_not():
    for package, finite in ((optimizers, True), (optax, False)):
        rule = package.adafactor(0.1, decay_offset=2)
        update = last(rule, jnp.ones(2), [jnp.ones_like] * 4, [{}] * 4)
        assert np.isfinite(update).all() == finite


def of_nothing(clip):
    return last(clip(0.0), jnp.ones(2), [jnp.zeros_like], [{}])


def test_clip_by_global_norm_makes_nothing_of_nothing_and_optax_nan():
    assert not of_nothing(optimizers.clip_by_global_norm).any()
    assert np.isnan(of_nothing(optax.clip_by_global_norm)).all()


def test_clip_by_block_rms_makes_nothing_of_nothing_and_optax_nan():
    assert not of_nothing(optimizers.clip_by_block_rms).any()
    assert np.isnan(of_nothing(optax.clip_by_block_rms)).all()
