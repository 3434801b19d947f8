"""SAM in either mode, at any period."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lab import optimizers

RATE, RHO = 0.1, 0.2
CURVATURE = np.array([2.0, 0.6])


def slope(w):
    """Of ½ Σ hᵢ wᵢ²."""
    return CURVATURE * w


def test_of_one_gradient_per_update_it_is_the_rule_alone():
    rule = optimizers.sam(optimizers.sgd(0.1), optimizers.sgd(0.5), sync_period=1)
    w, path = jnp.array(1.0), []
    state = rule.init(w)
    for _ in range(4):
        update, state = rule.update(2 * w, state, w)
        w = w + update
        path.append(w)
    np.testing.assert_allclose(path, [0.8, 0.64, 0.512, 0.4096], rtol=1e-6)


def by_definition(w, period, updates):
    """[updates, 2]: the points after each descent; climbs are of length ρ."""
    path = []
    for _ in range(updates):
        top = w
        for _ in range(period - 1):
            top = top + RHO * slope(top) / np.linalg.norm(slope(top))
        w = w - RATE * slope(top)
        path.append(w)
    return np.stack(path)


@pytest.mark.parametrize("opaque", [False, True])
@pytest.mark.parametrize("period", [1, 2, 3, 4])
def test_every_period_climbs_all_but_the_last_gradient(period, opaque):
    updates = 5
    with jax.enable_x64(True):
        climb = optax.chain(optimizers.normalize(), optimizers.sgd(RHO))
        rule = optimizers.sam(optimizers.sgd(RATE), climb, period, opaque_mode=opaque)
        w = jnp.array([1.0, -2.0])
        state, path = rule.init(w), []
        for call in range(updates if opaque else period * updates):
            extra = {"grad_fn": lambda w, i: slope(w)} if opaque else {}
            update, state = rule.update(slope(w), state, w, **extra)
            w = w + update
            if opaque or call % period == period - 1:
                path.append(w)
    expected = by_definition(np.array([1.0, -2.0]), period, updates)
    np.testing.assert_allclose(np.stack(path), expected, rtol=1e-12)
