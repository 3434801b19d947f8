"""L-BFGS on losses that are not convex, and on quadratics, where its direction is known."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lab import optimizers


def descend(rule, slope, w, updates):
    """[updates + 1, *w.shape]."""
    state, path, step = rule.init(w), [w], jax.jit(rule.update)
    for _ in range(updates):
        update, state = step(slope(w), state, w)
        w = optax.apply_updates(w, update)
        path.append(w)
    return np.stack(path)


@pytest.mark.parametrize("scaled", [True, False])
def test_it_goes_to_a_minimum_from_where_curvature_is_negative(scaled):
    """Cos w bends the wrong way until π/2: pairs from there lead back to the maximum at 0."""
    rule = optimizers.lbfgs(0.5, scale_init_precond=scaled, linesearch=None)
    path = descend(rule, lambda w: -jnp.sin(w), jnp.array([0.3]), 40)
    assert (np.diff(np.cos(path[:5, 0])) < 0).all()
    np.testing.assert_allclose(np.cos(path[-1]), -1, rtol=1e-6)


def test_a_pair_of_negative_curvature_leaves_the_memory_as_it_was():
    """Pairs as by a Hessian of 2 and then of −1: the direction stays that of 2."""
    rule = optimizers.scale_by_lbfgs(memory_size=3)
    points = jnp.array([[1.0], [0.5], [0.25]])
    slopes = jnp.array([[2.0], [1.0], [1.25]])  # y = −1 over s = −½; then y = ¼ over s = −¼
    state = rule.init(points[0])
    for w, g in zip(points, slopes, strict=True):
        direction, state = rule.update(g, state, w)
    np.testing.assert_allclose(direction, slopes[-1] / 2, rtol=1e-6)
    np.testing.assert_allclose(jnp.sort(state.weights_memory), [0, 0, 2], rtol=1e-6)


def test_on_a_quadratic_the_newest_pair_is_met_exactly():
    """The secant equation H y = s (Nocedal & Wright, 6.6), also once the memory is full."""
    hessian = np.diag([1.0, 3.0, 10.0])
    with jax.enable_x64(True):
        rule = optimizers.scale_by_lbfgs(memory_size=2)
        rng = np.random.default_rng(0)
        state, before = rule.init(jnp.zeros(3)), None
        for _ in range(5):
            w = rng.normal(size=3)
            _, state = rule.update(jnp.asarray(hessian @ w), state, jnp.asarray(w))
            if before is not None:
                y, s = hessian @ (w - before), w - before
                # asked again at the same point, where a pair of nothing is not kept
                met, _ = rule.update(
                    jnp.asarray(y), state._replace(updates=jnp.asarray(y)), jnp.asarray(w)
                )
                np.testing.assert_allclose(met, s, rtol=1e-10)
            before = w
