"""MoMo's weight decay against lemma 3.1 of Schaipp et al. (2023), by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lab import optimizers

W = np.array([1.0, 2.0, 3.0])  # of Σ w²: loss 14, gradient 2 w, ⟨g, w⟩ = 28


def moved(rule):
    with jax.enable_x64(True):
        w = jnp.asarray(W)
        updates, _ = rule.update(2 * w, rule.init(w), w, value=jnp.sum(w**2))
        return np.asarray(w + updates)


def test_momo_divides_what_its_step_has_reached():
    # τ = (1.1 (14 − 28) + 28) / 56 = 0.225, then (w − 0.225 · 2 w) / 1.1
    np.testing.assert_allclose(moved(optimizers.momo(1.0, weight_decay=0.1)), W / 2, rtol=1e-12)


@pytest.mark.parametrize(("rate", "step"), [(1.0, 1.0), (2.0, 1.12 / 1.2)])
def test_momo_adam_divides_what_its_step_has_reached(rate, step):
    # d / D = 0.1, ⟨d, d / D⟩ = 0.12, b = 0.1; at η = 1 the rate binds, at 2 the model:
    # τ = (1.2 (1.4 − 2.8) + 2.8) / 0.12
    rule = optimizers.momo_adam(rate, weight_decay=0.1, eps=1e-12)
    np.testing.assert_allclose(moved(rule), (W - step) / (1 + 0.1 * rate), atol=1e-10)


@pytest.mark.parametrize("size", [1.0, 1e-5, 1e-9])
def test_momo_adam_steps_by_the_rate_however_small_gradients_are(size):
    # at a loss of 1, far off, the rate binds; ‖d‖² in the norm of D is of the size of d
    w = jnp.array([1.0, -1.0])
    rule = optimizers.momo_adam(1e-2, eps=1e-20)
    updates, _ = rule.update(size * w, rule.init(w), w, value=jnp.float32(10.0))
    np.testing.assert_allclose(updates, -1e-2 * w, rtol=1e-5)
